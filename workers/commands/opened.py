"""The services for a command that needs the database, opened with sentences for whatever is missing."""

from collections.abc import Generator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from pipeline.domain.actors import Actor
from pipeline.errors import ConfigurationError
from pipeline.settings import Settings

if TYPE_CHECKING:
    from pipeline.assembly import Services

CLI = Actor.machine("cli")
"""Whoever has a shell on the machine acts as it; the record says so."""


@contextmanager
def opened(settings: Settings) -> Generator["Services"]:
    """Yield the services of this installation.

    Raises:
        ConfigurationError: there is no installation here, or its database is not ready.
    """
    # loaded here: `proofdesk --help` should not wait for a database library
    from pipeline import assembly
    from workers.rq_queue import RqQueue

    if settings.database_url is None and not settings.data_path.is_dir():
        raise ConfigurationError(
            f"There is no data folder at {settings.data_path}. "
            "Start `proofdesk up` first, or set PROOFDESK_DATA to the folder of your installation."
        )
    queue = RqQueue.from_settings(settings)
    services = assembly.build(settings, queue)
    try:
        _, parts = services.health.ready()
        if parts["database"] != "ok":
            raise ConfigurationError(
                f"The database is not ready ({parts['database']}). Run `proofdesk doctor` to see what is wrong."
            )
        yield services
    finally:
        services.close()
        queue.close()
