"""Documents with known values, read and studied by several processes: what `learn` and `evaluate` begin with."""

import os
from collections import Counter, deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pipeline.domain.fields import FieldKind
from pipeline.errors import ConfigurationError, PipelineError
from pipeline.settings import Settings
from workers.commands.progress import Progress
from workers.log import keep_to_warnings

if TYPE_CHECKING:
    from pipeline.assembly import Offline
    from pipeline.domain.fields import DocumentType
    from pipeline.extraction.engine import BaselineEngine
    from pipeline.extraction.learned.tasks import Spread
    from pipeline.extraction.learned.training import Studied
    from pipeline.services.history import Known

_AHEAD = 4
_UNREAD_SHOWN = 5
"""Values that teach nothing which are told of one by one."""
Outcome = "tuple[Studied | None, str]"


def load(
    truths: Sequence[Path], files: Path | None, settings: Settings
) -> "tuple[tuple[Known, ...], dict[str, DocumentType]]":
    """Return the documents of the truth files and the types they name.

    Raises:
        ConfigurationError: a file can't be read, or names a type that is not known here.
    """
    from pipeline import assembly
    from pipeline.services.history import load_known

    known = tuple(entry for truth in truths for entry in load_known(truth, files))
    types = {doctype.name: doctype for doctype in assembly.known_types(settings)}
    unknown = Counter(entry.type for entry in known if entry.type not in types)
    if unknown:
        name, count = unknown.most_common(1)[0]
        raise ConfigurationError(
            f"The type “{name}” of {documents(count)} is not known here. Describe it in a YAML file in the folder that "
            "PROOFDESK_EXTRA_TYPES names, or take those lines out."
        )
    for sentence in _that_teach_nothing(known, types):
        click.echo(sentence, err=True)
    return known, types


def documents(count: int, which: str = "") -> str:
    """Return a number of documents in words; `which`, such as "more ", goes before the noun."""
    return f"{count} {which}document{'' if count == 1 else 's'}"


def _that_teach_nothing(known: "Sequence[Known]", types: "Mapping[str, DocumentType]") -> Iterator[str]:
    """Yield a sentence for each name that is no field of its type, and for the first values that can't be read."""
    strange = Counter((entry.type, name) for entry in known for name in entry.unknown_fields(types[entry.type]))
    for (type_name, name), count in sorted(strange.items()):
        # a .csv has one set of columns for all its types
        if any(types[entry.type].has_field(name) for entry in known):
            continue
        fields = ", ".join(spec.name for spec in types[type_name].fields if spec.kind is not FieldKind.TABLE)
        yield (
            f"“{name}”, given for {documents(count)}, is no field of the type “{type_name}” and teaches nothing. "
            f"Its fields are {fields}."
        )
    unread = [(entry.name, *found) for entry in known for found in entry.unread_values(types[entry.type])]
    for document, name, value in unread[:_UNREAD_SHOWN]:
        yield (
            f"{document}: “{value}” can't be taken for one value of {name}, and teaches nothing. Write dates as "
            "2024-11-23, amounts as 1234.50."
        )
    if len(unread) > _UNREAD_SHOWN:
        yield f"{len(unread) - _UNREAD_SHOWN} more values can't be read either, and teach nothing."


def studied(known: "Sequence[Known]", settings: Settings, jobs: int | None) -> "list[Studied]":
    """Return the documents as arrays, in order; one that can't be read gets its line on standard error."""
    found: list[Studied] = []
    progress = Progress(len(known))
    for entry, (one, sentence) in zip(known, _outcomes(known, settings, jobs), strict=True):
        if one is None:
            progress.clear()
            click.echo(f"{entry.path}: {sentence}", err=True)
        else:
            found.append(one)
        progress.step()
    progress.clear()
    if not found:
        raise ConfigurationError("None of the documents could be read. Check the folder that their names start from.")
    return found


def _outcomes(known: "Sequence[Known]", settings: Settings, jobs: int | None) -> "Iterator[tuple[Studied | None, str]]":
    count = min(jobs or os.cpu_count() or 1, max(1, len(known)))
    if count == 1:
        _begin(settings)
        try:
            yield from map(_study_here, known)
        finally:
            _Here.offline.close()
        return
    with ProcessPoolExecutor(count, mp_context=get_context("spawn"), initializer=_begin, initargs=(settings,)) as pool:
        yield from _in_order(pool, known, count * _AHEAD)


def _in_order(
    pool: ProcessPoolExecutor, known: "Iterable[Known]", ahead: int
) -> "Iterator[tuple[Studied | None, str]]":
    waiting: deque[Future[tuple[Studied | None, str]]] = deque()
    for entry in known:
        waiting.append(pool.submit(_study_here, entry))
        if len(waiting) >= ahead:
            yield waiting.popleft().result()
    while waiting:
        yield waiting.popleft().result()


def side_by_side(jobs: int | None) -> "Spread":
    """Return what spreads the learning of fields over processes, as the learning worker does."""
    from workers import spread

    return spread.side_by_side(jobs or os.cpu_count() or 1)


class _Here:
    """What a process of the pool studies with."""

    offline: "Offline"
    types: "dict[str, DocumentType]"
    rules: "BaselineEngine"


def _begin(settings: Settings) -> None:
    from pipeline import assembly
    from pipeline.extraction.engine import BaselineEngine

    keep_to_warnings()
    _Here.offline = assembly.offline(settings)
    _Here.types = {doctype.name: doctype for doctype in assembly.known_types(settings)}
    _Here.rules = BaselineEngine()


def _study_here(entry: "Known") -> "tuple[Studied | None, str]":
    from pipeline.extraction.learned.training import study

    if not entry.path.exists():
        return None, "There is no such file. Check its name in the truth file, and the folder that names start from."
    try:
        reading = _Here.offline.read(entry.path)
    except PipelineError as error:
        return None, str(error)
    except OSError as error:
        return None, f"The file can't be read ({error.strerror}). Check its name, and that you may read it."
    return study(entry.example(reading.pages, _Here.types[entry.type]), _Here.types, _Here.rules), ""
