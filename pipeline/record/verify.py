"""Check an audit record that Proofdesk exported.

    python3 verify.py EXPORT.jsonl [--checkpoint FILE] [--certificate FILE] [--key KEY]
    python3 verify.py EVIDENCE.zip [--checkpoint FILE] [--certificate FILE] [--key KEY] [--authority CERTIFICATES.pem]
    python3 verify.py EXPORT.jsonl --checkpoint FILE --timestamp FILE.tsr --authority CERTIFICATES.pem

One file, standard library alone, Python 3.9 or newer: copy it to a machine you trust and run it there. It needs no
secret, no network and none of Proofdesk's other code. It ends with 0 where everything holds, with 1 where something
does not (each problem in a sentence of its own), with 2 where a file cannot be read.

What it shows: no event of the export was changed, swapped, inserted or taken out of the middle; each value is the one
that was recorded; each signed record is the one that was signed. What no export can show by itself is that its end was
not cut off, or that the whole chain was not made anew: for that, give a checkpoint that left the machine earlier.
Checkpoints are signed: name the key that you were given by another way, and one that was forged is refused. A
certificate says of a day which files and documents came in and where each of them went: from a whole export its numbers
are worked out again.
Or somebody else has seen it: a time-stamp (RFC 3161) shows when a checkpoint was there already. Name the certificates
of the authority that you trust, and one that it did not make is refused; without them its maker is believed.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import json
import re
import sys
import zipfile
import zlib
from array import array
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any, NamedTuple, cast

FORMAT = 1
"""Layout of events, checkpoints and exports that this file knows."""
KEY_KIND = "proofdesk-key"
PACK_KIND = "proofdesk-evidence"
CERTIFICATE_KIND = "proofdesk-certificate"
EXPORT = "export.jsonl"
"""An evidence pack's export."""
CHUNK = 1024 * 1024
GENESIS = "0" * 64
"""What the first event names as the hash before it."""
COLUMNS = ("at", "tag", "by", "file", "document", "field")
"""What stands beside an event's text, derived from it for queries."""
SIGNED = ("value", "state", "machine_value", "settled_by", "comment")
"""What a field's line repeats from the signed record."""
TYPE_FIELD = "document_type"
REDACTED = "redacted"
"""What stands in the place of something that was left out: its commitment under this name."""
PROBLEMS_MAX = 100
"""So many problems are told one by one, the rest as a number."""
HASH = re.compile(r"[0-9a-f]{64}")

FILE_STATES = ("claimed", "stored", "duplicate", "quarantined")
"""Where a file stands: each that came in is in one of them, and in the first for minutes at most."""
FILE_STEPS = {
    "file:claim": "claimed",
    "file:store": "stored",
    "file:duplicate": "duplicate",
    "file:quarantine": "quarantined",
}
"""What an event makes of a file."""
DOCUMENT_STANDS = ("waiting", "review", "held", "ready", "approved", "rejected", "failed", "replaced")
"""Where a document stands: each is in one of them. That a machine began to read it is no event: it waits until then."""
DOCUMENT_STATES = {"queued": "waiting", "reading": "waiting", **{stand: stand for stand in DOCUMENT_STANDS[1:]}}
"""Each state of a document, and where it stands then."""
DOCUMENT_STEPS = frozenset(
    (was, now)
    for was, followers in {
        "waiting": ("review", "ready", "failed"),
        "review": ("waiting", "held", "ready", "rejected", "replaced"),
        "held": ("review", "replaced"),
        "ready": ("review", "approved", "rejected"),
        "approved": ("review",),
        "failed": ("waiting",),
    }.items()
    for now in followers
)
"""Every step that there is from one to another."""
TOTALS = ("events", "bytes_claimed", "bytes_stored", "pages_read", "pages_approved", "signatures")
"""What is counted beside: `pages_approved` of a document that is signed twice counts twice, as `signatures` does."""
# a file's mark: its state's number in the lowest bits, and what else is on record of it
_STATE, _CLAIMED, _STORED, _BECAME, _ERASED = 7, 1, 2, 16, 32

_encoder = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def _pairs(items: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(items)
    if len(result) != len(items):
        raise ValueError("a key occurs twice")
    return result


def _refuse(constant: str) -> Any:
    raise ValueError(f"{constant} is no JSON number")


_decoder = json.JSONDecoder(object_pairs_hook=_pairs, parse_constant=_refuse)


def canonical_text(value: Any) -> str:
    """Return the one canonical JSON text of a value made of strings, numbers, booleans, None, lists and dicts."""
    return _encoder.encode(value)


def sha256_hex(data: bytes) -> str:
    """Return the SHA-256 of the bytes as 64 hex digits."""
    return hashlib.sha256(data).hexdigest()


def commitment(salt: str, text: bytes) -> str:
    """Return the SHA-256 of the salt and the value's canonical text, each preceded by its length in 8 bytes."""
    salt_bytes = salt.encode()
    return sha256_hex(len(salt_bytes).to_bytes(8, "big") + salt_bytes + len(text).to_bytes(8, "big") + text)


def seal(value: Any) -> Any:
    """Return the value with each part that has a salt replaced by its commitment, and each redacted one by its own.

    So the hash over a sealed record is the same, whatever parts of the record somebody was not shown.
    """
    if isinstance(value, dict):
        entries = mapping(value)
        if "salt" in entries:
            rest = {name: entry for name, entry in entries.items() if name != "salt"}
            return commitment(str(entries["salt"]), canonical_text(rest).encode())
        if set(entries) == {REDACTED} and _is_hash(entries[REDACTED]):
            return entries[REDACTED]
        return {name: seal(entry) for name, entry in entries.items()}
    return [seal(each) for each in cast("list[Any]", value)] if isinstance(value, list) else value


def record_digest(record: Any) -> str:
    """Return the hash that a signature is over. Records of format 1 know no salts, and are hashed as they stand."""
    sealed = record if mapping(record).get("format") == 1 else seal(record)
    return sha256_hex(canonical_text(sealed).encode())


def parse_json(text: str) -> Any:
    """Return what the JSON text says.

    Raises:
        ValueError: it is no JSON, names a key twice, or holds a number that JSON has not.
    """
    try:
        return _decoder.decode(text)
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error


def mapping(value: Any) -> dict[str, Any]:
    """Return the value where it is a JSON object, else an empty one."""
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}


class MerkleTree:
    """The root over event hashes, in the way of RFC 6962, kept up in memory that grows with log n alone."""

    def __init__(self) -> None:
        self._subtrees: list[tuple[int, bytes]] = []

    def add(self, hash_hex: str) -> None:
        """Add the next event's hash, 64 hex digits."""
        size, node = 1, hashlib.sha256(b"\x00" + bytes.fromhex(hash_hex)).digest()
        while self._subtrees and self._subtrees[-1][0] == size:
            size, node = size * 2, _join(self._subtrees.pop()[1], node)
        self._subtrees.append((size, node))

    def root(self) -> str:
        """Return the root as 64 hex digits; that of no events is the SHA-256 of nothing."""
        if not self._subtrees:
            return sha256_hex(b"")
        node = self._subtrees[-1][1]
        for _, left in reversed(self._subtrees[:-1]):
            node = _join(left, node)
        return node.hex()


def _join(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


def is_included(hash_hex: str, seq: int, path: Iterable[str], size: int, root: str) -> bool:
    """Return whether the path leads from event `seq` to the root over `size` events (RFC 9162, 2.1.3.2)."""
    if not 1 <= seq <= size:
        return False
    try:
        node, place, last = hashlib.sha256(b"\x00" + bytes.fromhex(hash_hex)).digest(), seq - 1, size - 1
        for step in map(bytes.fromhex, path):
            if not last:
                return False
            if place & 1 or place == last:
                node = _join(step, node)
                while not place & 1 and place:
                    place, last = place >> 1, last >> 1
            else:
                node = _join(node, step)
            place, last = place >> 1, last >> 1
    except (ValueError, TypeError):
        return False
    return not last and node.hex() == root


def is_continued(size: int, root: str, later_size: int, later_root: str, path: Iterable[str]) -> bool:
    """Return whether the path shows that a tree grew out of an earlier one (RFC 9162, 2.1.4.2).

    Args:
        size: events of the earlier tree, at least 1.
        root: of the earlier tree.
        later_size: events of the later tree.
        later_root: of the later tree.
        path: the proof.
    """
    if not 1 <= size <= later_size:
        return False
    try:
        steps = [bytes.fromhex(step) for step in path]
        if size == later_size:
            return not steps and root == later_root
        if size & (size - 1) == 0:
            steps.insert(0, bytes.fromhex(root))
        if not steps:
            return False
        place, last = size - 1, later_size - 1
        while place & 1:
            place, last = place >> 1, last >> 1
        earlier = later = steps[0]
        for step in steps[1:]:
            if not last:
                return False
            if place & 1 or place == last:
                earlier, later = _join(step, earlier), _join(step, later)
                while not place & 1 and place:
                    place, last = place >> 1, last >> 1
            else:
                later = _join(later, step)
            place, last = place >> 1, last >> 1
    except (ValueError, TypeError):
        return False
    return not last and (earlier.hex(), later.hex()) == (root, later_root)


# Ed25519 as RFC 8032 has it, checking alone: Python's own library knows no signatures. Nothing here is secret, so
# nothing needs to take the same time for all numbers. A point is (X, Y, Z, T): x = X/Z, y = Y/Z, xy = T/Z.
_Point = tuple[int, int, int, int]
_P = 2**255 - 19
_ORDER = 2**252 + 27742317777372353535851937790883648493
_D = -121665 * pow(121666, -1, _P) % _P
_ROOT_OF_MINUS_1 = pow(2, (_P - 1) // 4, _P)


def _point(data: bytes) -> _Point:
    y = int.from_bytes(data, "little")
    odd, y = y >> 255, y & (1 << 255) - 1
    square = (y * y - 1) * pow(_D * y * y + 1, -1, _P) % _P
    x = pow(square, (_P + 3) // 8, _P)
    if (x * x - square) % _P:
        x = x * _ROOT_OF_MINUS_1 % _P
    if y >= _P or (x * x - square) % _P or (odd and not x):
        raise ValueError("it names no point of the curve")
    if x & 1 != odd:
        x = _P - x
    return x, y, 1, x * y % _P


def _add(one: _Point, other: _Point) -> _Point:
    a = (one[1] - one[0]) * (other[1] - other[0])
    b = (one[1] + one[0]) * (other[1] + other[0])
    c, d = 2 * one[3] * other[3] * _D, 2 * one[2] * other[2]
    e, f, g, h = (b - a) % _P, (d - c) % _P, (d + c) % _P, (b + a) % _P
    return e * f % _P, g * h % _P, f * g % _P, e * h % _P


def _times(number: int, point: _Point) -> _Point:
    total = (0, 1, 1, 0)
    while number:
        if number & 1:
            total = _add(total, point)
        number, point = number >> 1, _add(point, point)
    return total


_BASE = _point((4 * pow(5, -1, _P) % _P).to_bytes(32, "little"))


def is_signed(key: str, text: bytes, signature: str) -> bool:
    """Return whether `signature` (128 hex digits) over the text was made by the owner of `key` (64 hex digits)."""
    try:
        public, signed = bytes.fromhex(key), bytes.fromhex(signature)
        if len(public) != 32 or len(signed) != 64:
            return False
        owner, promise, answer = _point(public), _point(signed[:32]), int.from_bytes(signed[32:], "little")
    except (ValueError, TypeError):
        return False
    if answer >= _ORDER:
        return False
    asked = int.from_bytes(hashlib.sha512(signed[:32] + public + text).digest(), "little") % _ORDER
    left, right = _times(answer, _BASE), _add(promise, _times(asked, owner))
    return not ((left[0] * right[2] - right[0] * left[2]) % _P or (left[1] * right[2] - right[1] * left[2]) % _P)


def unsigned(said: dict[str, Any]) -> dict[str, Any]:
    """Return what a signature is made over: all but the signatures, and the keys that come along."""
    return {name: value for name, value in said.items() if name not in ("signatures", "keys")}


def signers_of(said: dict[str, Any]) -> set[str]:
    """Return the keys whose signature under this text holds."""
    text = canonical_text(unsigned(said)).encode()
    return {key for key, signature in mapping(said.get("signatures")).items() if is_signed(key, text, signature)}


def follow_keys(statements: Iterable[Any], known: str | None) -> tuple[str, ...]:
    """Return the keys that may be believed, oldest first.

    Args:
        statements: those of all keys of the installation, oldest first, as `audit key` writes them.
        known: the key that the reader was given by another way; None: the first one is believed as it stands.

    Raises:
        ValueError: a statement is damaged, or no way leads from the known key to the later ones.
    """
    believed: list[str] = []
    for statement in map(mapping, statements):
        key, previous, signers = statement.get("key"), statement.get("previous"), signers_of(statement)
        if statement.get("kind") != KEY_KIND or not _is_hash(key) or key not in signers:
            raise ValueError("a statement of its keys is damaged")
        if not believed and known in (None, key):
            believed.append(str(key))
        elif believed:
            if previous != believed[-1] or previous not in signers:
                raise ValueError("a newer key was not introduced by the one before it")
            believed.append(str(key))
    if not believed:
        raise ValueError("it does not go back to the key that you named")
    return tuple(believed)


def check_signature(said: dict[str, Any], known: str | None) -> str | None:
    """Return the key that signed; None where nothing is signed and no key was asked for.

    Raises:
        ValueError: a signature does not hold, or is by a key that can't be believed.
    """
    if "signatures" not in said:
        if known is not None:
            raise ValueError("it is not signed")
        return None
    signers = signers_of(said)
    believed = follow_keys(said.get("keys") or [], known)
    if not signers or signers != set(mapping(said["signatures"])):
        raise ValueError("its signature does not hold: it was changed after it was signed")
    if not signers & set(believed):
        raise ValueError("it is signed by a key that is not among its keys")
    return sorted(signers & set(believed))[0]


class Checkpoint(NamedTuple):
    """Where the chain stood at a time: kept outside the machine, it shows what was cut or made anew since."""

    seq: int
    hash: str
    at: str
    merkle_root: str | None = None
    signed_by: str | None = None


def parse_checkpoint(data: bytes, known: str | None = None) -> Checkpoint:
    """Return the checkpoint in a file, its signature checked.

    Args:
        data: the file's content.
        known: the key, 64 hex digits, that it has to go back to.

    Raises:
        ValueError: these bytes are no checkpoint; the message says why.
    """
    try:
        found = mapping(parse_json(data.decode()))
    except ValueError as error:
        raise ValueError(f"it is no JSON ({error})") from error
    if found.get("kind") != "proofdesk-checkpoint":
        raise ValueError("it was not written by `audit checkpoint`")
    if found.get("format") != FORMAT:
        raise ValueError("it was written by another version of Proofdesk")
    seq, head, at, root = found.get("seq"), found.get("hash"), found.get("at"), found.get("merkle_root")
    if type(seq) is not int or seq < 0 or found.get("events") != seq or not _is_hash(head) or not isinstance(at, str):
        raise ValueError("its number, hash or time is damaged")
    if root is not None and not _is_hash(root):
        raise ValueError("its Merkle root is damaged")
    return Checkpoint(seq, str(head), at, root, check_signature(found, known))


def _is_hash(value: Any) -> bool:
    return isinstance(value, str) and HASH.fullmatch(value) is not None


# Time-stamps as RFC 3161 has them, checking alone: a signed message (CMS, RFC 5652) in DER, under certificates
# (RFC 5280), with RSA (RFC 8017) or ECDSA (FIPS 186). All is read strictly: what could be written in two ways is
# refused in any but the one.
STAMP_EARLY = timedelta(hours=1)
"""So much may a stamp be older than what it stamps: clocks differ."""
STAMP_LATE = timedelta(hours=24)
"""So much younger: an authority may have been away. Beyond that somebody may have dated back what was stamped."""
STAMP_BYTES_MAX = 64 * 1024
BELIEVED = (
    "It is over the checkpoint; that an authority made it was believed: --authority checks that.",
    "It is signed under the certificates that you named.",
)
CERTIFICATES_MAX = 10
MOMENT = re.compile(rb"(\d{14})(?:\.(\d{1,9}))?Z")
PEM = re.compile(rb"-----BEGIN CERTIFICATE-----([A-Za-z0-9+/=\s]+)-----END CERTIFICATE-----")
_INTEGER, _BITS, _OCTETS, _OID, _SEQUENCE, _SET = 0x02, 0x03, 0x04, 0x06, 0x30, 0x31
_BOOLEAN, _SHORT_TIME, _TIME = 0x01, 0x17, 0x18
_UTC = timezone.utc  # noqa: UP017 - Python 3.9 knows no other name for it
_PART_0, _PART_1, _PART_2, _PART_3 = 0xA0, 0xA1, 0xA2, 0xA3


class _Element(NamedTuple):
    """A piece of DER: its tag, what is in it, and all of its bytes."""

    tag: int
    body: bytes
    whole: bytes


class _Elements:
    """The pieces of DER that stand one behind the other, taken in their order."""

    def __init__(self, data: bytes) -> None:
        self.left: list[_Element] = []
        at = 0
        while at < len(data):
            size, begin = data[at + 1] if at + 1 < len(data) else 0, at + 2
            if size & 0x80:
                begin += size & 0x7F
                digits = data[at + 2 : begin]
                size = int.from_bytes(digits, "big")
                if not 1 <= len(digits) <= 4 or not digits[0] or size < 0x80:
                    raise ValueError("it is no DER")
            end = begin + size
            if end > len(data) or data[at] & 0x1F == 0x1F:
                raise ValueError("it is no DER")
            self.left.append(_Element(data[at], data[begin:end], data[at:end]))
            at = end
        self.left.reverse()

    def has(self, tag: int) -> bool:
        return bool(self.left) and self.left[-1].tag == tag

    def take(self, tag: int) -> _Element:
        if not self.has(tag):
            raise ValueError("it is damaged, or laid out in another way than the standard says")
        return self.left.pop()

    def inside(self, tag: int = _SEQUENCE) -> _Elements:
        return _Elements(self.take(tag).body)

    def integer(self) -> int:
        body = self.take(_INTEGER).body
        if not body or (len(body) > 1 and body[0] == (body[1] >> 7) * 0xFF):
            raise ValueError("a number in it is written in another way than the standard says")
        return int.from_bytes(body, "big", signed=True)

    def end(self) -> None:
        if self.left:
            raise ValueError("there is more in it than belongs there")


def _only(data: bytes, tag: int = _SEQUENCE) -> _Elements:
    """Return what is in the one piece that the bytes are."""
    outer = _Elements(data)
    inner = outer.inside(tag)
    outer.end()
    return inner


def _oid(dotted: str) -> bytes:
    first, second, *others = map(int, dotted.split("."))
    out = bytearray()
    for number in (first * 40 + second, *others):
        digits = [number & 0x7F]
        while number := number >> 7:
            digits.append(number & 0x7F | 0x80)
        out += bytes(reversed(digits))
    return bytes(out)


_HASHES = {_oid(f"2.16.840.1.101.3.4.2.{n}"): name for n, name in ((1, "sha256"), (2, "sha384"), (3, "sha512"))}
_RSA, _PSS, _MGF1 = (_oid(f"1.2.840.113549.1.1.{n}") for n in (1, 10, 8))
_WITH_RSA = {_oid(f"1.2.840.113549.1.1.{n}"): name for n, name in ((11, "sha256"), (12, "sha384"), (13, "sha512"))}
_WITH_ECDSA = {_oid(f"1.2.840.10045.4.3.{n}"): name for n, name in ((2, "sha256"), (3, "sha384"), (4, "sha512"))}
_EC_KEY = _oid("1.2.840.10045.2.1")
_SIGNED_DATA, _TST_INFO = _oid("1.2.840.113549.1.7.2"), _oid("1.2.840.113549.1.9.16.1.4")
_CONTENT_TYPE, _DIGEST = _oid("1.2.840.113549.1.9.3"), _oid("1.2.840.113549.1.9.4")
_SIGNER_1, _SIGNER_2 = _oid("1.2.840.113549.1.9.16.2.12"), _oid("1.2.840.113549.1.9.16.2.47")
_KEY_USAGE, _CONSTRAINTS, _POLICIES, _EXTENDED = (_oid(f"2.5.29.{n}") for n in (15, 19, 32, 37))
_TIME_STAMPING = _oid("1.3.6.1.5.5.7.3.8")
_ABSENT = (b"", b"\x05\x00")


class _Curve(NamedTuple):
    """y² = x³ - 3x + b over the numbers below p, with the point x, y of order n."""

    p: int
    b: int
    n: int
    x: int
    y: int


_CURVES = {
    _oid("1.2.840.10045.3.1.7"): _Curve(
        0xFFFFFFFF00000001000000000000000000000000FFFFFFFFFFFFFFFFFFFFFFFF,
        0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B,
        0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551,
        0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296,
        0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5,
    ),
    _oid("1.3.132.0.34"): _Curve(
        2**384 - 2**128 - 2**96 + 2**32 - 1,
        0xB3312FA7E23EE7E4988E056BE3F82D19181D9C6EFE8141120314088F5013875AC656398D8A2ED19D2A85C8EDD3EC2AEF,
        0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFC7634D81F4372DDF581A0DB248B0A77AECEC196ACCC52973,
        0xAA87CA22BE8B05378EB1C71EF320AD746E1D3B628BA79B9859F741E082542A385502F25DBF55296C3A545E3872760AB7,
        0x3617DE4A96262C6F5D9E98BF9292DC29F8F41DBD289A147CE9DA3113B5F0B8C00A60B1CE1D7E819D7A431D7C90EA0E5F,
    ),
}


def _plus(curve: _Curve, one: tuple[int, int] | None, other: tuple[int, int] | None) -> tuple[int, int] | None:
    """Return the sum of two points; None stands for the point that changes nothing."""
    if one is None or other is None:
        return one or other
    if one[0] == other[0]:
        if (one[1] + other[1]) % curve.p == 0:
            return None
        slope = 3 * (one[0] * one[0] - 1) * pow(2 * one[1], -1, curve.p) % curve.p
    else:
        slope = (other[1] - one[1]) * pow(other[0] - one[0], -1, curve.p) % curve.p
    x = (slope * slope - one[0] - other[0]) % curve.p
    return x, (slope * (one[0] - x) - one[1]) % curve.p


def _multiple(curve: _Curve, number: int, point: tuple[int, int] | None) -> tuple[int, int] | None:
    total = None
    while number:
        if number & 1:
            total = _plus(curve, total, point)
        number, point = number >> 1, _plus(curve, point, point)
    return total


def _is_by_ecdsa(curve: _Curve, point: bytes, digest: bytes, signature: bytes) -> bool:
    size = (curve.p.bit_length() + 7) // 8
    x, y = int.from_bytes(point[1 : 1 + size], "big"), int.from_bytes(point[1 + size :], "big")
    on_it = (y * y - x * x * x + 3 * x - curve.b) % curve.p == 0
    if len(point) != 1 + 2 * size or point[0] != 4 or x >= curve.p or y >= curve.p or not on_it:
        raise ValueError("the key of a certificate in it is no point of its curve")
    parts = _only(signature)
    r, s = parts.integer(), parts.integer()
    parts.end()
    if not (0 < r < curve.n and 0 < s < curve.n):
        return False
    said = int.from_bytes(digest, "big") >> max(0, len(digest) * 8 - curve.n.bit_length())
    back = pow(s, -1, curve.n)
    base = _multiple(curve, said * back % curve.n, (curve.x, curve.y))
    found = _plus(curve, base, _multiple(curve, r * back % curve.n, (x, y)))
    return found is not None and found[0] % curve.n == r


def _is_by_rsa(key: bytes, hashed: str, digest: bytes, signature: bytes, salt: int | None) -> bool:
    """Return whether an RSA key signed; `salt` is PSS's length of it, None for PKCS #1 v1.5."""
    numbers = _only(key)
    n, e = numbers.integer(), numbers.integer()
    numbers.end()
    size = (n.bit_length() + 7) // 8
    if not (2048 <= n.bit_length() <= 8192 and 3 <= e < 2**33 and n & e & 1):
        raise ValueError("the RSA key of a certificate in it is too short, too long, or no such key")
    if len(signature) != size or int.from_bytes(signature, "big") >= n:
        return False
    found = pow(int.from_bytes(signature, "big"), e, n).to_bytes(size, "big")
    if salt is None:
        name = next(oid for oid, known in _HASHES.items() if known == hashed)
        info = bytes((_SEQUENCE, len(name) + 4, _OID, len(name))) + name + b"\x05\x00"
        info += bytes((_OCTETS, len(digest))) + digest
        info = bytes((_SEQUENCE, len(info))) + info
        return found == b"\x00\x01" + b"\xff" * (size - len(info) - 3) + b"\x00" + info
    bits = n.bit_length() - 1
    found = found[-((bits + 7) // 8) :]
    masked, hash_there = found[: -len(digest) - 1], found[-len(digest) - 1 : -1]
    counted = range(-(-len(masked) // len(digest)))
    mask = b"".join(hashlib.new(hashed, hash_there + each.to_bytes(4, "big")).digest() for each in counted)
    block = int.from_bytes(masked, "big") ^ int.from_bytes(mask[: len(masked)], "big")
    spare = 8 * len(found) - bits
    plain = (block & (1 << 8 * len(masked) - spare) - 1).to_bytes(len(masked), "big")
    padding = b"\x00" * (len(masked) - salt - 1) + b"\x01"
    whole = hashlib.new(hashed, b"\x00" * 8 + digest + plain[len(masked) - salt :]).digest()
    fits = found[-1] == 0xBC and not masked[0] >> 8 - spare and plain[: len(padding)] == padding
    return fits and salt < len(masked) and whole == hash_there


def _bits(elements: _Elements) -> bytes:
    """Return a string of bits that fills its last byte."""
    body = elements.take(_BITS).body
    if body[:1] != b"\x00":
        raise ValueError("it is damaged, or laid out in another way than the standard says")
    return body[1:]


def _algorithm(elements: _Elements) -> tuple[bytes, bytes]:
    """Return an algorithm's name and the bytes of its parameters."""
    inner = elements.inside()
    name = inner.take(_OID).body
    parameters = inner.left.pop().whole if inner.left else b""
    inner.end()
    return name, parameters


def _hash_name(algorithm: tuple[bytes, bytes]) -> str:
    if algorithm[0] not in _HASHES or algorithm[1] not in _ABSENT:
        raise ValueError("it was hashed in a way that this program does not know or does not trust")
    return _HASHES[algorithm[0]]


def _salted_with(parameters: bytes) -> tuple[str, int]:
    """Return the hash and the length of the salt that RSA-PSS was made with, as openly stated there."""
    stated = _only(parameters)
    hashed = stated.inside(_PART_0)
    name = _hash_name(_algorithm(hashed))
    masking = stated.inside(_PART_1)
    function = _algorithm(masking)
    length = stated.inside(_PART_2)
    salt = length.integer()
    for each in (hashed, masking, length, stated):
        each.end()
    with_hash = _Elements(function[1])
    if function[0] != _MGF1 or _hash_name(_algorithm(with_hash)) != name or not 0 <= salt <= 64:
        raise ValueError("it is signed in a way that this program does not know")
    return name, salt


def _is_by(key: bytes, algorithm: tuple[bytes, bytes], text: bytes, signature: bytes, stated: str | None) -> bool:
    """Return whether the owner of a key signed a text.

    Args:
        key: what a certificate says of it.
        algorithm: how it was signed.
        text: what was signed.
        signature: the signature.
        stated: the hash that was stated elsewhere; None where the algorithm has to name it.
    """
    spoken = _only(key)
    kind, curve = _algorithm(spoken)
    public = _bits(spoken)
    spoken.end()
    name, parameters = algorithm
    salt = None
    hashed = _WITH_RSA.get(name) or _WITH_ECDSA.get(name) or (stated if name == _RSA else None)
    if name == _PSS:
        hashed, salt = _salted_with(parameters)
    elif parameters not in _ABSENT:
        hashed = None
    if hashed is None or stated not in (None, hashed):
        raise ValueError("it is signed in a way that this program does not know")
    digest = hashlib.new(hashed, text).digest()
    if name in _WITH_ECDSA:
        if kind != _EC_KEY:
            return False
        named = _Elements(curve).take(_OID).body
        if named not in _CURVES:
            raise ValueError("it is signed on a curve that this program does not know")
        return _is_by_ecdsa(_CURVES[named], public, digest, signature)
    return kind in (_RSA, name) and _is_by_rsa(public, hashed, digest, signature, salt)


class _Certificate(NamedTuple):
    whole: bytes
    signed: bytes
    algorithm: tuple[bytes, bytes]
    signature: bytes
    number: int
    issuer: bytes
    subject: bytes
    begins: datetime
    ends: datetime
    key: bytes
    more: dict[bytes, tuple[bool, bytes]]
    """Its extensions by their names: whether each is critical, and what it says."""

    def may_sign(self) -> bool:
        """Return whether it may sign other certificates."""
        basic = _only(self.more[_CONSTRAINTS][1]) if _CONSTRAINTS in self.more else None
        if basic is None or not basic.has(_BOOLEAN) or basic.take(_BOOLEAN).body != b"\xff":
            return False
        return _KEY_USAGE not in self.more or bool(_bits_of(self.more[_KEY_USAGE][1]) & 0x04)

    def check_stamping(self) -> None:
        """Check that it is there for time-stamps (RFC 3161, 2.3)."""
        critical, text = self.more.get(_EXTENDED, (False, b"\x30\x00"))
        if not critical or [each.whole for each in _only(text).left] != [_element(_OID, _TIME_STAMPING)]:
            raise ValueError("the certificate that signed it is not one for time-stamps")


def _bits_of(text: bytes) -> int:
    """Return the first byte of a key's uses: 0x04 is signing certificates."""
    body = _Elements(text).take(_BITS).body
    return body[1] if len(body) > 1 else 0


def _element(tag: int, body: bytes) -> bytes:
    return bytes((tag, len(body))) + body


def _time(elements: _Elements) -> datetime:
    """Return a time of a certificate's validity."""
    if elements.has(_TIME):
        return _moment(elements.take(_TIME).body)
    short = elements.take(_SHORT_TIME).body
    return _moment((b"19" if short[:2] >= b"50" else b"20") + short)


def _moment(text: bytes) -> datetime:
    found = MOMENT.fullmatch(text)
    if not found:
        raise ValueError("a time in it is written in another way than the standard says")
    try:
        whole = datetime.strptime(found[1].decode(), "%Y%m%d%H%M%S").replace(tzinfo=_UTC)
    except ValueError as error:
        raise ValueError("a time in it is none") from error
    return whole + timedelta(microseconds=int((found[2] or b"0")[:6].ljust(6, b"0")))


def _certificate(data: bytes) -> _Certificate:
    """Return what a certificate in DER says; nothing of it is believed yet."""
    outer = _only(data)
    signed = outer.take(_SEQUENCE)
    algorithm, signature = _algorithm(outer), _bits(outer)
    outer.end()
    inner = _Elements(signed.body)
    version = inner.inside(_PART_0)
    if version.integer() != 2:
        raise ValueError("a certificate in it is of another version")
    number = inner.integer()
    if _algorithm(inner) != algorithm:
        raise ValueError("a certificate in it is damaged")
    issuer, validity = inner.take(_SEQUENCE).whole, inner.inside()
    begins, ends = _time(validity), _time(validity)
    subject, key = inner.take(_SEQUENCE).whole, inner.take(_SEQUENCE).whole
    more: dict[bytes, tuple[bool, bytes]] = {}
    listed = inner.inside(_PART_3).inside() if inner.has(_PART_3) else _Elements(b"")
    while listed.left:
        one = listed.inside()
        name = one.take(_OID).body
        critical = one.has(_BOOLEAN) and one.take(_BOOLEAN).body == b"\xff"
        if name in more or (critical and name not in (_KEY_USAGE, _CONSTRAINTS, _POLICIES, _EXTENDED)):
            raise ValueError("a certificate in it asks for more than this program knows")
        more[name] = critical, one.take(_OCTETS).body
        one.end()
    for each in (version, validity, inner):
        each.end()
    return _Certificate(data, signed.whole, algorithm, signature, number, issuer, subject, begins, ends, key, more)


def parse_certificates(data: bytes) -> tuple[bytes, ...]:
    """Return the certificates of a PEM file, in DER.

    Raises:
        ValueError: there is none in it, or one can't be read.
    """
    found = tuple(base64.b64decode(b"".join(each.split()), validate=True) for each in PEM.findall(data))
    if not found:
        raise ValueError("there is no certificate in it")
    for each in found:
        _certificate(each)
    return found


class Stamp(NamedTuple):
    """What a time-stamp authority says: that it saw the hash of something at a time."""

    at: datetime
    number: int
    nonce: int | None


def check_stamp(answer: bytes, content: bytes, trusted: Sequence[bytes] = ()) -> Stamp:
    """Return what a time-stamp says of the content, checked.

    Args:
        answer: the authority's answer (a TimeStampResp, as in a .tsr file).
        content: what was stamped.
        trusted: certificates in DER that the signature has to lead to, the authority's own or one above it. Without
            any, the signature is not checked, but that the stamp is over this content.

    Raises:
        ValueError: it does not hold; the message says why.
    """
    if len(answer) > STAMP_BYTES_MAX:
        raise ValueError("it is too long")
    outer = _only(answer)
    if outer.inside().integer() != 0 or not outer.left:
        raise ValueError("the authority refused to give it")
    message = outer.inside()
    outer.end()
    if message.take(_OID).body != _SIGNED_DATA:
        raise ValueError("it is not signed")
    signed = message.inside(_PART_0)
    body = signed.inside()
    for each in (message, signed):
        each.end()
    if body.integer() != 3:
        raise ValueError("it has a layout that this program does not know")
    hashes, held = body.inside(_SET), body.inside()
    if held.take(_OID).body != _TST_INFO:
        raise ValueError("it is no time-stamp")
    wrapped = held.inside(_PART_0)
    text = wrapped.take(_OCTETS).body
    for each in (wrapped, held):
        each.end()
    stamp = _check_text(text, content)
    if trusted:
        others = body.inside(_PART_0).left if body.has(_PART_0) else []
        if body.has(_PART_1):
            body.take(_PART_1)  # lists of revoked certificates: nobody signed that they belong here
        signers = body.inside(_SET)
        _check_signer(signers.inside(), _algorithm(hashes), text, [each.whole for each in others], trusted, stamp.at)
        for each in (hashes, signers, body):
            each.end()
    return stamp


def _check_text(text: bytes, content: bytes) -> Stamp:
    """Return what the signed part says, which has to be about the content."""
    said = _only(text)
    if said.integer() != 1:
        raise ValueError("it has a layout that this program does not know")
    said.take(_OID)
    imprint = said.inside()
    hashed = _hash_name(_algorithm(imprint))
    if imprint.take(_OCTETS).body != hashlib.new(hashed, content).digest():
        raise ValueError("it was made over something else")
    imprint.end()
    number, at = said.integer(), _moment(said.take(_TIME).body)
    for tag in (_SEQUENCE, _BOOLEAN):
        if said.has(tag):
            said.take(tag)
    nonce = said.integer() if said.has(_INTEGER) else None
    for tag in (_PART_0, _PART_1):
        if said.has(tag):
            said.take(tag)
    said.end()
    return Stamp(at, number, nonce)


def _check_signer(
    signer: _Elements,
    hashed: tuple[bytes, bytes],
    text: bytes,
    sent: Sequence[bytes],
    trusted: Sequence[bytes],
    at: datetime,
) -> None:
    """Check that the signature is over the text, and by whom it has to be."""
    if signer.integer() != 1:
        raise ValueError("it has a layout that this program does not know")
    named = signer.inside()
    issuer, number = named.take(_SEQUENCE).whole, named.integer()
    named.end()
    if len(sent) > CERTIFICATES_MAX:
        raise ValueError("there are too many certificates in it")
    known = [_certificate(each) for each in (*trusted, *sent)]
    signers = [each for each in known if (each.issuer, each.number) == (issuer, number)]
    if not signers:
        raise ValueError("the certificate that signed it is neither in it nor among the authority's that were named")
    leaf = signers[0]
    algorithm = _algorithm(signer)
    name = _hash_name(algorithm)
    if _hash_name(hashed) != name:
        raise ValueError("it says in two places how it was hashed, and not the same")
    attributes = signer.take(_PART_0)
    how, signature = _algorithm(signer), signer.take(_OCTETS).body
    if signer.has(_PART_1):
        signer.take(_PART_1)  # attributes that nobody signed
    signer.end()
    _check_attributes(attributes.body, hashlib.new(name, text).digest(), leaf)
    if not _is_by(leaf.key, how, bytes((_SET,)) + attributes.whole[1:], signature, name):
        raise ValueError("its signature does not hold")
    leaf.check_stamping()
    used = _check_path(leaf, known, frozenset(trusted), at)
    for spare in known[len(trusted) :]:
        above = [each for each in known if each.subject == spare.issuer]
        if spare.whole not in used and above and not any(_is_above(each, spare) for each in above):
            raise ValueError("a certificate in it is damaged")


def _check_attributes(attributes: bytes, digest: bytes, leaf: _Certificate) -> None:
    """Check what is signed beside the text: its hash, and the certificate it was signed with (RFC 5035)."""
    found: dict[bytes, _Elements] = {}
    listed = _Elements(attributes)
    while listed.left:
        one = listed.inside()
        name, value = one.take(_OID).body, one.inside(_SET)
        one.end()
        if name in found:
            raise ValueError("it says something twice")
        found[name] = value
    if {_CONTENT_TYPE, _DIGEST} - set(found) or not {_SIGNER_1, _SIGNER_2} & set(found):
        raise ValueError("something is missing in what was signed")
    if found[_CONTENT_TYPE].take(_OID).body != _TST_INFO or found[_DIGEST].take(_OCTETS).body != digest:
        raise ValueError("what it says is not what was signed")
    for name in {_SIGNER_1, _SIGNER_2} & set(found):
        first = found[name].inside().inside().inside()
        hashed = "sha1" if name == _SIGNER_1 else "sha256"
        if name == _SIGNER_2 and first.has(_SEQUENCE):
            hashed = _hash_name(_algorithm(first))
        if first.take(_OCTETS).body != hashlib.new(hashed, leaf.whole).digest():
            raise ValueError("it was signed under another certificate than it says")


def _check_path(
    leaf: _Certificate, known: Sequence[_Certificate], trusted: frozenset[bytes], at: datetime
) -> frozenset[bytes]:
    """Return the trusted certificates, and those that lead from this one to them; all have to be valid at that time.

    Raises:
        ValueError: none of them does.
    """
    one: _Certificate | None = leaf
    used = set(trusted)
    for _ in range(CERTIFICATES_MAX):
        if one is None:
            break
        if not one.begins <= at <= one.ends:
            raise ValueError("a certificate that it was signed under was not valid at that time")
        if one.whole in trusted:
            return frozenset(used)
        used.add(one.whole)
        one = next((above for above in known if above.whole != one.whole and _is_above(above, one)), None)
    raise ValueError("it was not signed under a certificate of the authority's that was named")


def _is_above(above: _Certificate, below: _Certificate) -> bool:
    if above.subject != below.issuer or not above.may_sign():
        return False
    return _is_by(above.key, below.algorithm, below.signed, below.signature, None)


def check_stamped(answer: bytes, content: bytes, trusted: Sequence[bytes] = ()) -> Stamp:
    """Return what a time-stamp over a checkpoint says, which was made when the checkpoint says it was.

    Args, Raises: as `check_stamp`.
    """
    stamp = check_stamp(answer, content, trusted)
    made = _made_at(content)
    if not -STAMP_EARLY <= stamp.at - made <= STAMP_LATE:
        raise ValueError(
            f"it was made at {stamp.at:%Y-%m-%d %H:%M} UTC, but the checkpoint says that it is of {made:%Y-%m-%d %H:%M}"
            " UTC: one of them was dated back"
        )
    return stamp


def _made_at(checkpoint: bytes) -> datetime:
    at = str(mapping(parse_json(checkpoint.decode())).get("at"))
    return datetime.strptime(at, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=_UTC)


class StoredEvent(NamedTuple):
    """An event as it is stored: nothing of it is believed yet."""

    seq: int
    hash: str
    text: bytes
    columns: dict[str, Any]
    """By the names in COLUMNS."""
    values: tuple[tuple[str, str, bytes], ...] = ()
    """Name, salt and canonical text of each value that was not erased."""


class ChainCheck:
    """Checks a chain event by event, in memory that does not grow with it; `problems` are sentences.

    Args:
        checkpoint: what the chain has to agree with.
        starts_at_first: whether the first event given has to be the first of all.
        may_skip: whether events may be missing because a filter left them out.
    """

    def __init__(
        self, checkpoint: Checkpoint | None = None, *, starts_at_first: bool = True, may_skip: bool = False
    ) -> None:
        self.problems: list[str] = []
        self.unlisted = 0
        self.events = 0
        self.erased = 0
        self.skipped = 0
        self.last_seq = 0
        self.last_hash = GENESIS
        self.merkle = MerkleTree()
        self._checkpoint = checkpoint
        self._passed = checkpoint is None or checkpoint.seq == 0
        self._begun = starts_at_first
        self._whole = starts_at_first and not may_skip
        self._may_skip = may_skip
        self._missing: dict[tuple[Any, Any], int] = {}

    def report(self, problem: str) -> None:
        """Note a problem; after the first hundred only their number."""
        if len(self.problems) < PROBLEMS_MAX:
            self.problems.append(problem)
        else:
            self.unlisted += 1

    def add(self, event: StoredEvent) -> dict[str, Any] | None:
        """Check the next event, and return what its text says; None where that cannot be read."""
        actual = sha256_hex(event.text)
        if event.hash != actual:
            self.report(f"Event {event.seq}: its text or its hash was changed after it was written.")
        self._check_place(event)
        said = self._read(event)
        if said is not None:
            self._check_said(event, said)
        self.events += 1
        self.last_seq, self.last_hash, self._begun = event.seq, event.hash, True
        if self._whole:
            self.merkle.add(actual)
        if self._checkpoint is not None and event.seq == self._checkpoint.seq:
            self._check_against(self._checkpoint, event.hash)
        return said

    def finish(self, head: tuple[int, str] | None = None) -> list[str]:
        """Check the end, and return all problems.

        Args:
            head: number and hash of the last event as the database remembers them.
        """
        if head is not None and head != (self.last_seq, self.last_hash):
            if head[0] > self.last_seq:
                self.report(f"Events {self.last_seq + 1} to {head[0]} are missing at the end of the record.")
            else:
                self.report(
                    f"The record ends with event {self.last_seq}, but its head says event {head[0]} "
                    f"with hash {head[1]}: one of them was changed."
                )
        checkpoint = self._checkpoint
        if checkpoint is not None and not self._passed and not self._may_skip:
            self.report(
                f"The record ends with event {self.last_seq}, but the checkpoint of {checkpoint.at} was made at event "
                f"{checkpoint.seq}: its end was cut off since."
            )
        if not self._may_skip:
            for seq in self._missing.values():
                self.report(f"Event {seq}: a value of it is gone, though no erasure of it is on record.")
        return self.all_problems()

    def all_problems(self) -> list[str]:
        """Return the problems so far, the untold ones as a number."""
        more = [f"There are {self.unlisted} more problems."] if self.unlisted else []
        return self.problems + more

    def _check_place(self, event: StoredEvent) -> None:
        if not self._begun:
            return
        if event.seq <= self.last_seq:
            self.report(f"Event {event.seq} stands after event {self.last_seq}: the order was changed.")
        elif event.seq > self.last_seq + 1:
            if self._may_skip:
                self.skipped += event.seq - self.last_seq - 1
            elif event.seq == self.last_seq + 2:
                self.report(f"Event {event.seq - 1} is missing.")
            else:
                self.report(f"Events {self.last_seq + 1} to {event.seq - 1} are missing.")

    def _read(self, event: StoredEvent) -> dict[str, Any] | None:
        try:
            said = mapping(parse_json(event.text.decode()))
        except ValueError:
            self.report(f"Event {event.seq}: its text cannot be read.")
            return None
        if said.get("format") != FORMAT:
            self.report(f"Event {event.seq}: its text has a layout that this program does not know.")
            return None
        return said

    def _check_said(self, event: StoredEvent, said: dict[str, Any]) -> None:
        if not _same(said.get("seq"), event.seq):
            self.report(f"Event {event.seq}: its text says that it is event {said.get('seq')}.")
        follows = self._begun and event.seq == self.last_seq + 1
        if (follows or event.seq == 1) and said.get("prev") != (self.last_hash if follows else GENESIS):
            self.report(f"Event {event.seq} does not follow from event {event.seq - 1}: one of them was replaced.")
        for name in COLUMNS:
            if not _same(event.columns.get(name), said.get(name)):
                self.report(f"Event {event.seq}: the column “{name}” does not say what its text says.")
        self._check_values(event, said)
        if said.get("tag") == "erasure:execute":
            document, file = said.get("document"), said.get("file")
            for key in (("document", document), ("file", file)) if (document or file) else ((None, None),):
                self._missing.pop(key, None)

    def _check_values(self, event: StoredEvent, said: dict[str, Any]) -> None:
        open_ones = dict(mapping(said.get("commitments")))
        for name, salt, text in event.values:
            expected = open_ones.pop(name, None)
            if expected is None:
                self.report(f"Event {event.seq}: the value “{name}” was added after it was written.")
            elif expected != commitment(salt, text):
                self.report(f"Event {event.seq}: the value “{name}” or its salt was changed after it was written.")
        if open_ones:
            self.erased += len(open_ones)
            document, file = said.get("document"), said.get("file")
            key = ("document", document) if document else ("file", file) if file else (None, None)
            self._missing.setdefault(key, event.seq)

    def _check_against(self, checkpoint: Checkpoint, hash_there: str) -> None:
        self._passed = True
        root = self.merkle.root() if self._whole else None
        if hash_there != checkpoint.hash or (root and checkpoint.merkle_root and root != checkpoint.merkle_root):
            self.report(
                f"Event {checkpoint.seq} is not the one that the checkpoint of {checkpoint.at} was made at: "
                "the record was made anew up to there since."
            )


def _same(one: Any, other: Any) -> bool:
    return type(one) is type(other) and one == other


class _Marks:
    """A whole number for each file or document, by its own number; numbers without one are 0. A few bytes each."""

    _SIZE = 256

    def __init__(self, kind: str) -> None:
        self._kind = kind
        self._blocks: dict[int, array[int]] = {}

    def get(self, number: int) -> int:
        block = self._blocks.get(number // self._SIZE)
        return block[number % self._SIZE] if block is not None else 0

    def put(self, number: int, mark: int) -> None:
        place = number // self._SIZE
        if place not in self._blocks:
            self._blocks[place] = array(self._kind, bytes(array(self._kind).itemsize * self._SIZE))
        self._blocks[place][number % self._SIZE] = mark

    def items(self) -> Iterator[tuple[int, int]]:
        """Yield number and mark of all that have one, by rising number."""
        for place in sorted(self._blocks):
            for offset, mark in enumerate(self._blocks[place]):
                if mark:
                    yield place * self._SIZE + offset, mark


class Movements:
    """What moved in one stretch of time, and what else was counted then."""

    def __init__(self) -> None:
        self.files: dict[tuple[str, str], int] = {}
        self.documents: dict[tuple[str, str], int] = {}
        self.totals: dict[str, int] = dict.fromkeys(TOTALS, 0)


class Ledger:
    """Where each file and each document stands after the events so far, and what moved on the days asked for.

    It is told every event from the first on, in order. An event belongs to the day (UTC) of its time, whatever its
    place: since movements are added up, each day balances all the same. No erasable value is needed for any of it.

    Args:
        days: as ISO 8601, such as 2026-11-23.
    """

    def __init__(self, days: Iterable[str] = ()) -> None:
        self.days = sorted(set(days))
        self.problems: list[str] = []
        self.unlisted = 0
        # before the first day, on it, between it and the second, on that, …
        self._stretches = [Movements() for _ in range(2 * len(self.days) + 1)]
        self._latest: tuple[str, Movements] = ("", self._stretches[0])
        self._files, self._documents = _Marks("B"), _Marks("B")
        self._bytes, self._pages = _Marks("Q"), _Marks("L")
        self._claimed: dict[int, str] = {}
        self.erased_files = 0

    def add(self, said: dict[str, Any]) -> None:
        """Book the next event, as its text says it."""
        tag, at = said.get("tag"), said.get("at")
        if not isinstance(tag, str) or not isinstance(at, str):
            return
        stretch = self._stretch(at[:10])
        stretch.totals["events"] += 1
        document, file = said.get("document"), said.get("file")
        if type(file) is int and file > 0:
            if tag.startswith("file:"):
                self._book_file(stretch, said, tag, file)
            elif tag == "erasure:execute" and not self._files.get(file) & _ERASED:
                self._files.put(file, self._files.get(file) | _ERASED)
                self.erased_files += 1
        if type(document) is int and document > 0:
            self._book_document(stretch, said, tag, document)

    def day(self, day: str) -> dict[str, Any]:
        """Return both ledgers of one of the days: opening, what came in, what moved, closing; and its totals.

        Raises:
            ValueError: it is none of the days that were asked for.
        """
        place = 2 * self.days.index(day) + 1
        before, on = self._stretches[:place], self._stretches[place]
        return {
            "files": _balance(FILE_STATES, [one.files for one in before], on.files),
            "documents": _balance(DOCUMENT_STANDS, [one.documents for one in before], on.documents),
            "totals": dict(on.totals),
        }

    def standing(self) -> dict[str, Any]:
        """Return where all files and documents stand now, which of their numbers stand for nothing, and totals."""
        files, documents = dict.fromkeys(FILE_STATES, 0), dict.fromkeys(DOCUMENT_STANDS, 0)
        pages = 0
        for _, mark in self._files.items():
            if mark & _STATE:
                files[FILE_STATES[(mark & _STATE) - 1]] += 1
        for number, mark in self._documents.items():
            stand = DOCUMENT_STANDS[mark - 1]
            documents[stand] += 1
            pages += self._pages.get(number) if stand == "approved" else 0
        oldest = min(self._claimed.items(), key=lambda claim: (claim[1], claim[0]), default=None)
        return {
            "files": {**files, "seen": sum(files.values()), "erased": self.erased_files, **_numbers(self._files)},
            "documents": {**documents, "seen": sum(documents.values()), **_numbers(self._documents)},
            "pages_approved": pages,
            "oldest_claim": None if oldest is None else {"file": oldest[0], "since": oldest[1]},
        }

    def finish(self) -> list[str]:
        """Return what on record itself does not fit together, a sentence each."""
        for number, mark in self._files.items():
            if mark & _STATE == _STORED and not mark & _BECAME:
                self._report(f"File {number} was stored, but no document of it is on record.")
        more = [f"There are {self.unlisted} more of them."] if self.unlisted else []
        return self.problems + more

    def files(self) -> Iterator[tuple[int, str, int, bool]]:
        """Yield of each file its number, state, the first 8 bytes of its SHA-256, and whether it was erased."""
        for number, mark in self._files.items():
            if mark & _STATE:
                yield number, FILE_STATES[(mark & _STATE) - 1], self._bytes.get(number), bool(mark & _ERASED)

    def documents(self) -> Iterator[tuple[int, str]]:
        """Yield of each document on record its number and where it stands, as DOCUMENT_STANDS names it."""
        for number, mark in self._documents.items():
            yield number, DOCUMENT_STANDS[mark - 1]

    def _stretch(self, day: str) -> Movements:
        if day != self._latest[0]:
            place = bisect_left(self.days, day)
            is_asked = place < len(self.days) and self.days[place] == day
            self._latest = day, self._stretches[2 * place + is_asked]
        return self._latest[1]

    def _book_file(self, stretch: Movements, said: dict[str, Any], tag: str, number: int) -> None:
        facts, mark, seq = mapping(said.get("facts")), self._files.get(number), said.get("seq")
        size = facts.get("size")
        was, state = mark & _STATE, FILE_STEPS.get(tag)
        if state is None:
            return
        if was != (0 if state == "claimed" else _CLAIMED):
            told = FILE_STATES[was - 1] if was else "not on record"
            self._report(f"Event {seq} says that file {number} became {state}, but it was {told} before.")
            if was and state == "claimed":
                return  # two files under one number: the first one's place is kept
        self._files.put(number, mark & ~_STATE | (FILE_STATES.index(state) + 1))
        step = (FILE_STATES[was - 1] if was else "", state)
        stretch.files[step] = stretch.files.get(step, 0) + 1
        if state == "claimed":
            self._claimed[number] = str(said.get("at"))
        else:
            self._claimed.pop(number, None)
        if type(size) is int and state in ("claimed", "stored"):
            stretch.totals[f"bytes_{state}"] += size
        if state == "stored" and _is_hash(facts.get("sha256")):
            self._bytes.put(number, int(str(facts["sha256"])[:16], 16))

    def _book_document(self, stretch: Movements, said: dict[str, Any], tag: str, number: int) -> None:
        facts, was, seq = mapping(said.get("facts")), self._documents.get(number), said.get("seq")
        before = DOCUMENT_STANDS[was - 1] if was else ""
        if tag == "document:approve":
            stretch.totals["signatures"] += 1
            stretch.totals["pages_approved"] += self._pages.get(number)
        state = facts.get("state")
        if not isinstance(state, str):
            return  # says nothing of where it stands
        now = DOCUMENT_STATES.get(state)
        if now is None:
            self._report(f"Event {seq} says that document {number} is “{state}”, which this program does not know.")
            return
        pages = facts.get("pages")
        if tag == "document:read" and type(pages) is int and 0 <= pages < 2**31:
            self._pages.put(number, pages)
            stretch.totals["pages_read"] += pages
        file = said.get("file")
        if not was and type(file) is int and file > 0:
            self._files.put(file, self._files.get(file) | _BECAME)
        if now == before:
            return
        if not was and tag not in ("document:queue", "document:split", "document:merge"):
            self._report(f"Event {seq} tells of document {number}, but that it came in is not on record.")
        elif was and ((before, now) not in DOCUMENT_STEPS or not tag.startswith(("document:", "erasure:"))):
            self._report(f"Event {seq} ({tag}) finds document {number} {now}, which was {before}: no such step exists.")
        self._documents.put(number, DOCUMENT_STANDS.index(now) + 1)
        stretch.documents[before, now] = stretch.documents.get((before, now), 0) + 1

    def _report(self, problem: str) -> None:
        if len(self.problems) < PROBLEMS_MAX:
            self.problems.append(problem)
        else:
            self.unlisted += 1


def _balance(
    names: Iterable[str], before: Iterable[dict[tuple[str, str], int]], on: dict[tuple[str, str], int]
) -> dict[str, Any]:
    opening = dict.fromkeys(names, 0)
    for steps in before:
        _move(opening, steps)
    closing = dict(opening)
    _move(closing, on)
    return {
        "opening": opening,
        "came_in": sum(count for (was, _), count in on.items() if not was),
        "moved": {f"{was} to {now}": count for (was, now), count in sorted(on.items()) if was},
        "closing": closing,
    }


def _move(balance: dict[str, int], steps: dict[tuple[str, str], int]) -> None:
    for (was, now), count in steps.items():
        balance[now] += count
        if was:
            balance[was] -= count


def _numbers(marks: _Marks) -> dict[str, Any]:
    """Return the highest number that is used, and the stretches below it that were never used."""
    unused: list[list[int]] = []
    last = many = 0
    for number, _ in marks.items():
        if number > last + 1:
            many += number - last - 1
            if len(unused) < PROBLEMS_MAX:
                unused.append([last + 1, number - 1])
        last = number
    return {"last": last, "unused": unused, "unused_count": many}


class Certificate(NamedTuple):
    """What a completeness certificate says; its signature was checked."""

    said: dict[str, Any]
    """Its text, with what is sealed as its commitment."""
    day: str
    seq: int
    hash: str
    sha256: str
    """By which the record names it: over the text, sealed, without signatures."""
    signed_by: str | None


def certificate_digest(said: dict[str, Any]) -> str:
    """Return the hash by which the record names a certificate; it is the same where its totals are left out."""
    return sha256_hex(canonical_text(unsigned(seal(said))).encode())


def parse_certificate(data: bytes, known: str | None = None) -> Certificate:
    """Return the completeness certificate in a file, its signature checked.

    Args:
        data: the file's content.
        known: the key, 64 hex digits, that it has to go back to.

    Raises:
        ValueError: these bytes are no certificate; the message says why.
    """
    try:
        found = mapping(parse_json(data.decode()))
    except ValueError as error:
        raise ValueError(f"it is no JSON ({error})") from error
    if found.get("kind") != CERTIFICATE_KIND:
        raise ValueError("it was not written by `audit certificate`")
    if found.get("format") != FORMAT:
        raise ValueError("it was written by another version of Proofdesk")
    said = mapping(seal(found))
    signed_by = check_signature(said, known)
    if signed_by is None:
        raise ValueError("it is not signed")
    day, head = said.get("day"), mapping(said.get("head"))
    if not isinstance(day, str) or type(head.get("seq")) is not int or not _is_hash(head.get("hash")):
        raise ValueError("its day or the end of the record that it names is damaged")
    return Certificate(said, day, head["seq"], str(head["hash"]), certificate_digest(found), signed_by)


class CertificateCheck:
    """Recomputes a certificate from the events of a whole export, which it is told one by one."""

    def __init__(self, certificate: Certificate) -> None:
        self.certificate = certificate
        self.ledger = Ledger([certificate.day])
        self.is_named = False
        """Whether the record itself tells of this certificate."""
        self._reached = certificate.seq == 0
        self._last = 0

    def add(self, said: dict[str, Any], hash_there: str, report: Callable[[str], None]) -> None:
        """Book the next event of the chain."""
        seq = said.get("seq")
        if type(seq) is not int:
            return
        self._last = seq
        if seq <= self.certificate.seq:
            self.ledger.add(said)
        elif said.get("tag") == "export:write":
            self.is_named |= mapping(said.get("facts")).get("sha256") == self.certificate.sha256
        if seq == self.certificate.seq:
            self._reached = True
            if hash_there != self.certificate.hash:
                report(f"Event {seq} is not the one that the certificate was made at: the record was made anew since.")

    def finish(self, report: Callable[[str], None]) -> None:
        """Compare what the certificate says with what the events say."""
        said = self.certificate.said
        if not self._reached:
            report(
                f"The export ends with event {self._last}, but the certificate was made at event "
                f"{self.certificate.seq}: the end was cut off, or the export is the older one."
            )
            return
        actual = {"balance": self.ledger.day(self.certificate.day), "standing": self.ledger.standing()}
        for name, events_say in actual.items():
            for path, one, other in _differences(name, said.get(name), events_say):
                report(
                    f"The certificate says {canonical_text(one)} for {path}, the events say {canonical_text(other)}."
                )
        for problem in self.ledger.finish():
            if problem not in (said.get("differences") or []):
                report(problem)


def _differences(path: str, one: Any, other: Any) -> Iterator[tuple[str, Any, Any]]:
    if isinstance(one, dict) and isinstance(other, dict):
        for name in sorted(set(mapping(one)) | set(mapping(other))):
            yield from _differences(f"{path}.{name}", mapping(one).get(name), mapping(other).get(name))
    elif not _same(one, other):
        yield path, one, other


class ExportCheck:
    """Checks the lines of a JSONL export one by one."""

    def __init__(self, checkpoint: Checkpoint | None = None, certificate: Certificate | None = None) -> None:
        self.certificate = CertificateCheck(certificate) if certificate is not None else None
        self.statement: dict[str, Any] = {}
        self.rows = {"approval": 0, "document": 0, "field": 0, "event": 0}
        self.chain = ChainCheck(checkpoint)
        self._checkpoint = checkpoint
        self._digest = hashlib.sha256()
        self._lines = 0
        self._ended = False
        self._signed: dict[tuple[Any, Any], Any] = {}
        self._emptied: set[Any] = set()
        self._erased: set[Any] = set()
        self._approval: dict[str, Any] = {}
        self.redacted = 0
        """Fields that this copy of the export does not show."""
        self.latest: tuple[int, str] | None = None
        """Number of the last line's event and the hash of its text; None where the line was no event."""

    @property
    def emptied(self) -> int:
        """How many documents of it were erased after they were signed."""
        return len(self._emptied)

    def add(self, line: bytes) -> None:
        """Check the next line, its line break included."""
        self._lines += 1
        self.latest = None
        report = self.chain.report
        try:
            text = line.decode()
            row = mapping(parse_json(text))
            if canonical_text(row) + "\n" != text:
                raise ValueError("not written as Proofdesk writes it")
        except ValueError as error:
            report(f"Line {self._lines} was changed or damaged: {error}.")
            self._digest.update(line)
            return
        if self._ended:
            report(f"Line {self._lines} stands behind the end of the export.")
        kind = row.get("kind")
        if kind == "end":
            self._end(row)
        elif kind == "statement" and self._lines == 1:
            self._begin(row)
        elif kind in self.rows and self._lines > 1:
            self.rows[kind] += 1
            checks: dict[Any, Callable[[dict[str, Any]], None]]
            checks = {"event": self._event, "approval": self._approve, "field": self._field}
            if kind in checks:
                checks[kind](row)
        else:
            report(f"Line {self._lines} is of the unexpected kind {canonical_text(kind)}.")
        self._digest.update(line)

    def digest(self) -> str:
        """Return the SHA-256 of all lines so far."""
        return self._digest.hexdigest()

    def finish(self) -> list[str]:
        """Return all problems."""
        report = self.chain.report
        if not self._ended:
            report("The export has no closing line: its end was cut off.")
        covered = mapping(self.statement.get("events"))
        if self.rows["event"] and covered.get("complete"):
            if (covered.get("last"), covered.get("last_hash")) != (self.chain.last_seq, self.chain.last_hash):
                report(f"The statement says that the events end with {covered.get('last')}, but they do not.")
            for (document, revision), _ in sorted(self._signed.items(), key=str):
                if covered.get("first") == 1:
                    report(f"The approval of document {document}, revision {revision}, is not in the chain of events.")
            for document in sorted(self._emptied - self._erased, key=str):
                report(f"What was signed of document {document} is gone, though no erasure of it is on record.")
        if self.certificate is not None and self.is_whole:
            self.certificate.finish(report)
        return self.chain.finish()

    @property
    def is_whole(self) -> bool:
        """Whether the export says that every event from the first on is in it; then it is checked that they are."""
        covered = mapping(self.statement.get("events"))
        return covered.get("complete") is True and covered.get("first") == 1

    def _begin(self, row: dict[str, Any]) -> None:
        self.statement = row
        if row.get("format") != FORMAT:
            self.chain.report("The export has a layout that this program does not know.")
        covered = mapping(row.get("events"))
        first, complete = covered.get("first"), bool(covered.get("complete"))
        problems = self.chain.problems
        self.chain = ChainCheck(self._checkpoint, starts_at_first=complete and first == 1, may_skip=not complete)
        self.chain.problems += problems

    def _event(self, row: dict[str, Any]) -> None:
        seq, text = row.get("seq"), row.get("text")
        if type(seq) is not int or not isinstance(text, str):
            self.chain.report(f"Line {self._lines}: an event without number or text.")
            return
        stored = tuple(
            (name, str(mapping(kept).get("salt")), canonical_text(mapping(kept).get("value")).encode())
            for name, kept in mapping(row.get("values")).items()
        )
        columns = {name: row.get(name) for name in COLUMNS}
        self.latest = seq, sha256_hex(text.encode())
        said = self.chain.add(StoredEvent(seq, str(row.get("hash")), text.encode(), columns, stored))
        if said is not None and self.certificate is not None and self.is_whole:
            self.certificate.add(said, sha256_hex(text.encode()), self.chain.report)
        if said is not None and said.get("tag") == "erasure:execute":
            self._erased.add(said.get("document"))
        if said is None or said.get("tag") != "document:approve":
            return
        key = (said.get("document"), said.get("revision"))
        if key in self._signed and self._signed.pop(key) != mapping(said.get("facts")).get("record_sha256"):
            self.chain.report(f"Event {seq}: document {key[0]} was signed with other values than the export holds.")

    def _approve(self, row: dict[str, Any]) -> None:
        self._approval = row
        if row.get("record") == {}:
            # with its document: the event that says so stands further down, as does the hash of what was signed
            self._emptied.add(row.get("document"))
        elif record_digest(row.get("record")) != row.get("record_sha256"):
            self.chain.report(f"Line {self._lines}: the signed record of document {row.get('document')} was changed.")
        files: list[Any] = mapping(row.get("record")).get("files") or []
        if files and row.get("file_sha256") not in [mapping(one).get("sha256") for one in files]:
            self.chain.report(f"Line {self._lines}: document {row.get('document')} was signed on another file.")
        self._signed[row.get("document"), row.get("revision")] = row.get("record_sha256")

    def _field(self, row: dict[str, Any]) -> None:
        """Check that a field's line says what the signed record above it says."""
        place = ("document", "revision")
        if row.get("approval") is None:
            return
        record = mapping(self._approval.get("record"))
        signed = mapping(mapping(record.get("fields")).get(str(row.get("field"))))
        if row.get("field") == TYPE_FIELD:  # signed as a word of its own
            signed = {**{name: row.get(name) for name in SIGNED}, "value": record.get("document_type")}
        if REDACTED in signed:
            self.redacted += 1
            signed = {}
        if not all(_same(row.get(name), self._approval.get(name)) for name in place):
            self.chain.report(f"Line {self._lines} does not belong to the approval above it.")
        elif not all(_same(row.get(name), signed.get(name)) for name in SIGNED):
            self.chain.report(
                f"Line {self._lines}: field “{row.get('field')}” of document {row.get('document')} "
                "is not what was signed."
            )

    def _end(self, row: dict[str, Any]) -> None:
        self._ended = True
        if row.get("lines") != self._lines - 1 or row.get("sha256") != self._digest.hexdigest():
            self.chain.report("The closing line does not fit the lines above it: something was changed or taken out.")
        stated = mapping(self.statement.get("rows"))
        for kind, count in self.rows.items():
            if stated.get(kind) != count:
                self.chain.report(
                    f"The export holds {count} lines of the kind {kind}; its statement says another number."
                )


def check_export(
    lines: Iterable[bytes], checkpoint: Checkpoint | None = None, certificate: Certificate | None = None
) -> ExportCheck:
    """Check a JSONL export, and return what was found; `chain.all_problems()` is empty where it holds."""
    check = ExportCheck(checkpoint, certificate)
    for line in lines:
        check.add(line)
    check.finish()
    return check


class PackCheck:
    """Checks an evidence pack; `export.chain.all_problems()` is empty where it holds.

    Args:
        archive: the opened ZIP.
        known: the key that its signatures have to go back to.
        earlier: a checkpoint that left the machine before, which the record in the pack has to continue.
        certificate: one of a day's completeness, to be recomputed where the pack holds the whole record.
        trusted: certificates in DER that its time-stamps have to lead to; none: whoever made them is believed.
    """

    def __init__(
        self,
        archive: zipfile.ZipFile,
        known: str | None = None,
        earlier: Checkpoint | None = None,
        certificate: Certificate | None = None,
        trusted: Sequence[bytes] = (),
    ) -> None:
        self.export = ExportCheck(None, certificate)
        self.manifest: dict[str, Any] = {}
        self.signed_by: str | None = None
        self.proved = 0
        self.stamps: list[tuple[datetime, int]] = []
        """When each time-stamp that holds was made, and over how many events."""
        self._trusted = trusted
        self._archive, self._known, self._earlier = archive, known, earlier
        self._names = archive.namelist()
        self._problems: list[str] = []
        self._check_manifest()
        self._check_files()
        checkpoint = self._find_checkpoint()
        if checkpoint is not None:
            self._check_export(checkpoint)
        elif EXPORT in self._names:
            self._compare(EXPORT, self._hash)
        self.export.chain.problems[:0] = self._problems

    def _check_manifest(self) -> None:
        try:
            self.manifest = mapping(parse_json(self._archive.read("manifest.json").decode()))
            if self.manifest.get("kind") != PACK_KIND or self.manifest.get("format") != FORMAT:
                raise ValueError("it has a layout that this program does not know")
            self.signed_by = check_signature(self.manifest, self._known)
            if self.signed_by is None:
                raise ValueError("it is not signed")
        except (KeyError, ValueError, zipfile.BadZipFile) as error:
            self._problems.append(f"The list of what the pack holds cannot be believed: {error}.")

    def _check_files(self) -> None:
        names, listed = self._names, mapping(self.manifest.get("files"))
        for name in sorted({name for name in names if names.count(name) > 1} if len(set(names)) < len(names) else ()):
            self._problems.append(f"{name} is in the pack twice.")
        for name in sorted(set(names) - set(listed) - {"manifest.json"}):
            self._problems.append(f"{name} was put into the pack after it was signed.")
        for name in sorted(listed):
            if name not in names:
                self._problems.append(f"{name} was taken out of the pack.")
            elif name != EXPORT:  # that one is hashed while its lines are checked
                self._compare(name, self._hash)

    def _compare(self, name: str, hashed: Callable[[str], str]) -> None:
        """Compare a file with what the signed list says of it."""
        try:
            actual = hashed(name)
        except (zipfile.BadZipFile, zlib.error, EOFError):
            self._problems.append(f"{name} is damaged.")
            return
        expected = mapping(self.manifest.get("files")).get(name)
        if actual != expected or (name.startswith("originals/") and name.partition("/")[2] != actual):
            self._problems.append(f"{name} was changed after the pack was signed.")

    def _hash(self, name: str) -> str:
        digest = hashlib.sha256()
        with self._archive.open(name) as stream:
            while chunk := stream.read(CHUNK):
                digest.update(chunk)
        return digest.hexdigest()

    def _find_checkpoint(self) -> Checkpoint | None:
        try:
            return parse_checkpoint(self._archive.read("checkpoint.json"), self._known)
        except (KeyError, ValueError, zipfile.BadZipFile, zlib.error) as error:
            self._problems.append(f"The pack's checkpoint cannot be used: {error}.")
            return None

    def _check_export(self, checkpoint: Checkpoint) -> None:
        report = self._problems.append
        try:
            with self._archive.open(EXPORT) as lines, self._archive.open("proofs.jsonl") as proofs:
                for line in lines:
                    self.export.add(line)
                    if self.export.latest is not None and self.export.latest[0] <= checkpoint.seq:
                        self._check_proof(*self.export.latest, proofs.readline(), checkpoint)
                self._compare(EXPORT, lambda _: self.export.digest())
                paths = {proof.get("checkpoint"): _path(proof) for proof in map(_proof, proofs)}
            self._check_earlier(paths, checkpoint)
            self._check_stamps(paths, checkpoint)
        except (KeyError, zipfile.BadZipFile, zlib.error, EOFError):
            report("The pack's export or its proofs are damaged or missing.")
        self.export.finish()

    def _check_proof(self, seq: int, actual: str, line: bytes, checkpoint: Checkpoint) -> None:
        proof = _proof(line)
        root = checkpoint.merkle_root or ""
        if proof.get("seq") == seq and is_included(actual, seq, _path(proof), checkpoint.seq, root):
            self.proved += 1
        else:
            self.export.chain.report(f"Event {seq} is not proved to be part of the record under the pack's checkpoint.")

    def _check_earlier(self, paths: dict[Any, list[Any]], checkpoint: Checkpoint) -> None:
        if self._earlier is not None and not self._continues(self._earlier, paths, checkpoint):
            self._problems.append(
                f"The record in the pack is not proved to continue the checkpoint of {self._earlier.at}: "
                "it was made anew since, or its end was cut off."
            )

    def _continues(self, earlier: Checkpoint, paths: dict[Any, list[Any]], checkpoint: Checkpoint) -> bool:
        path = paths.get(earlier.seq, []) if earlier.seq != checkpoint.seq else []
        root = checkpoint.merkle_root or ""
        return is_continued(earlier.seq, earlier.merkle_root or "", checkpoint.seq, root, path)

    def _check_stamps(self, paths: dict[Any, list[Any]], checkpoint: Checkpoint) -> None:
        """Check each time-stamp, the checkpoint under it, and that the record in the pack continues that one."""
        for name in sorted(name for name in set(self._names) if name.endswith(".tsr")):
            try:
                content, stamp = (self._read(f"{name[:-4]}.{suffix}") for suffix in ("json", "tsr"))
                stamped, made = parse_checkpoint(content, self._known), check_stamped(stamp, content, self._trusted)
            except (KeyError, ValueError, zipfile.BadZipFile, zlib.error) as error:
                self._problems.append(f"The time-stamp {name} does not hold: {error}.")
                continue
            if self._continues(stamped, paths, checkpoint):
                self.stamps.append((made.at, stamped.seq))
            else:
                self._problems.append(
                    f"The record in the pack is not proved to continue the checkpoint of {stamped.at}, which was "
                    f"time-stamped at {made.at:%Y-%m-%d %H:%M} UTC: it was made anew since, or its end was cut off."
                )

    def _read(self, name: str) -> bytes:
        if self._archive.getinfo(name).file_size > CHUNK:
            raise ValueError("it is too long")
        return self._archive.read(name)


def _path(proof: dict[str, Any]) -> list[Any]:
    path = proof.get("path")
    return cast("list[Any]", path) if isinstance(path, list) else []


def _proof(line: bytes) -> dict[str, Any]:
    try:
        return mapping(parse_json(line.decode()))
    except ValueError:
        return {}


def main(arguments: list[str] | None = None) -> int:
    """Check the files named on the command line, print what was found, and return the exit status."""
    parser = argparse.ArgumentParser(description="Check an audit record or evidence that Proofdesk exported.")
    parser.add_argument("export", help="the exported .jsonl file, or the evidence as .zip")
    parser.add_argument("--checkpoint", help="a checkpoint that was taken off the machine earlier")
    parser.add_argument("--certificate", help="a day's completeness certificate, to be recomputed from a whole export")
    parser.add_argument("--key", help="the key that signs there, 64 hex digits, as you were given it by another way")
    parser.add_argument("--timestamp", help="the time-stamp (.tsr) of that checkpoint")
    parser.add_argument("--authority", help="certificates (PEM) of the time-stamp authority, or of one above it")
    chosen = parser.parse_args(arguments)
    if chosen.timestamp and not chosen.checkpoint:
        parser.error("--timestamp needs --checkpoint: it is over that")
    what = "checkpoint"
    try:
        checkpoint, certificate, trusted = None, None, _trusted(chosen.authority)
        if chosen.checkpoint:
            content = Path(chosen.checkpoint).read_bytes()
            checkpoint = parse_checkpoint(content, chosen.key)
            if chosen.timestamp and not _told_stamp(Path(chosen.timestamp).read_bytes(), content, trusted):
                return 1
        if chosen.certificate:
            what = "certificate"
            certificate = parse_certificate(Path(chosen.certificate).read_bytes(), chosen.key)
        with Path(chosen.export).open("rb") as stream:
            if zipfile.is_zipfile(stream):
                stream.seek(0)
                with zipfile.ZipFile(stream) as archive:
                    return _told_pack(PackCheck(archive, chosen.key, checkpoint, certificate, trusted), bool(trusted))
            stream.seek(0)
            return _told(check_export(stream, checkpoint, certificate))
    except OSError as error:
        print(f"{error.filename} cannot be read: {error.strerror}.", file=sys.stderr)
        return 2
    except ValueError as error:
        print(f"The {what} cannot be used: {error}.", file=sys.stderr)
        return 2
    except zipfile.BadZipFile as error:
        print(f"The pack cannot be read: {error}.", file=sys.stderr)
        return 2


def _trusted(name: str | None) -> tuple[bytes, ...]:
    if not name:
        return ()
    try:
        return parse_certificates(Path(name).read_bytes())
    except ValueError as error:
        print(f"{name} cannot be used: {error}.", file=sys.stderr)
        raise SystemExit(2) from error


def _told_stamp(stamp: bytes, checkpoint: bytes, trusted: Sequence[bytes]) -> bool:
    try:
        at = check_stamped(stamp, checkpoint, trusted).at
    except ValueError as error:
        print(f"The checkpoint's time-stamp does not hold: {error}.")
        return False
    print(f"The checkpoint was there at {at:%Y-%m-%d %H:%M:%S} UTC, as its time-stamp says. {BELIEVED[bool(trusted)]}")
    return True


def _told_pack(pack: PackCheck, trusted: bool) -> int:
    print(f"Evidence of {pack.manifest.get('at')}, signed with the key {pack.signed_by}.")
    print(f"{len(mapping(pack.manifest.get('files')))} files, {pack.proved} events proved under the checkpoint.")
    if pack.stamps:
        at, seq = min(pack.stamps)
        print(
            f"{len(pack.stamps)} time-stamps; by the first one, {seq} events were on record at "
            f"{at:%Y-%m-%d %H:%M:%S} UTC. {BELIEVED[trusted]}"
        )
    elif trusted:
        print("It holds no time-stamp.")
    return _told(pack.export)


def _told(check: ExportCheck) -> int:
    problems = check.chain.all_problems()
    for problem in problems:
        print(problem)
    rows = ", ".join(f"{count} {kind}s" for kind, count in check.rows.items())
    print(f"Checked {rows}; last event {check.chain.last_seq}, hash {check.chain.last_hash}.")
    if check.redacted:
        print(f"{check.redacted} fields are left out of this copy; what was signed holds without them.")
    if check.emptied:
        print(f"{check.emptied} documents were erased; the hashes of what was signed of them hold.")
    if check.chain.erased:
        print(f"{check.chain.erased} values were erased; the chain holds without them.")
    if check.chain.skipped:
        print(f"{check.chain.skipped} events between those exported were left out by the export's filters.")
    is_complete = _told_certificate(check, bool(problems)) if check.certificate is not None else True
    print("The record does NOT hold." if problems else "The record holds.")
    return 1 if problems or not is_complete else 0


def _told_certificate(check: ExportCheck, is_broken: bool) -> bool:
    """Say what the certificate is worth beside this export, and return whether all was complete."""
    if check.certificate is None:
        return True
    certificate = check.certificate.certificate
    differences: list[Any] = certificate.said.get("differences") or []
    print(f"Certificate for {certificate.day}, made at event {certificate.seq}, signed by {certificate.signed_by}.")
    if not check.is_whole:
        print(
            "It can't be recomputed: the export leaves events out. Its signature holds; give a whole export for more."
        )
    elif not is_broken:
        print("Its numbers are those that the events give.")
        if not check.certificate.is_named:
            print("That it was made is not in this export: the export is older, or it was made elsewhere.")
    for difference in differences:
        print(f"It says itself: {difference}")
    is_complete = certificate.said.get("complete") is True and not differences
    print("By the certificate the day was complete." if is_complete else "The certificate says: NOT COMPLETE.")
    return is_complete


if __name__ == "__main__":
    sys.exit(main())
