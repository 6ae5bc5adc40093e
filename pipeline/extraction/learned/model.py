"""All that was learned, as one value: what each type's fields know, how honest it is, and which types there are."""

import hashlib
import io
import json
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.assurance.calibration import Calibration
from pipeline.assurance.thresholds import Threshold
from pipeline.errors import ConfigurationError
from pipeline.extraction.fingerprint import Familiar, Fingerprint
from pipeline.extraction.learned.boosting import Boosting
from pipeline.extraction.learned.columns import BUCKETS
from pipeline.extraction.learned.counts import Counts
from pipeline.extraction.learned.fieldmodel import FieldModel
from pipeline.extraction.learned.groups import Group
from pipeline.extraction.learned.kinds import TypeModel
from pipeline.extraction.learned.lists_model import ListModel
from pipeline.extraction.learned.listwise import Listwise
from pipeline.extraction.learned.marks import MARKS_VERSION
from pipeline.extraction.learned.memory import Memory, Remembered
from pipeline.extraction.learned.shares import PARTS, Shares
from pipeline.extraction.learned.values import Values
from pipeline.extraction.lines_memory import LinesMemory

FORMAT = 2
BROKEN = "This model can't be read ({why}). Train it again with `proofdesk learn`."

NEW_MOST = 0.89
"""Most that is stated on a document unlike all reviewed ones: below every starting threshold."""
FIRST_MOST = 0.94
"""Most that is stated while held-out predictions are too few to show how honest the scores are."""
FEW = 10
TOO_FEW = 3
"""Reviewed documents below which nothing is trusted on score alone, even on their own layouts."""

DAMAGE = (ValueError, LookupError, OSError, TypeError, AttributeError, EOFError, zipfile.BadZipFile, zlib.error)
"""What reading a file that is no model, or no longer a whole one, ends in."""

Arrays = dict[str, NDArray[Any]]


@dataclass(frozen=True, slots=True)
class Held:
    """One held-out prediction: what the model said of a document that it had not learned from."""

    key: str
    field: str
    share: float
    """Raw probability."""
    confidence: float
    """Calibrated."""
    right: bool
    likeness: float
    """Similarity to the nearest document that was learned from."""
    answer: str | None = None
    """Key of the value it gave; None: not there. It is not saved."""


@dataclass(frozen=True, slots=True)
class Gate:
    """Tells documents that are unlike everything reviewed: no score of theirs is trusted alone."""

    fingerprints: tuple[Fingerprint, ...]
    least: float
    """Similarity to the nearest reviewed document below which a document is new."""

    def nearest(self, fingerprint: Fingerprint | Familiar) -> float:
        return float(max(self._similarities(fingerprint), default=0.0))

    def alike(self, fingerprint: Fingerprint | Familiar, least: float = 0.4) -> int:
        """Return how many reviewed documents have this one's layout."""
        return int(np.count_nonzero(self._similarities(fingerprint) >= least))

    def _similarities(self, fingerprint: Fingerprint | Familiar) -> NDArray[np.float64]:
        familiar = fingerprint if isinstance(fingerprint, Familiar) else fingerprint.familiar()
        return familiar.similarities(self.fingerprints)


@dataclass(frozen=True, slots=True)
class TypeKnowledge:
    """What the reviewed documents of one type, its variants among them, teach."""

    type: str
    documents: int
    fields: Mapping[str, FieldModel]
    calibration: Calibration
    thresholds: Mapping[str, Threshold]
    gate: Gate
    lines: Mapping[str, LinesMemory] = field(default_factory=dict[str, LinesMemory])
    held: tuple[Held, ...] = ()
    lists: Mapping[str, ListModel] = field(default_factory=dict[str, ListModel])

    def confidence(self, name: str, share: float, rules_sure: float, *, agrees: bool, new: bool) -> float:
        """Return how sure the machine may say it is of an answer.

        Args:
            name: the field.
            share: the raw probability of its value, or of "not there".
            rules_sure: how sure the rules alone are of theirs, by measured class of evidence.
            agrees: the rules say the same.
            new: the document is unlike all reviewed ones.
        """
        sure = self.calibration.confidence(share, name)
        backed = rules_sure if agrees else 0.0
        if self.documents < FEW:
            # so few documents say little about honesty: what the rules' measured table says may stand
            sure = min(sure, max(self.most(new=False), backed))
        if new:
            # honesty was measured on layouts that were learned from: on others the rules' own measure counts, if it
            # is the higher; what was learned still chooses the value
            sure = max(min(sure, NEW_MOST), backed)
        return round(sure, 4)

    def most(self, *, new: bool) -> float:
        """Return the most that may be stated of a part of an answer, as `confidence` holds down the whole."""
        if new or self.documents < TOO_FEW:
            return NEW_MOST
        return FIRST_MOST if self.documents < FEW else 1.0


@dataclass(frozen=True)
class Model:
    """A trained model: immutable, saved as one file without code in it."""

    types: Mapping[str, TypeKnowledge]
    kinds: TypeModel | None = None
    counts: Mapping[str, int] = field(default_factory=dict[str, int])
    """Reviewed documents by type, variants apart."""
    families: Mapping[str, str] = field(default_factory=dict[str, str])

    def find(self, type_name: str) -> TypeKnowledge | None:
        """Return what is known about a type's fields, a variant's being its family's."""
        return self.types.get(self.families.get(type_name, type_name))

    @property
    def documents(self) -> int:
        return sum(self.counts.values())

    @cached_property
    def version(self) -> str:
        """The first twelve hex digits of the SHA-256 of what is saved: equal models have equal versions."""
        return hashlib.sha256(self.to_bytes()).hexdigest()[:12]

    def to_bytes(self) -> bytes:
        """Return the model as one file: arrays and JSON, the same bytes for the same model."""
        return self._bytes

    @cached_property
    def _bytes(self) -> bytes:
        arrays: Arrays = {}
        shared: dict[int, dict[str, Any]] = {}
        head: dict[str, Any] = {
            "format": FORMAT,
            "marks": MARKS_VERSION,
            "counts": dict(sorted(self.counts.items())),
            "families": dict(sorted(self.families.items())),
            "types": [_pack_type(known, arrays, shared) for _, known in sorted(self.types.items())],
        }
        if self.kinds is not None:
            kinds, rest = self.kinds.to_arrays()
            arrays |= {f"kinds/{name}": array for name, array in kinds.items()}
            head["kinds"] = rest
        arrays["head"] = np.frombuffer(json.dumps(head, sort_keys=True).encode(), dtype=np.uint8)
        target = io.BytesIO()
        np.savez_compressed(target, allow_pickle=False, **dict(sorted(arrays.items())))
        return target.getvalue()

    @classmethod
    def from_bytes(cls, data: bytes) -> "Model":
        """Return the model that `to_bytes` wrote.

        Raises:
            ConfigurationError: it is none, is damaged, or was made by another version.
        """
        try:
            with np.load(io.BytesIO(data), allow_pickle=False) as kept:
                arrays: Arrays = {name: kept[name] for name in kept.files}
            head: dict[str, Any] = json.loads(arrays["head"].tobytes())
            if head["format"] != FORMAT or head["marks"] != MARKS_VERSION:
                raise ConfigurationError(BROKEN.format(why="another version of Proofdesk made it"))
            models: dict[str, FieldModel] = {}
            types = {entry["type"]: _unpack_type(entry, arrays, models) for entry in head["types"]}
            kinds = None
            if "kinds" in head:
                own = {n.removeprefix("kinds/"): a for n, a in arrays.items() if n.startswith("kinds/")}
                kinds = TypeModel.from_arrays(own, head["kinds"])
            model = cls(types, kinds, head["counts"], head["families"])
            # what is read is known packed: packing it again, for its version, takes longer than reading
            model.__dict__["_bytes"] = data
            return model
        except DAMAGE as error:
            raise ConfigurationError(BROKEN.format(why="it is damaged")) from error


def _pack_type(known: TypeKnowledge, arrays: Arrays, shared: dict[int, dict[str, Any]]) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    for name, model in sorted(known.fields.items()):
        # types that learn a field together share its model: it is kept once
        fields[name] = shared.get(id(model)) or _pack_field(model, f"{known.type}/{name}/", arrays)
        shared[id(model)] = {"as": f"{known.type}/{name}/"} if "as" not in fields[name] else fields[name]
    return {
        "type": known.type,
        "documents": known.documents,
        "fields": fields,
        "lists": {name: model.pack(f"{known.type}/{name}/", arrays) for name, model in sorted(known.lists.items())},
        "calibration": asdict(known.calibration),
        "thresholds": {name: asdict(threshold) for name, threshold in sorted(known.thresholds.items())},
        "gate": {"least": known.gate.least, "fingerprints": [each.to_text() for each in known.gate.fingerprints]},
        "lines": {name: memory.to_json() for name, memory in sorted(known.lines.items())},
        "held": [
            [h.key, h.field, round(h.share, 5), round(h.confidence, 5), h.right, round(h.likeness, 4)]
            for h in known.held
        ],
    }


def _unpack_type(entry: dict[str, Any], arrays: Arrays, models: dict[str, FieldModel]) -> TypeKnowledge:
    gate = Gate(tuple(Fingerprint.from_text(text) for text in entry["gate"]["fingerprints"]), entry["gate"]["least"])
    fields: dict[str, FieldModel] = {}
    for name, packed in entry["fields"].items():
        place = packed.get("as") or f"{entry['type']}/{name}/"
        if "as" not in packed:
            models[place] = _unpack_field(packed, place, arrays, gate)
        fields[name] = models[place]
    return TypeKnowledge(
        entry["type"],
        entry["documents"],
        fields,
        Calibration(**entry["calibration"]),
        {name: Threshold(**threshold) for name, threshold in entry["thresholds"].items()},
        gate,
        {name: LinesMemory.from_json(kept) for name, kept in entry["lines"].items()},
        tuple(Held(*h) for h in entry["held"]),
        {name: ListModel.unpack(packed, f"{entry['type']}/{name}/", arrays) for name, packed in entry["lists"].items()},
    )


def _pack_field(model: FieldModel, place: str, arrays: Arrays) -> dict[str, Any]:
    weights = model.listwise.weights
    used = np.flatnonzero(weights)
    arrays[place + "marks"], arrays[place + "weights"] = used.astype(np.int32), weights[used]
    for number, counts in enumerate(model.shares.counts):
        for name, table in ((f"right{number}", counts.right), (f"seen{number}", counts.seen)):
            rows = np.flatnonzero(table)
            arrays[f"{place}{name}_at"], arrays[place + name] = rows.astype(np.int32), table[rows]
    prints = [(i, one) for i, each in enumerate(model.memory.prints) for one in each]
    arrays[place + "print_of"] = np.array([i for i, _ in prints], dtype=np.int32)
    arrays[place + "print_at"] = np.array([(p.page, p.x0, p.x1, p.y) for _, p in prints], dtype=np.float32)
    arrays[place + "print_marks"] = np.array([p.marks for _, p in prints], dtype=np.int32)
    values = model.values
    arrays[place + "values"] = values.hashes.astype(np.uint32)
    arrays[place + "values_right"], arrays[place + "values_seen"] = values.right, values.seen
    if model.boosting is not None:
        arrays[place + "trees"] = np.frombuffer(model.boosting.to_text().encode(), dtype=np.uint8)
    return {
        "group": str(model.group),
        "documents": model.documents,
        "none": model.listwise.none,
        "base": model.shares.base,
        "keys": model.memory.keys,
        "fingerprints": [each.to_text() for each in model.memory.fingerprints],
    }


def _unpack_field(packed: dict[str, Any], place: str, arrays: Arrays, gate: Gate) -> FieldModel:
    def spread(name: str, at: str) -> NDArray[np.float32]:
        table = np.zeros(BUCKETS, dtype=np.float32)
        table[arrays[place + at]] = arrays[place + name]
        return table

    shares = Shares(
        tuple(
            Counts(spread(f"right{number}", f"right{number}_at"), spread(f"seen{number}", f"seen{number}_at"))
            for number in range(len(PARTS))
        ),
        base=packed["base"],
    )
    prints: list[list[Remembered]] = [[] for _ in packed["keys"]]
    at, marks = arrays[place + "print_at"].reshape(-1, 4), arrays[place + "print_marks"]
    for row, index in enumerate(arrays[place + "print_of"]):
        page, x0, x1, y = (float(value) for value in at[row])
        prints[int(index)].append(Remembered(page, x0, x1, y, tuple(int(mark) for mark in marks[row])))
    known = {each.to_text(): each for each in gate.fingerprints}
    fingerprints = [known.get(text) or Fingerprint.from_text(text) for text in packed["fingerprints"]]
    memory = Memory(list(packed["keys"]), fingerprints, [tuple(each) for each in prints])
    trees = arrays.get(place + "trees")
    return FieldModel(
        Group(packed["group"]),
        packed["documents"],
        Listwise(spread("weights", "marks"), packed["none"]),
        shares,
        memory,
        Values(
            arrays[place + "values"].astype(np.int64), arrays[place + "values_right"], arrays[place + "values_seen"]
        ),
        Boosting.from_text(trees.tobytes().decode()) if trees is not None else None,
    )
