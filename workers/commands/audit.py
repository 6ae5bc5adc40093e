"""audit export, verify, checkpoint, certificate: the record on the command line."""

import json
import sys
from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import BinaryIO

import click

from pipeline.domain.documents import DocumentState
from pipeline.errors import ConfigurationError
from pipeline.services.exports.filter import ExportFilter, ExportFormat, ExportPart
from pipeline.settings import Settings
from workers.commands.opened import CLI, opened

_BROKEN = 1


class Moment(click.ParamType):
    """A day or a time in ISO 8601; without a zone it is UTC. As the end of a period a day is meant whole."""

    name = "day or time"

    def __init__(self, *, is_end: bool = False) -> None:
        self.is_end = is_end

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        if isinstance(value, datetime):
            return value
        text = str(value)
        try:
            day = date.fromisoformat(text)
        except ValueError:
            try:
                moment = datetime.fromisoformat(text)
            except ValueError:
                self.fail(f"{text!r} is no day and no time; write 2026-11-22 or 2026-11-22T14:30.", param, ctx)
            return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return datetime.combine(day + timedelta(days=1) if self.is_end else day, time(), UTC)


@click.group()
def audit() -> None:
    """Export the record, and check that nobody changed it."""


@audit.command()
@click.option(
    "--format",
    "form",
    required=True,
    type=click.Choice([form.value for form in ExportFormat]),
    help="csv or xlsx for a spreadsheet; jsonl holds everything, and can be verified.",
)
@click.option("--output", type=click.Path(dir_okay=False, path_type=Path), help="A file; standard output if not given.")
@click.option("--from", "since", type=Moment(), help="Only what was signed or happened from this day or time on.")
@click.option("--to", "until", type=Moment(is_end=True), help="Only up to this day (it included) or before this time.")
@click.option("--type", "document_type", metavar="NAME", help="Only documents of this type.")
@click.option("--person", metavar="NAME", help="Only what this login name did, validated, settled or signed.")
@click.option(
    "--state",
    "states",
    multiple=True,
    type=click.Choice([state.value for state in DocumentState]),
    help="Only documents in this state now; give it more than once for more states.",
)
@click.option(
    "--part",
    "parts",
    multiple=True,
    type=click.Choice([part.value for part in ExportPart]),
    help="Only approvals with their fields, or only events; both if not given.",
)
@click.option("--bom", is_flag=True, help="For csv: start with a byte order mark, for Excel.")
@click.pass_obj
def export(
    settings: Settings,
    form: str,
    output: Path | None,
    since: datetime | None,
    until: datetime | None,
    document_type: str | None,
    person: str | None,
    states: tuple[str, ...],
    parts: tuple[str, ...],
    bom: bool,
) -> None:
    """Write approvals with every field, and the events behind them, as one consistent export.

    It holds values that the machine accepted unseen as well as those that people settled. That it was made is an
    event of the record. A file appears under its name only once it is complete.
    """
    if output is None and form == ExportFormat.XLSX and sys.stdout.isatty():
        raise ConfigurationError("A workbook can't be shown on a terminal. Name a file with --output.")
    wanted = ExportFilter(
        since=since,
        until=until,
        document_type=document_type,
        person=person,
        states=tuple(DocumentState(state) for state in states),
        parts=tuple(ExportPart(part) for part in parts) or tuple(ExportPart),
    )
    with opened(settings) as services:
        pieces = services.auditing.export(ExportFormat(form), wanted, by=CLI, bom=bom)
        _write(pieces, output)


@audit.command()
@click.option(
    "--output",
    required=True,
    type=click.Path(dir_okay=False, path_type=Path),
    help="The ZIP to write.",
)
@click.option(
    "--document", "documents", multiple=True, type=int, metavar="NUMBER", help="Only this document; repeatable."
)
@click.option("--from", "since", type=Moment(), help="Only what was signed or happened from this day or time on.")
@click.option("--to", "until", type=Moment(is_end=True), help="Only up to this day (it included) or before this time.")
@click.option("--type", "document_type", metavar="NAME", help="Only documents of this type.")
@click.option("--person", metavar="NAME", help="Only what this login name did, validated, settled or signed.")
@click.option("--sample", type=int, metavar="NUMBER", help="Only the documents of this sample, and how it was drawn.")
@click.option("--originals", is_flag=True, help="With the files themselves.")
@click.option("--redact", multiple=True, metavar="FIELD", help="Leave this field out wherever it shows; repeatable.")
@click.pass_obj
def pack(
    settings: Settings,
    output: Path,
    documents: tuple[int, ...],
    since: datetime | None,
    until: datetime | None,
    document_type: str | None,
    person: str | None,
    sample: int | None,
    originals: bool,
    redact: tuple[str, ...],
) -> None:
    """Write evidence for a stranger: one ZIP that proves what was signed, to be checked without Proofdesk.

    It holds signed records with every field, the print of each, the events behind them with proofs that they are part
    of the record, a signed checkpoint, and verify.py. Give its reader the first key of `audit key` by another way.
    """
    with opened(settings) as services:
        told: tuple[int, ...] = ()
        if sample is not None:
            drawn = services.sampling.get_sample(sample, by=CLI)
            documents = (*documents, *drawn.documents)
            told = services.sampling.list_events(sample, by=CLI)
        wanted = ExportFilter(
            since=since,
            until=until,
            document_type=document_type,
            person=person,
            documents=documents,
            events=told,
            redact=redact,
        )
        _write(services.packing.write(wanted, originals=originals, by=CLI), output)


@audit.command()
@click.option(
    "--checkpoint",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A checkpoint that was kept elsewhere: it shows a chain that was cut off or made anew.",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object instead of sentences.")
@click.pass_context
def verify(context: click.Context, checkpoint: Path | None, as_json: bool) -> None:
    """Check the whole record; the exit status is 1 where it does not hold.

    Finds any edit, removal or reordering. A tail that was cut off, or a chain rebuilt by whoever owns the machine, is
    only found against a checkpoint: make one with `proofdesk audit checkpoint` and keep it on another machine.
    """
    settings: Settings = context.obj
    with opened(settings) as services:
        view = services.auditing.verify(checkpoint.read_bytes() if checkpoint else None, by=CLI)
    if as_json:
        click.echo(json.dumps(view.model_dump(mode="json") | {"holds": not view.problems}, ensure_ascii=False))
    elif view.problems:
        click.echo(f"The record does not hold: {len(view.problems)} problems in {view.events} events.")
        for problem in view.problems:
            click.echo(f"  {problem}")
    else:
        against = f", and continues the checkpoint at event {view.checkpoint_seq}" if view.checkpoint_seq else ""
        click.echo(f"The record holds: {view.events} events, head {view.head}{against}.")
    if view.problems:
        context.exit(_BROKEN)


@audit.command()
@click.option("--output", type=click.Path(dir_okay=False, path_type=Path), help="A file; standard output if not given.")
@click.pass_obj
def checkpoint(settings: Settings, output: Path | None) -> None:
    """Write down where the record stands now, to be kept where nobody on this machine can change it.

    Where a time-stamp authority is set and answers, its stamp lies beside the file, as .tsr.
    """
    with opened(settings) as services:
        content = services.checkpointing.write(by=CLI)
        _write([content], output)
        if output is not None and (stamp := services.checkpointing.stamp(content, by=CLI)) is not None:
            _write([stamp], output.with_suffix(".tsr"))


@audit.command()
@click.option(
    "--day", type=click.DateTime(["%Y-%m-%d"]), metavar="YYYY-MM-DD", help="Which, in UTC; today so far if not given."
)
@click.option("--output", type=click.Path(dir_okay=False, path_type=Path), help="A file; standard output if not given.")
@click.pass_context
def certificate(context: click.Context, day: datetime | None, output: Path | None) -> None:
    """Certify that all files and documents of a day are accounted for; the exit status is 1 where they are not.

    The record is replayed and set against the database and the stored files. `verify.py EXPORT --certificate FILE`
    works its numbers out again from a whole export. One is made each day by itself.
    """
    settings: Settings = context.obj
    with opened(settings) as services:
        made = services.certifying.write(day.date() if day is not None else None, by=CLI)
        _write([services.certifying.get_content(made.id, by=CLI)], output)
    for difference in made.differences:
        click.echo(difference, err=True)
    files, documents = made.balance["files"], made.balance["documents"]
    click.echo(
        f"{made.day}{'' if made.is_over else ', so far'}: {files['came_in']} files and {documents['came_in']} documents"
        f" came in; {sum(files['closing'].values())} and {sum(documents['closing'].values())} are accounted for. "
        + ("Complete." if made.is_complete else f"NOT COMPLETE: {len(made.differences)} differences."),
        err=True,
    )
    if not made.is_complete:
        context.exit(_BROKEN)


@audit.command()
@click.pass_obj
def sample(settings: Settings) -> None:
    """List the samples that auditors drew; they are drawn and walked through in the browser, under Audit, Samples."""
    with opened(settings) as services:
        for each in services.sampling.list_samples(by=CLI):
            state = f"closed {each.closed_at:%Y-%m-%d}" if each.closed_at else "open"
            click.echo(
                f"{each.id:>4}  {each.at:%Y-%m-%d}  {each.by}  {each.size} of {each.population} {each.unit.value}: "
                f"{each.examined} examined, {each.exceptions} exceptions, {state}  {each.title}"
            )


@audit.command()
@click.option("--new", is_flag=True, help="Make a new key first, introduced by the one before.")
@click.pass_obj
def key(settings: Settings, new: bool) -> None:
    """Show the keys that sign checkpoints and evidence, oldest first; the last one signs now.

    Give the first one to your auditors by another way than the record itself: `verify.py --key` follows from it to all
    later ones, and refuses what others signed.
    """
    with opened(settings) as services:
        if new:
            services.checkpointing.rotate_key(by=CLI)
        for each in services.checkpointing.list_keys(by=CLI):
            click.echo(f"{each.number:>3}  {each.key}  since {each.at:%Y-%m-%d %H:%M} UTC")


def _write(pieces: Iterable[bytes], output: Path | None) -> None:
    """Write the pieces as they come; a file gets its name when the last one is in it."""
    if output is None:
        _copy(pieces, sys.stdout.buffer)
        return
    partial = output.with_name(f".{output.name}.part")
    try:
        with partial.open("wb") as stream:
            _copy(pieces, stream)
        partial.replace(output)
    except OSError as error:
        raise ConfigurationError(
            f"{output} can't be written ({error.strerror}). Choose another place with --output."
        ) from error
    finally:
        partial.unlink(missing_ok=True)


def _copy(pieces: Iterable[bytes], stream: BinaryIO) -> None:
    for piece in pieces:
        stream.write(piece)
    stream.flush()
