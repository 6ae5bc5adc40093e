"""db upgrade: the schema of the database."""

import click

from pipeline.settings import Settings


@click.group("db")
def database() -> None:
    """Look after the database."""


@database.command()
@click.pass_obj
def upgrade(settings: Settings) -> None:
    """Bring the database up to this version's schema.

    Creates it where there is none, and does nothing where it is current. An SQLite file is copied first, into the
    folder `backups` of the data folder; of a PostgreSQL database make a dump yourself.
    """
    from pipeline import assembly

    settings.data_path.mkdir(parents=True, exist_ok=True, mode=0o700)
    copy = assembly.upgrade(settings)
    if copy is not None:
        click.echo(f"The database as it was is kept at {copy}.")
    click.echo("The database is up to date.")
