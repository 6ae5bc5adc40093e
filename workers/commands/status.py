"""status: what was received, what waits, who works."""

import json
from typing import Any

import click

from pipeline.services.outlets import Standing
from pipeline.settings import Settings
from workers import report
from workers.commands.opened import CLI, opened

TROUBLE_WORDS = {
    "link": "links are not followed: drop the document itself",
    "no_file": "not a regular file",
    "too_deep": "nested too deeply",
    "unreadable": "can't be taken: give Proofdesk's user the right to read and move it",
}


@click.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON object instead of a table.")
@click.pass_obj
def status(settings: Settings, as_json: bool) -> None:
    """Show what was received, what waits, and who works.

    Files and documents by state, the queue, the workers, and what the watcher left in the drop folder and why.
    """
    with opened(settings) as services:
        view = services.reporting.status(by=CLI)
        champion = services.championing.champion(by=CLI)
        standing = services.checkpointing.standing(by=CLI)
    folder = report.read(settings.data_path)
    if as_json:
        told = view.model_dump(mode="json") | {"model": champion.model_dump(mode="json")}
        told |= {"checkpoints": standing.model_dump(mode="json")}
        click.echo(json.dumps(told | {"folder": folder}, ensure_ascii=False))
        return
    for title, counts in view.model_dump().items():
        click.echo(click.style(title.capitalize(), bold=True))
        for name, count in counts.items():
            click.echo(f"  {name.replace('_', ' '):<26}{'no answer' if count == -1 else count:>10}")
    click.echo(click.style("Model", bold=True))
    if champion.version is None:
        click.echo(f"  {'none yet':<26}{'rules':>10}")
    else:
        click.echo(f"  {'version':<26}{champion.version}")
        click.echo(f"  {'reviewed documents':<26}{champion.documents:>10}")
    _show_checkpoints(standing)
    _show_folder(folder)


def _show_checkpoints(standing: Standing) -> None:
    click.echo(click.style("Checkpoints", bold=True))
    places = [(place, place.place) for place in standing.outlets]
    if standing.authority is not None:
        places.append((standing.authority, f"time-stamps by {standing.authority.place}"))
    for place, called in places:
        last = f"last of {place.sent_at:%Y-%m-%d %H:%M} UTC" if place.sent_at else "none yet"
        click.echo(f"  {called}: {place.problem or last}")


def _show_folder(folder: dict[str, Any]) -> None:
    click.echo(click.style("Drop folder", bold=True))
    click.echo(f"  {'watcher':<26}{folder['watcher']:>10}")
    click.echo(f"  {'not settled yet':<26}{folder['waiting']:>10}")
    click.echo(f"  {'left in place':<26}{sum(folder['left_in_place'].values()):>10}")
    for kind, name in folder["named"]:
        click.echo(f"    {name}: {TROUBLE_WORDS.get(kind, kind)}")
