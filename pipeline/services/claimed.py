"""The folder of files that are claimed and not yet put away: each alone in a folder named by its token."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from pipeline.domain.actors import Actor
from pipeline.domain.files import FileSource
from pipeline.services import moving, naming

CLAIMED = ".claimed"


@dataclass(frozen=True)
class Claimed:
    """A file that was moved into the claimed folder: `name` is its path as dropped."""

    token: str
    name: str
    path: Path
    source: FileSource


def new_token(sender: Actor | None = None) -> str:
    """Return a new name for a claim; an upload's tells who sent it, which a kill before its row would lose."""
    token = secrets.token_hex(12)
    return token if sender is None or sender.id is None else f"{token}-{sender.id}"


def sender_of(claim: Claimed) -> int | None:
    """Return the account that an upload's token tells of, or None."""
    _, _, account = claim.token.partition("-")
    return int(account) if claim.source is FileSource.UPLOAD and account.isascii() and account.isdigit() else None


def list_left(root: Path, source: FileSource, before: float, name_of: Callable[[str], str | None]) -> list[Claimed]:
    """Return the files under claims older than `before` (seconds since 1970).

    Args:
        root: the folder that holds the claimed folder.
        source: by which door its files came.
        before: younger claims are left alone.
        name_of: says under what name a token is recorded, if it is.
    """
    folder = root / CLAIMED
    left: list[Claimed] = []
    for token_folder in sorted(folder.iterdir()) if folder.is_dir() else []:
        try:
            if token_folder.is_dir() and token_folder.stat().st_mtime <= before:
                left += _list_in(token_folder, source, name_of)
        except FileNotFoundError:
            continue  # its own process has just finished it
    return left


def _list_in(token_folder: Path, source: FileSource, name_of: Callable[[str], str | None]) -> list[Claimed]:
    """Return the file of one claim; any other beside it, which only a person can have put there, gets its own."""
    paths = sorted(path for path in token_folder.rglob("*") if not path.is_dir())
    if not paths:
        moving.remove_empty_below(token_folder)
        return []
    named = [(path, naming.text_of(path.relative_to(token_folder))) for path in paths]
    recorded = name_of(token_folder.name) if len(named) > 1 else None
    stays = next((path for path, name in named if name == recorded), None if recorded else paths[0])
    found: list[Claimed] = []
    for path, name in named:
        token = token_folder.name if path == stays else new_token()
        place = token_folder.parent / token / name
        if place != path:
            moving.into_new_folder(path, place)
            moving.remove_empty_up(path.parent, token_folder)
        found.append(Claimed(token, name, place, source))
    return found
