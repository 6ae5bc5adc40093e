"""up, web, worker, watch: what runs until it is stopped."""

import os

import click

from pipeline.settings import Settings


@click.command()
@click.option("--demo", is_flag=True, help="Also feed the sample documents, once for each data folder.")
@click.pass_obj
def up(settings: Settings, demo: bool) -> None:
    """Run everything on this machine.

    Migrates the database, then starts the queue server, the folder watcher, the workers and the web server, and keeps
    them running. Prints the address, the drop folder and, the first time, the administrator's one-time password.

    With nothing configured it uses SQLite and an embedded queue server, all in the data folder; DATABASE_URL and
    REDIS_URL name servers of your own. Ctrl-C stops it cleanly.
    """
    from workers import up as everything

    everything.run(settings, os.environ, with_demo=demo)


@click.command()
@click.pass_obj
def web(settings: Settings) -> None:
    """Run the web server alone.

    For an installation on several machines; `up` runs it for you. Listens on PROOFDESK_HOST (127.0.0.1) and
    PROOFDESK_PORT (8080); put a proxy with TLS before it, and set PROOFDESK_SECURE_COOKIES=1.
    """
    from workers import web as server

    server.run(settings)


@click.command()
@click.option(
    "--queue",
    type=click.Choice(["process", "learn"]),
    default="process",
    show_default=True,
    help="What to work on: documents, or learning from those that were approved.",
)
@click.pass_obj
def worker(settings: Settings, queue: str) -> None:
    """Run one worker alone.

    It takes documents from the queue and reads them, each in a process of its own. Start as many as the machine has
    cores; `up` runs PROOFDESK_WORKER_PROCESSES of them. SIGTERM lets it finish the document at hand.

    With --queue learn it trains on what people settled instead: an installation needs one such worker, which `up` runs
    too.
    """
    # Before any library starts a pool of threads: none would live on in the forks that do the work
    os.environ["OMP_NUM_THREADS"] = "1"
    from workers import main as process

    process.run(settings, queue)


@click.command()
@click.pass_obj
def watch(settings: Settings) -> None:
    """Run the folder watcher alone.

    It takes settled files from the drop folder, and does the periodic upkeep. Several may watch the same folder: each
    file is taken by one of them.
    """
    from workers import watch as watcher

    watcher.run(settings)
