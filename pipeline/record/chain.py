from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from pipeline.record.verify import ChainCheck, Checkpoint, StoredEvent


@dataclass(frozen=True)
class ChainReport:
    """What checking a chain found: it holds where there are no problems."""

    events: int
    seq: int
    """Number of the last event; 0 where there is none."""
    hash: str
    """Hash of the last event; 64 zeros where there is none."""
    merkle_root: str
    problems: tuple[str, ...]
    erased: int
    """Values whose commitment stands but which were erased."""


def check_chain(
    events: Iterable[StoredEvent],
    head: tuple[int, str] | None,
    checkpoint: Checkpoint | None = None,
    heard: Callable[[dict[str, Any]], None] = lambda said: None,
) -> ChainReport:
    """Check every event from the first to the last, one at a time, and return what was found.

    Args:
        events: in their order, as they are stored.
        head: number and hash of the last event as the database remembers them; None where it lost them.
        checkpoint: one that was exported earlier, to find a chain that was cut off or made anew.
        heard: told what each event's text says, where it can be read.
    """
    check = ChainCheck(checkpoint)
    for event in events:
        said = check.add(event)
        if said is not None:
            heard(said)
    if head is None:
        check.report("The row that says where the record ends is missing from the database.")
    problems = check.finish(head)
    return ChainReport(
        events=check.events,
        seq=check.last_seq,
        hash=check.last_hash,
        merkle_root=check.merkle.root(),
        problems=tuple(problems),
        erased=check.erased,
    )
