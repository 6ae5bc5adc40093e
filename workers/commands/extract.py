"""extract: read files right away, without server and database."""

import json
import os
import time
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pipeline.domain.extraction import Candidate, Extraction, FieldExtraction
from pipeline.errors import ConfigurationError, PipelineError
from pipeline.settings import Settings
from workers.commands.progress import Progress
from workers.log import keep_to_warnings
from workers.names import is_temporary

if TYPE_CHECKING:
    from pipeline.assembly import Offline

_SOME_UNREADABLE = 1
_PROGRESS_LOG_SECONDS = 10.0
_AHEAD = 4
"""Files handed to each process in advance: enough to keep it busy, few enough to keep results out of memory."""

Outcome = tuple[Extraction | None, str]
"""What was read, or the sentence that says why not."""


@click.command()
@click.argument("paths", metavar="PATH...", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--jsonl", is_flag=True, help="One JSON object a document instead of tables.")
@click.option("--type", "fixed_type", metavar="NAME", help="Read every file as this document type.")
@click.option("--types", metavar="NAMES", help="Switch on more document types, separated by commas.")
@click.option("--ignore-attachments", is_flag=True, help="Read the pages alone, not the data attached to them.")
@click.option(
    "--model",
    type=click.Path(path_type=Path, file_okay=False),
    help="Read with the model in this folder, as `proofdesk learn --model` made it, and look for its types too.",
)
@click.option("--jobs", type=click.IntRange(min=1), help="Processes to read with; one for each core if not given.")
@click.pass_context
def extract(
    context: click.Context,
    paths: tuple[Path, ...],
    jsonl: bool,
    fixed_type: str | None,
    types: str | None,
    ignore_attachments: bool,
    model: Path | None,
    jobs: int | None,
) -> None:
    """Read PDFs and images (PNG, JPEG, TIFF), or folders of them, and print what was found.

    Pages without usable text are read off their images, which takes seconds each. Needs no server and no database,
    and changes nothing. With --jsonl each document is one line:

    \b
      {"file", "document_type", "fields": {name: {"value", "text", "confidence", "page", "boxes"}, or a list of these},
       "line_items": [{column: value}]}

    Values are normalised (dates as 2026-11-22, amounts as 1234.50), boxes in PDF points from the page's top left. A
    file that can't be read gets one line on standard error, the rest goes on, and the exit status is 1.
    """  # noqa: D301 - click takes this very character for "leave the lines alone"
    keep_to_warnings()
    settings: Settings = context.obj
    if ignore_attachments:
        settings = settings.model_copy(update={"read_attachments": False})
    more = tuple(name.strip() for name in (types or "").split(",") if name.strip())
    if not any(path.exists() for path in paths):
        raise ConfigurationError(f"There is no file or folder {paths[0]}. Check the spelling.")
    files = list(_files_in(paths))
    unreadable = 0
    progress = Progress(len(files))
    for path, (extraction, sentence) in _outcomes(files, settings, _Wanted(more, fixed_type, model), jobs):
        if extraction is None:
            unreadable += 1
            progress.clear()
            click.echo(f"{path}: {sentence}", err=True)
        else:
            progress.clear()
            click.echo(
                json.dumps(as_object(path, extraction), ensure_ascii=False) if jsonl else _table(path, extraction)
            )
        progress.step()
    progress.clear()
    if unreadable:
        if len(files) > 1:
            click.echo(f"{len(files) - unreadable} of {len(files)} files were read.", err=True)
        context.exit(_SOME_UNREADABLE)


def as_object(path: Path, extraction: Extraction) -> dict[str, Any]:
    """Return a document's line of --jsonl; tables are under `line_items`, everything else under `fields`."""
    tables = [field for field in extraction.fields if _is_table(field)]
    return {
        "file": str(path),
        "document_type": extraction.type.name,
        "fields": {
            field.name: [_entry(entry) for entry in field.entries] if field.entries else _entry(field)
            for field in extraction.fields
            if not _is_table(field)
        },
        "line_items": [
            {name: cell.value for name, cell in row.cells.items()} for table in tables for row in table.rows
        ],
    }


def _entry(entry: FieldExtraction | Candidate) -> dict[str, Any]:
    """Return a field's value, or one entry of a list: each has a certainty and a place of its own."""
    place = entry.provenance
    return {
        "value": entry.value,
        "text": entry.text,
        "confidence": entry.confidence,
        "page": place.page if place else None,
        "boxes": [[box.x0, box.top, box.x1, box.bottom] for box in (place.boxes if place else ())],
    }


def _is_table(field: FieldExtraction) -> bool:
    return bool(field.rows) or (isinstance(field.value, tuple) and any(isinstance(item, dict) for item in field.value))


def _files_in(paths: Sequence[Path]) -> Iterator[Path]:
    """Yield the files named, and those in the folders named, sorted within each."""
    for path in paths:
        if path.is_dir():
            for folder, folders, names in os.walk(path):
                folders[:] = sorted(name for name in folders if not name.startswith("."))
                yield from (Path(folder) / name for name in sorted(names) if not is_temporary(name))
        else:
            yield path


@dataclass(frozen=True)
class _Wanted:
    """What is looked for: more types, a type that is given, a trained model."""

    more: tuple[str, ...]
    fixed_type: str | None
    model: Path | None


def _outcomes(
    files: list[Path], settings: Settings, wanted: _Wanted, jobs: int | None
) -> Iterator[tuple[Path, Outcome]]:
    """Yield what became of each file, in order; a wrong type name is refused before anything is read."""
    opened = _open(settings, wanted)
    count = min(jobs or os.cpu_count() or 1, max(1, len(files)))
    if count == 1:
        try:
            for path in files:
                yield path, _read(opened, path, wanted.fixed_type)
        finally:
            opened.close()
        return
    opened.close()
    with ProcessPoolExecutor(
        count, mp_context=get_context("spawn"), initializer=_begin, initargs=(settings, wanted)
    ) as pool:
        waiting: deque[tuple[Path, Future[Outcome]]] = deque()
        ahead = iter(files)
        while True:
            while len(waiting) < count * _AHEAD and (path := next(ahead, None)) is not None:
                waiting.append((path, pool.submit(_read_here, path)))
            if not waiting:
                return
            path, future = waiting.popleft()
            yield path, future.result()


def _open(settings: Settings, wanted: _Wanted) -> "Offline":
    from pipeline import assembly
    from pipeline.garbage import collect_rarely

    collect_rarely()
    types = {*(name.strip() for name in settings.enabled_types.split(",") if name.strip()), *wanted.more}
    offline = assembly.offline(settings, types=types, model=wanted.model)
    if wanted.fixed_type is None or any(doctype.name == wanted.fixed_type for doctype in offline.types):
        return offline
    offline.close()
    return assembly.offline(settings, types={*types, wanted.fixed_type}, model=wanted.model)


def _read(offline: "Offline", path: Path, fixed_type: str | None) -> Outcome:
    if not path.exists():
        return None, "There is no such file or folder. Check the spelling."
    try:
        return offline.extract(path, fixed_type, _ImageProgress(path)), ""
    except PipelineError as error:
        return None, str(error)
    except OSError as error:
        return None, f"The file can't be read ({error.strerror}). Check that you may read it."


class _Here:
    """What a process of the pool reads with."""

    offline: "Offline"
    fixed_type: str | None


def _begin(settings: Settings, wanted: _Wanted) -> None:
    keep_to_warnings()
    _Here.offline, _Here.fixed_type = _open(settings, wanted), wanted.fixed_type


def _read_here(path: Path) -> Outcome:
    return _read(_Here.offline, path, _Here.fixed_type)


def _table(path: Path, extraction: Extraction) -> str:
    """Return a document as text for a terminal."""
    guess = extraction.type
    lines = [
        click.style(str(path), bold=True) + f"  {guess.name or 'of no known type'} ({guess.confidence:.0%} sure)",
    ]
    plain = [field for field in extraction.fields if not _is_table(field)]
    width = max((len(field.name) for field in plain), default=0)
    for field in plain:
        value = "; ".join(map(str, field.value)) if isinstance(field.value, tuple) else field.value
        where = f"page {field.provenance.page}" if field.provenance else ""
        shown = "-" if value is None else " ".join(value.split())
        lines.append(f"  {field.name:<{width}}  {field.confidence:>4.0%}  {shown}" + (f"  ({where})" if where else ""))
    for field in extraction.fields:
        if _is_table(field):
            lines.append(f"  {field.name}: {len(field.rows)} rows")
            for row in field.rows:
                cells = ", ".join(f"{name} {cell.value}" for name, cell in row.cells.items() if cell.value is not None)
                lines.append(f"    {cells}")
    return "\n".join(lines) + "\n"


class _ImageProgress:
    """How far a file is whose pages are read off their images, a line on standard error now and then."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.told = time.monotonic()

    def __call__(self, done: int, wanted: int) -> None:
        now = time.monotonic()
        if done < wanted and now - self.told >= _PROGRESS_LOG_SECONDS:
            self.told = now
            click.echo(f"{self.path}: {done} of {wanted} pages read off their images", err=True)
