"""Names of files: any bytes a disk may hold become text that a database, an event and a disk can hold."""

import os
from pathlib import Path, PurePosixPath

NAME_BYTES_MAX = 200
"""Longest name that is made here: file systems take 255 bytes, and a file's id may be added."""


def text_of(relative: Path) -> str:
    """Return the path as text: bytes that are no UTF-8, which no database or event can hold, become "_"."""
    return os.fsencode(relative).decode("utf-8", "replace").replace("\ufffd", "_")


def name_of_upload(filename: str) -> str:
    """Return a browser's file name without folders, control characters and leading dots, short enough for a disk."""
    name = PurePosixPath(filename.replace("\\", "/")).name
    name = "".join(character for character in name if character.isprintable()).strip().lstrip(".")
    stem, dot, ending = name.rpartition(".")
    if dot and len(ending.encode()) <= 20:
        return (cut(stem, NAME_BYTES_MAX - len(ending.encode()) - 1) or "unnamed") + dot + ending
    return cut(name, NAME_BYTES_MAX) or "unnamed.pdf"


def free(target: Path, file_id: int, number: int) -> Path:
    if number == 0:
        return target
    mark = f".{file_id}" if number == 1 else f".{file_id}-{number}"
    suffix = target.suffix if len(os.fsencode(target.suffix)) <= 20 else ""
    stem = target.name.removesuffix(suffix) if suffix else target.name
    return target.with_name(cut(stem, 255 - len(os.fsencode(mark + suffix))) + mark + suffix)


def cut(text: str, bytes_max: int) -> str:
    return text.encode()[:bytes_max].decode(errors="ignore")
