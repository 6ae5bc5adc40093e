"""The `proofdesk` command: one file of workers/commands for each of its parts."""

import os
from importlib.metadata import version

import click

from pipeline.errors import PipelineError
from pipeline.settings import Settings
from workers.commands.audit import audit
from workers.commands.database import database
from workers.commands.doctor import doctor
from workers.commands.evaluate import evaluate
from workers.commands.extract import extract
from workers.commands.learn import learn
from workers.commands.run import up, watch, web, worker
from workers.commands.status import status
from workers.commands.user import user

REFUSED = 2
"""Exit status where Proofdesk says no; the sentence on standard error says why, and what to do."""


FAULT = "A fault of the program. Run `proofdesk doctor`; if it stays, send the lines above to Proofdesk's makers."


class Desk(click.Group):
    """A group that turns our own errors into their sentence, and lists commands in the order of a day's work."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.commands)

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except PipelineError as error:
            click.echo(f"proofdesk: {error}", err=True)
            ctx.exit(REFUSED)
        except (click.ClickException, click.exceptions.Exit, click.Abort, BrokenPipeError):
            raise  # click has an answer to each of them
        except OSError as error:
            where = f"{error.filename}: " if error.filename else ""
            click.echo(
                f"proofdesk: {where}{error.strerror or error}. Check the folder's rights and its disk.", err=True
            )
            ctx.exit(REFUSED)
        except Exception as error:  # noqa: BLE001 - told by its places: a message may quote what was read or stored
            from workers.log import frames  # loaded here: --help should not wait for it

            click.echo("\n".join(frames(error)), err=True)
            click.echo(f"proofdesk: {FAULT}", err=True)
            ctx.exit(REFUSED)


@click.group(cls=Desk, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(version("proofdesk"), prog_name="proofdesk")
@click.pass_context
def desk(context: click.Context) -> None:
    """Documents in, approved records out: machines read, people sign.

    \b
    Start here:
      proofdesk up                 run everything on this machine
      proofdesk extract FILE…      read files right away, without a server
      proofdesk status             what was received, what waits, who works
      proofdesk doctor             check each part and say how to mend it

    Settings are environment variables: PROOFDESK_DATA, PROOFDESK_DROP, PROOFDESK_OUT, PROOFDESK_PORT, REDIS_URL,
    DATABASE_URL and others; docs/operations.md lists them all.
    """  # noqa: D301 - click takes this very character for "leave the lines alone"
    context.obj = Settings.from_env(os.environ)


for command in (up, web, worker, watch, extract, learn, evaluate, status, audit, user, database, doctor):
    desk.add_command(command)


def main() -> None:
    """Run the command line."""
    # before any library starts a pool of threads: they would wait for one another in loops, and die in forks
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    # before setproctitle is loaded: a title takes the room of the arguments alone, and the environment stays to be read
    os.environ.setdefault("SPT_NOENV", "1")
    desk(prog_name="proofdesk")


if __name__ == "__main__":
    main()
