"""Studied documents, kept between trainings: arrays and JSON, nothing in them that could run. Safe to delete."""

import dataclasses
import hashlib
import json
import math
import os
import secrets
import struct
import sys
import typing
import zlib
from collections.abc import Mapping
from contextlib import suppress
from enum import Enum
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import pipeline
from pipeline.extraction.learned.training import Studied

Array = NDArray[Any]

MAGIC = b"STUDY2\n\0"
FRONT = struct.Struct("<QQ")
"""Length of the head, and checksum of all that follows."""
BEGIN = len(MAGIC) + FRONT.size
ALIGNED = 16
KINDS = frozenset(("|b1", "<i4", "<i8", "<f4", "<f8"))
"""Kinds of numbers that a study is made of."""
ROOMS = ("domain", "normalise", "doctypes", "extraction")
"""Rooms whose code decides what studying a document gives."""
MISSING = object()


@dataclasses.dataclass(frozen=True)
class FolderStudies:
    """What studying documents gave, by a key that says everything it depends on."""

    folder: Path

    def find(self, key: str) -> Studied | None:
        """Return what was kept under the key; None where nothing was, or it can't be read any more."""
        try:
            found = unpack(self._place(key).read_bytes())
        except (OSError, ValueError, KeyError, TypeError):
            return None
        return found if isinstance(found, Studied) else None

    def keep(self, key: str, studied: Studied) -> None:
        """Keep it; a disk that refuses costs studying again, nothing else."""
        with suppress(OSError):
            place = self._place(key)
            place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            temporary = place.with_name(f".{secrets.token_hex(8)}")
            temporary.write_bytes(pack(studied))
            os.replace(temporary, place)  # noqa: PTH105 - replace is the atomic one

    def tidy(self, keys: set[str]) -> None:
        """Remove everything but what is kept under these keys."""
        wanted = {self._place(key) for key in keys}
        for path in self.folder.glob("*/*"):
            if path not in wanted:
                with suppress(OSError):
                    path.unlink()

    def _place(self, key: str) -> Path:
        return self.folder / key[:2] / f"{key}.study"


@cache
def code_hash() -> str:
    """Return a hash of the code and the types by which documents are studied: other code, other studies."""
    digest = hashlib.sha256()
    root = Path(pipeline.__file__).parent
    for room in ROOMS:
        for path in sorted((root / room).rglob("*")):
            if path.suffix in {".py", ".yaml"}:
                digest.update(path.relative_to(root).as_posix().encode())
                digest.update(path.read_bytes())
    return digest.hexdigest()


def pack(value: object) -> bytes:
    """Return a value of our own dataclasses, arrays and plain parts as the bytes of one file.

    The file is `MAGIC`, `FRONT`, the head as JSON, and the arrays' bytes as they lie in memory, each from a multiple of
    `ALIGNED` on: NumPy's own archives take ten times as long to read where arrays are small and many.
    """
    arrays: dict[str, Array] = {}
    body = _packed(value, arrays, {})
    where: dict[str, tuple[str, list[int], int]] = {}
    parts: list[bytes] = []
    at = 0
    for name, array in arrays.items():
        data = np.ascontiguousarray(array).tobytes()
        where[name] = (array.dtype.newbyteorder("<").str, list(array.shape), at)
        parts += [data, bytes(-len(data) % ALIGNED)]
        at += len(data) + len(parts[-1])
    head = json.dumps({"value": body, "arrays": where}, separators=(",", ":")).encode()
    head += b" " * (-(BEGIN + len(head)) % ALIGNED)
    return sealed(head, b"".join(parts))


def sealed(head: bytes, rest: bytes = b"") -> bytes:
    """Return a file of these parts with its front."""
    return MAGIC + FRONT.pack(len(head), zlib.crc32(rest, zlib.crc32(head))) + head + rest


def unpack(data: bytes) -> object:
    """Return the value that `pack` was given; arrays that were one object are one again, and can't be written to.

    Raises:
        ValueError, KeyError, TypeError: the bytes are none of `pack`, or of other classes than today's.
    """
    if data[: len(MAGIC)] != MAGIC or len(data) < BEGIN:
        raise ValueError("no study")
    length, checksum = FRONT.unpack_from(data, len(MAGIC))
    if zlib.crc32(memoryview(data)[BEGIN:]) != checksum:
        raise ValueError("a damaged study")
    head = json.loads(data[BEGIN : BEGIN + length])
    arrays: dict[str, Array] = {}
    for name, (kind, shape, at) in head["arrays"].items():
        if kind not in KINDS:
            raise ValueError(f"no array of {kind}")
        array = np.frombuffer(data, dtype=kind, count=math.prod(shape), offset=BEGIN + length + at)
        arrays[name] = array.reshape(shape)
    return _unpacked(head["value"], arrays)


def _packed(value: Any, arrays: dict[str, Array], seen: dict[int, str]) -> Any:
    if isinstance(value, Enum):
        return {"e": _name(type(value)), "v": value.value}
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, np.ndarray):
        array = typing.cast("Array", value)
        name = seen.setdefault(id(array), f"a{len(seen)}")
        arrays[name] = array
        return {"a": name}
    if isinstance(value, np.generic):
        return typing.cast("np.generic[Any]", value).item()
    if dataclasses.is_dataclass(value):
        fields = dataclasses.fields(value)
        return {
            "c": _name(type(typing.cast("object", value))),
            "f": {f.name: _packed(getattr(value, f.name), arrays, seen) for f in fields},
        }
    if isinstance(value, frozenset | set):
        members: list[Any] = sorted(typing.cast("frozenset[Any]", value))
        if members and all(isinstance(each, int) for each in members):
            array = np.array(members, dtype=np.int64)
            # not by its identity: it is gone when the next one is made, perhaps at its address
            name = f"i{len(arrays)}"
            arrays[name] = array
            return {"i": {"a": name}}
        return {"s": [_packed(each, arrays, seen) for each in members]}
    if isinstance(value, tuple):
        if all(isinstance(each, str) for each in typing.cast("tuple[Any, ...]", value)):
            return {"p": list(typing.cast("tuple[str, ...]", value))}
        return {"t": [_packed(each, arrays, seen) for each in typing.cast("tuple[Any, ...]", value)]}
    if isinstance(value, list):
        return [_packed(each, arrays, seen) for each in typing.cast("list[Any]", value)]
    if isinstance(value, Mapping):
        items = typing.cast("Mapping[str, Any]", value).items()
        return {"d": {name: _packed(each, arrays, seen) for name, each in items}}
    raise TypeError(f"{type(value).__name__} can't be kept")


def _unpacked(kept: Any, arrays: Mapping[str, Array]) -> Any:
    if isinstance(kept, list):
        return [_unpacked(each, arrays) for each in typing.cast("list[Any]", kept)]
    if not isinstance(kept, dict):
        return kept
    entry = typing.cast("dict[str, Any]", kept)
    if "a" in entry:
        return arrays[entry["a"]]
    if "p" in entry:
        return tuple(entry["p"])
    if "t" in entry:
        return tuple(_unpacked(each, arrays) for each in entry["t"])
    if "d" in entry:
        return {name: _unpacked(each, arrays) for name, each in entry["d"].items()}
    if "i" in entry:
        return frozenset(_unpacked(entry["i"], arrays).tolist())
    if "s" in entry:
        return frozenset(_unpacked(each, arrays) for each in entry["s"])
    if "e" in entry:
        return _classes()[entry["e"]](entry["v"])
    made = _classes()[entry["c"]]
    return made(**{name: _unpacked(each, arrays) for name, each in entry["f"].items()})


def _name(kind: type[Any]) -> str:
    return f"{kind.__module__}.{kind.__qualname__}"


@cache
def _classes() -> dict[str, type[Any]]:
    """Return every class that a studied document is made of, by name: nothing else is ever built from a file."""
    found: dict[str, type[Any]] = {}
    waiting: list[Any] = [Studied]
    while waiting:
        one = waiting.pop()
        if isinstance(one, type) and (dataclasses.is_dataclass(one) or issubclass(one, Enum)):
            if _name(one) in found:
                continue
            found[_name(one)] = one
            if dataclasses.is_dataclass(one):
                waiting += typing.get_type_hints(one, vars(sys.modules[one.__module__])).values()
        waiting += typing.get_args(one)
    return found
