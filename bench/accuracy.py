"""How many fields are read right, and whether the confidences are honest.

    python -m bench.accuracy [FILES_DIR TRUTH_JSONL] [--type-given] [--classes] [--errors 20]

Without arguments it measures on `fixtures/`. TRUTH_JSONL holds one object a line: `file` (relative to the folder above
FILES_DIR, or to FILES_DIR), `document_type`, `fields` (a value, a list, or null for "checked to be absent"; what is not
listed is not scored) and perhaps `line_items`. Files are read through the pipeline's offline path. `--classes` prints
the share of right answers by class of evidence, from which `pipeline/extraction/measured.py` is made.
"""

import argparse
import json
import re
import sys
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from rapidfuzz import fuzz

from pipeline.assembly import Offline, offline
from pipeline.domain.extraction import Extraction
from pipeline.errors import PipelineError
from pipeline.extraction.confidence import class_of
from pipeline.extraction.engine import BaselineEngine
from pipeline.settings import Settings

FIXTURES = Path(__file__).parent.parent / "fixtures"
ALL_TYPES = (
    "invoice,receipt,purchase_order,political_ad_buy,nda,Amendment,Dissemination Report,Short-Form"  # as shipped
)
CELLS = ("description", "quantity", "unit_price", "amount")
BINS = 15


@dataclass
class Count:
    """Right, wrong and missed values of one field."""

    right: int = 0
    wrong: int = 0
    missed: int = 0

    @property
    def precision(self) -> float:
        return self.right / (self.right + self.wrong) if self.right + self.wrong else 0.0

    @property
    def recall(self) -> float:
        return self.right / (self.right + self.missed) if self.right + self.missed else 0.0

    @property
    def f1(self) -> float:
        both = self.precision + self.recall
        return 2 * self.precision * self.recall / both if both else 0.0


@dataclass
class Score:
    """What a run found."""

    documents: int = 0
    refused: list[str] = field(default_factory=list)
    types_right: int = 0
    fields: dict[str, Count] = field(default_factory=lambda: defaultdict(Count))
    sure: list[tuple[float, bool]] = field(default_factory=list)
    rows_right: int = 0
    rows_numeric: int = 0
    rows: int = 0
    rows_found: int = 0
    errors: list[tuple[float, str]] = field(default_factory=list)
    classes: dict[str, list[bool]] = field(default_factory=lambda: defaultdict(list))


def is_match(value: str, truth: str) -> bool:
    """Return whether two values mean the same: the same day, number, letters and digits, or nearly the same name."""
    for parse in (_date, _number):
        one, other = parse(value), parse(truth)
        if one is not None and other is not None:
            return one == other
    one_key, other_key = _key(value), _key(truth)
    if not one_key or not other_key:
        return False
    if one_key == other_key:
        return True
    if any(c.isdigit() for c in other_key) and " " not in truth.strip():
        return False
    long_enough = 2 * min(len(one_key), len(other_key)) >= max(len(one_key), len(other_key))
    return long_enough and fuzz.token_set_ratio(value.casefold(), truth.casefold()) >= 90


def _date(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _number(text: str) -> Decimal | None:
    if not re.fullmatch(r"-?\d+\.\d+|-?\d{1,6}", text):
        return None
    try:
        return Decimal(text)
    except InvalidOperation:
        return None


def _key(text: str) -> str:
    text = re.sub(r"\s*\(\d+\)?\s*$", "", text).replace("&", " and ")
    return "".join(c for c in unicodedata.normalize("NFKD", text).casefold() if c.isalnum())


def measure(reader: Offline, truths: Iterable[dict[str, Any]], root: Path, given: bool, classes: bool) -> Score:
    """Return the score of reading every document of `truths`."""
    score = Score()
    for truth in truths:
        path = next((p for p in (root.parent / truth["file"], root / truth["file"]) if p.exists()), None)
        if path is None:
            continue
        score.documents += 1
        try:
            extraction = reader.extract(path, truth["document_type"] if given else None)
        except PipelineError as error:
            score.refused.append(f"{truth['file']}: {error}")
            continue
        score.types_right += extraction.type.name == truth["document_type"]
        _score_fields(score, truth, extraction)
        _score_rows(score, truth, extraction)
        if classes:
            _score_classes(score, truth, reader, path)
    return score


def _entries(value: object) -> list[str]:
    if value is None:
        return []
    return [str(v) for v in value] if isinstance(value, list | tuple) else [str(value)]


def _score_fields(score: Score, truth: dict[str, Any], extraction: Extraction) -> None:
    for name, wanted in truth["fields"].items():
        if name in (truth.get("suspect_fields") or ()):
            continue
        found = extraction.find_field(name)
        left = _entries(wanted)
        count = score.fields[name]
        for value in _entries(found.value if found else None):
            hit = next((w for w in left if is_match(value, w)), None)
            if hit is not None:
                left.remove(hit)
                count.right += 1
            else:
                count.wrong += 1
                score.errors.append(
                    (found.confidence if found else 0.0, f"{truth['file']} {name}: {value!r} for {wanted!r}")
                )
            score.sure.append((found.confidence if found else 0.0, hit is not None))
        count.missed += len(left)


def _score_rows(score: Score, truth: dict[str, Any], extraction: Extraction) -> None:
    wanted: list[dict[str, Any]] = truth.get("line_items") or []
    if not wanted:
        return
    table = next((f for f in extraction.fields if f.rows), None)
    rows = [{n: c.value for n, c in r.cells.items()} for r in table.rows] if table else []
    score.rows += len(wanted)
    score.rows_found += len(rows)
    for position, row in enumerate(wanted):
        cells = [c for c in CELLS if row.get(c) not in (None, "")]
        near = rows[max(0, position - 1) : position + 2]
        score.rows_right += any(all(_is_cell(found, row, c) for c in cells) for found in near)
        score.rows_numeric += any(all(_is_cell(found, row, c) for c in cells if c != "description") for found in near)


def _is_cell(found: dict[str, str | None], row: dict[str, Any], cell: str) -> bool:
    value = found.get(cell)
    if value is None:
        return False
    if cell == "description":
        return is_match(value, str(row[cell]))
    try:
        return Decimal(value) == Decimal(str(row[cell]))
    except InvalidOperation:
        return False


def _score_classes(score: Score, truth: dict[str, Any], reader: Offline, path: Path) -> None:
    engine, doctype = reader.extractor, next((t for t in reader.types if t.name == truth["document_type"]), None)
    if doctype is None or not isinstance(engine, BaselineEngine):
        return
    answers = engine.answers(reader.reader.read(path, reader.limits).pages, doctype)
    for name, wanted in truth["fields"].items():
        if name not in answers or name in (truth.get("suspect_fields") or ()):
            continue
        answer, entries = answers[name], _entries(wanted)
        values = _entries(answer.best.find.value) if answer.best is not None else []
        right = len(values) == len(entries) and all(any(is_match(v, e) for v in values) for e in entries)
        key = class_of(answer)
        for depth in range(1, 5):
            score.classes["/".join(key[:depth])].append(right)


def calibration_error(sure: Sequence[tuple[float, bool]]) -> float:
    """Return the mean gap between stated confidence and share of right values, over 15 bins of equal width.

    Source: Naeini, Cooper & Hauskrecht, AAAI 2015.
    """
    bins: dict[int, list[tuple[float, bool]]] = defaultdict(list)
    for confidence, right in sure:
        bins[min(BINS - 1, int(confidence * BINS))].append((confidence, right))
    gaps = (abs(sum(c for c, _ in members) - sum(r for _, r in members)) for members in bins.values())
    return sum(gaps) / len(sure) if sure else 0.0


def report(score: Score, errors: int = 0, classes: bool = False) -> Iterator[str]:
    """Yield the lines of the printed table."""
    if not score.documents:
        yield "No document of the truth file was found: check the folder."
        return
    right = score.types_right / score.documents
    yield f"{score.documents} documents, type right {right:.3f}, refused {len(score.refused)}"
    yield f"{'field':26}{'n':>6}{'P':>8}{'R':>8}{'F1':>8}"
    total = Count()
    for name, count in sorted(score.fields.items()):
        total.right, total.wrong, total.missed = (
            total.right + count.right,
            total.wrong + count.wrong,
            total.missed + count.missed,
        )
        yield f"{name:26}{count.right + count.missed:6}{count.precision:8.3f}{count.recall:8.3f}{count.f1:8.3f}"
    yield f"{'all':26}{total.right + total.missed:6}{total.precision:8.3f}{total.recall:8.3f}{total.f1:8.3f}"
    if score.rows:
        yield (
            f"line items: {score.rows} rows, found {score.rows_found}, "
            f"numbers right {score.rows_numeric / score.rows:.3f}, wholly right {score.rows_right / score.rows:.3f}"
        )
    yield f"calibration error (15 bins) {calibration_error(score.sure):.3f} over {len(score.sure)} values"
    for threshold in (0.9, 0.95, 0.97):
        accepted = [right for confidence, right in score.sure if confidence >= threshold]
        share = len(accepted) / len(score.sure) if score.sure else 0.0
        precision = sum(accepted) / len(accepted) if accepted else 0.0
        yield f"confidence >= {threshold}: {share:.3f} of the values, {precision:.4f} of them right"
    for confidence, line in sorted(score.errors, reverse=True)[:errors]:
        yield f"  {confidence:.3f} {line}"
    if classes:
        for name, rights in sorted(score.classes.items()):
            yield f"  {name:45}{len(rights):6}{sum(rights) / len(rights):8.3f}"


def fixture_truths() -> list[dict[str, Any]]:
    """Return the truth of every fixture that has text."""
    truths = [json.loads(path.read_text(encoding="utf-8")) for path in sorted((FIXTURES / "expected").glob("*.json"))]
    return [truth for truth in truths if truth.get("fields") and truth["file"].endswith(".pdf")]


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Measure how many fields are read right.")
    parser.add_argument("files", nargs="?", type=Path)
    parser.add_argument("truth", nargs="?", type=Path)
    parser.add_argument("--type-given", action="store_true", help="do not find out the type, take the truth's")
    parser.add_argument("--classes", action="store_true", help="print the share of right answers by class of evidence")
    parser.add_argument("--errors", type=int, default=0, metavar="N", help="list the N most confident errors")
    chosen = parser.parse_args(arguments)
    if (chosen.files is None) != (chosen.truth is None):
        parser.error("give both the folder and the truth file, or neither")
    truths = (
        fixture_truths()
        if chosen.truth is None
        else [json.loads(line) for line in chosen.truth.read_text(encoding="utf-8").splitlines() if line.strip()]
    )
    reader = offline(Settings(enabled_types=ALL_TYPES))
    try:
        score = measure(reader, truths, chosen.files or FIXTURES / "documents", chosen.type_given, chosen.classes)
    finally:
        reader.close()
    for line in report(score, chosen.errors, chosen.classes):
        print(line)
    return 0


if __name__ == "__main__":
    sys.exit(main())
