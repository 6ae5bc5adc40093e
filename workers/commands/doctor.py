"""doctor: check each part, and say how to mend what is wrong."""

import json
from dataclasses import asdict

import click

from pipeline.settings import Settings

_COLOURS = {"ok": "green", "warning": "yellow", "bad": "red"}
_SOMETHING_BAD = 1


@click.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON object instead of a table.")
@click.pass_context
def doctor(context: click.Context, as_json: bool) -> None:
    """Check each part and say how to mend what is wrong.

    The exit status is 1 where something is bad; warnings alone leave it at 0. It changes nothing.
    """
    from workers.doctor import State, examine
    from workers.log import keep_to_warnings

    keep_to_warnings()  # what parts say as they start is no part of the answer
    settings: Settings = context.obj
    checks = examine(settings)
    bad = any(check.state is State.BAD for check in checks)
    if as_json:
        click.echo(json.dumps({"healthy": not bad, "checks": [asdict(check) for check in checks]}, ensure_ascii=False))
    else:
        for check in checks:
            click.echo(
                f"{click.style(f'{check.state.value:<8}', fg=_COLOURS[check.state.value])} {check.part}: {check.found}"
            )
            if check.mend:
                click.echo(f"         {check.mend}")
    if bad:
        context.exit(_SOMETHING_BAD)
