"""The folder of files that are claimed and not yet put away: those of one batch together, in a folder of their own."""

import hashlib
import re
import secrets
from collections.abc import Callable, Iterator, Set
from dataclasses import dataclass
from pathlib import Path

from pipeline.domain.actors import Actor
from pipeline.domain.files import FileSource
from pipeline.services import moving, naming

CLAIMED = ".claimed"
FOLDER = re.compile(r"[0-9a-f]{12}(-\d{1,10})?")


@dataclass(frozen=True)
class Claimed:
    """A file that was moved into the claimed folder: `name` is its path as dropped."""

    token: str
    name: str
    path: Path
    source: FileSource


def new_folder(sender: Actor | None = None) -> str:
    """Return a name for a batch's folder; an upload's tells who sent it, which a kill before its row would lose."""
    folder = secrets.token_hex(6)
    return folder if sender is None or sender.id is None else f"{folder}-{sender.id}"


def place(root: Path, folder: str, name: str, source: FileSource) -> Claimed:
    """Return where a file of that name stands once it is claimed into that folder."""
    # from the name alone: a file and its row find each other after a kill, whichever of them is there
    token = f"{folder}.{hashlib.sha256(name.encode()).hexdigest()[:16]}"
    return Claimed(token, name, root / CLAIMED / folder / name, source)


def path_of(root: Path, token: str, name: str) -> Path:
    """Return where the file of a row stands until it is put away."""
    return root / CLAIMED / token.partition(".")[0] / name


def sender_of(claim: Claimed) -> int | None:
    """Return the account that an upload's token tells of, or None."""
    _, _, account = claim.token.partition(".")[0].partition("-")
    return int(account) if claim.source is FileSource.UPLOAD and account else None


def list_left(
    root: Path, source: FileSource, before: float, list_done: Callable[[Set[str]], Set[str]]
) -> list[Claimed]:
    """Return the files under claims older than `before` (seconds since 1970).

    Args:
        root: the folder that holds the claimed folder.
        source: by which door its files came.
        before: younger claims are left alone.
        list_done: says of which tokens the file is put away already, so that another is meant.
    """
    folder = root / CLAIMED
    left: list[Claimed] = []
    for batch in sorted(folder.iterdir()) if folder.is_dir() else []:
        try:
            if batch.is_dir() and batch.stat().st_mtime <= before:
                left += _list_in(batch, root, source, list_done)
        except FileNotFoundError:
            continue  # its own process has just finished it
    return left


def _list_in(
    batch: Path, root: Path, source: FileSource, list_done: Callable[[Set[str]], Set[str]]
) -> Iterator[Claimed]:
    """Return the files of one folder; what no process of ours can have put there gets a folder of its own."""
    paths = sorted(path for path in batch.rglob("*") if not path.is_dir())
    if not paths:
        moving.remove_empty_below(batch)
    found = [place(root, batch.name, naming.text_of(path.relative_to(batch)), source) for path in paths]
    done = list_done({item.token for item in found})
    for path, item in zip(paths, found, strict=True):
        if FOLDER.fullmatch(batch.name) and item.path == path and item.token not in done:
            yield item
            continue
        own = place(root, new_folder(), item.name, source)
        moving.into_new_folder(path, own.path)
        moving.remove_empty_up(path.parent, batch.parent)
        yield own
