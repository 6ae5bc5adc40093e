"""What is read right after so many reviewed documents, and how far the stated confidences can be trusted.

    python -m bench.extraction [CORPUS ...] [--train-sizes 10,50,100] [--folds 5] [--apart] [--errors 20]
                               [--readings DIR] [--documents N] [--seed N]

A CORPUS is a folder with `truth.jsonl` (the form that `proofdesk learn --truth` takes) and the files that it names;
without one, forty documents of our own generator are made in a temporary folder. Every document is judged by a model
that has not learned from it. `--apart` keeps documents of one issuer or template in one part, so that each is of a
layout never reviewed, and thresholds are those that the training part supports: nothing is chosen on what is scored.
With several corpora types are told apart over all of them together, and each type is left out once to see whether its
documents are recognised as unknown. Training time is processor time of this process.
"""

import argparse
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from bench.corpora import Corpus, Measured, load, write_generated
from pipeline.assurance.measures import auroc
from pipeline.domain.extraction import TypeGuess
from pipeline.domain.fields import DocumentType
from pipeline.extraction.learned.kinds import TypeModel
from pipeline.extraction.learned.kinds_verdict import combine
from pipeline.extraction.learned.model import Model
from pipeline.extraction.learned.training import train
from pipeline.services.schooling import Judged, Report, divided, judge, report_of

SIZES = (10, 50, 100)
GENERATED = 40
SURE = 0.97
"""From this confidence on an answer that differs from its label makes the label doubtful."""
TYPE_SIZE = 50
"""Documents of a type that the types are learned from."""
CAUSES = ("label doubtful", "not visible", "no candidate", "ranking", "nothing there")


@dataclass(frozen=True, slots=True)
class Accepted:
    """Answers that a threshold lets through unseen, and how many of them were right."""

    count: int
    right: int
    of: int

    @property
    def share(self) -> float:
        return self.count / self.of if self.of else 0.0

    @property
    def precision(self) -> float | None:
        return self.right / self.count if self.count else None


@dataclass(slots=True)
class Run:
    """Cross-validation at one number of reviewed documents."""

    report: Report
    judged: list[Judged]
    seconds: float
    """Processor time of the longest training, its out-of-fold run included."""
    bytes: int
    """Size of the largest model."""

    def accepted(self, lets: Callable[[Judged], bool], among: Callable[[Judged], bool] = bool) -> Accepted:
        """Return what a threshold does to the values that were answered."""
        answers = [one for one in self.judged if one.answered and among(one)]
        through = [one for one in answers if lets(one)]
        return Accepted(len(through), sum(one.right for one in through), len(answers))

    def left_empty(self) -> Accepted:
        """Return what the threshold in force does to fields that were said to be absent; required ones are shown."""
        empty = [one for one in self.judged if not one.answered and one.starting < 1.0]
        through = [one for one in empty if one.is_accepted]
        return Accepted(len(through), sum(not one.wanted for one in through), len(empty))


@dataclass(frozen=True, slots=True)
class Kinds:
    """How well types are told apart, and unknown ones from known ones."""

    documents: int
    learned: float
    """Share right by what was learned alone."""
    together: float
    """Share right as the product says it, by rules and what was learned."""
    unknown: Mapping[str, float] = field(default_factory=dict[str, float])
    """AUROC of known against unknown with this type left out."""


def measure(
    documents: Sequence[Measured],
    types: Mapping[str, DocumentType],
    *,
    size: int | None,
    folds: int = 5,
    apart: bool = False,
    seed: int = 0,
) -> Run:
    """Return what models of at most `size` documents say of those that they have not seen."""
    judged: list[Judged] = []
    right = trained = largest = 0
    longest = 0.0
    ruled = {one.studied.key: one.ruled for one in documents}
    for training, held in divided([one.studied for one in documents], folds, seed, apart):
        if not held or not training:
            continue
        taught = training[: size or None]
        began = time.process_time()
        model = train(taught, types)
        longest = max(longest, time.process_time() - began)
        largest = max(largest, len(model.to_bytes()))
        trained = max(trained, len(taught))
        for one in held:
            judged += judge(model, one, types[one.type])
            right += _type_of(model, one.type_example.words, ruled[one.key], types) == one.type
    report = report_of(judged, trained, len(documents), right / max(1, len(documents)))
    return Run(report, judged, longest, largest)


def _type_of(model: Model, words: Sequence[str], ruled: TypeGuess, types: Mapping[str, DocumentType]) -> str | None:
    score = model.kinds.guess(words) if model.kinds is not None else None
    return combine(ruled, score, list(types), model.counts, model.families).name


def measure_kinds(
    documents: Sequence[Measured], types: Mapping[str, DocumentType], folds: int = 5, seed: int = 0
) -> Kinds:
    """Return how well types are told apart at 50 documents of each, and whether a type never reviewed is rejected."""
    families = {t.name: t.variant_of for t in types.values() if t.variant_of is not None}
    ruled = {one.studied.key: one.ruled for one in documents}
    learned = together = 0
    known: dict[str, list[tuple[float, bool]]] = defaultdict(list)
    for training, held in divided([one.studied for one in documents], folds, seed, apart=False):
        taken = Counter[str]()
        taught = []
        for one in training:
            taken[one.type] += 1
            if taken[one.type] <= TYPE_SIZE:
                taught.append(one.type_example)
        if not taught:
            continue
        model = TypeModel.fit(taught, families=families)
        counts = dict(Counter(example.type for example in taught))
        for one in held:
            score = model.guess(one.type_example.words)
            learned += bool(score.probabilities) and score.probabilities[0][0] == one.type
            together += combine(ruled[one.key], score, list(types), counts, families).name == one.type
        groups = {families.get(example.type, example.type) for example in taught}
        for left_out in groups if len(groups) > 1 else ():
            others = [one for one in taught if families.get(one.type, one.type) != left_out]
            without = TypeModel.fit(others, families=families)
            for one in held:
                is_known = families.get(one.type, one.type) != left_out
                known[left_out].append((without.guess(one.type_example.words).known, is_known))
    unknown: dict[str, float] = {}
    for name, scores in sorted(known.items()):
        found = auroc(np.array([s for s, _ in scores]), np.array([k for _, k in scores], dtype=np.bool_))
        if found is not None:
            unknown[name] = found
    count = max(1, len(documents))
    return Kinds(len(documents), learned / count, together / count, unknown)


@dataclass(frozen=True, slots=True)
class Failure:
    """A value that was missed or wrong, with its cause."""

    cause: str
    judged: Judged
    truth: str


def failures(judged: Sequence[Judged], documents: Sequence[Measured]) -> list[Failure]:
    """Return every missed or wrong value with its cause, the surest first.

    The cause is the first that holds: the label is doubtful (the model, which had not seen the document, is sure of
    another value), the value is not in the words of the pages, no candidate says it, another candidate won. Where the
    document has no value, an answer has the cause "nothing there".
    """
    of = {one.studied.key: one for one in documents}
    unseen = {key: Counter(one.unseen) for key, one in of.items()}
    found: list[Failure] = []
    for one in sorted(judged, key=lambda one: -one.confidence):
        if one.right or not (one.answered or one.wanted):
            continue
        if one.answered and one.confidence >= SURE:
            cause = "label doubtful"
        elif not one.wanted:
            cause = "nothing there"
        elif one.is_offered:
            cause = "ranking"
        elif unseen[one.key][one.field] > 0:
            unseen[one.key][one.field] -= 1
            cause = "not visible"
        else:
            cause = "no candidate"
        found.append(Failure(cause, one, of[one.key].truth.get(one.field, "")))
    return found


def report(name: str, corpus: Corpus, runs: Sequence[Run], errors: int = 0) -> Iterator[str]:
    """Yield the lines of a corpus' tables."""
    last = runs[-1]
    yield f"\n{name}: {last.report.documents} documents, {len(corpus.refused)} refused"
    yield f"{'F1 % after reviewing':<26}{'n':>6}" + "".join(f"{run.report.size:>9}" for run in runs)
    for field_name, tally in last.report.fields.items():
        yield f"{field_name:<26}{tally.right + tally.missed:>6}" + "".join(
            _percent(run.report.fields[field_name].f1 if field_name in run.report.fields else None) for run in runs
        )
    micro = last.report.micro
    yield f"{'all':<26}{micro.right + micro.missed:>6}" + "".join(_percent(run.report.micro.f1) for run in runs)
    yield from _honesty(runs)
    causes = failures(last.judged, corpus.documents)
    wanted = max(1, micro.right + micro.missed)
    counts = Counter(failure.cause for failure in causes)
    listed = ", ".join(f"{cause} {counts[cause]} ({counts[cause] / wanted:.1%})" for cause in CAUSES)
    yield f"missed or wrong at {last.report.size}, of {wanted} values: {listed}"
    for failure in causes[:errors]:
        one = failure.judged
        yield (
            f"  {failure.cause:<15}{one.confidence:.3f} {one.key} {one.field}: {one.said!r} where the truth has "
            f"{failure.truth!r}"
        )


def _honesty(runs: Sequence[Run]) -> Iterator[str]:
    def line(title: str, values: Sequence[str]) -> str:
        return f"{title:<32}" + "".join(f"{value:>9}" for value in values)

    def pair(title: str, accepted: Sequence[Accepted]) -> Iterator[str]:
        yield line(f"{title}: accepted %", [_percent(one.share).strip() for one in accepted])
        yield line("  right among them %", [_percent(one.precision).strip() for one in accepted])

    yield line("calibration error", [f"{run.report.calibration_error:.3f}" for run in runs])
    rankings = [run.report.ranking for run in runs]
    yield line("AUROC of confidence", ["-" if found is None else f"{found:.3f}" for found in rankings])
    yield from pair("derived thresholds", [run.accepted(lambda one: one.is_proven) for run in runs])
    yield from pair("thresholds in force", [run.accepted(lambda one: one.is_accepted) for run in runs])
    new = [run.accepted(lambda one: one.is_accepted, lambda one: one.is_new) for run in runs]
    yield from pair("in force, new layouts", new)
    yield line("  answers on new layouts", [str(one.of) for one in new])
    yield from pair("left empty, in force", [run.left_empty() for run in runs])
    yield line("type right %", [_percent(run.report.type_accuracy).strip() for run in runs])
    yield line("training s, held-out run incl.", [f"{run.seconds:.1f}" for run in runs])
    yield line("model MB", [f"{run.bytes / 1e6:.2f}" for run in runs])


def report_kinds(kinds: Kinds) -> Iterator[str]:
    yield (
        f"\nTypes of {kinds.documents} documents together, {TYPE_SIZE} of a type learned: {kinds.learned:.4f} right by "
        f"what was learned, {kinds.together:.4f} with the rules"
    )
    for name, found in kinds.unknown.items():
        yield f"  {name + ' never reviewed: known v. unknown AUROC':<64}{found:.3f}"
    if kinds.unknown:
        yield f"  {'mean':<64}{sum(kinds.unknown.values()) / len(kinds.unknown):.3f}"


def _percent(share: float | None) -> str:
    return f"{'-' if share is None else format(100 * share, '.2f'):>9}"


def run_all(folders: Sequence[Path], options: argparse.Namespace) -> Iterator[str]:
    """Yield every line: each corpus by itself, then types over all of them."""
    corpora = {folder.name: load([folder], options.readings, options.documents) for folder in folders}
    for name, corpus in corpora.items():
        if len(corpus.documents) < options.folds:
            yield f"{name}: {len(corpus.documents)} documents can't be divided into {options.folds} parts."
            continue
        most = len(corpus.documents)
        sizes: list[int | None] = [size for size in options.train_sizes if size < most * (1 - 1 / options.folds)]
        runs = [
            measure(
                corpus.documents,
                corpus.types,
                size=size,
                folds=options.folds,
                apart=options.apart,
                seed=options.seed,
            )
            for size in (*sizes, None)
        ]
        titled = f"{name}, issuers and templates apart" if options.apart else name
        yield from report(titled, corpus, runs, options.errors)
    everything = [one for corpus in corpora.values() for one in corpus.documents]
    types = {key: value for corpus in corpora.values() for key, value in corpus.types.items()}
    if len({one.studied.type for one in everything}) > 1:
        yield from report_kinds(measure_kinds(everything, types, options.folds, options.seed))


def sizes_of(listed: str) -> tuple[int, ...]:
    return tuple(sorted(int(size) for size in listed.split(",") if size.strip()))


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpora", nargs="*", type=Path, metavar="CORPUS")
    parser.add_argument("--train-sizes", type=sizes_of, default=SIZES, help="10,50,100; all but the held-out part last")
    parser.add_argument("--folds", type=int, default=5)
    parser.add_argument("--seed", type=int, default=0, help="how documents are shuffled")
    parser.add_argument("--apart", action="store_true", help="keep documents of one issuer or template in one part")
    parser.add_argument("--errors", type=int, default=0, metavar="N", help="list the N surest errors with their cause")
    parser.add_argument("--readings", type=Path, metavar="DIR", help="keep there what was read: images are read once")
    parser.add_argument("--documents", type=int, metavar="N", help="so many documents of each corpus at most")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="proofdesk-bench-") as folder:
        corpora = options.corpora or [write_generated(Path(folder) / "generated", options.documents or GENERATED)]
        for line in run_all(corpora, options):
            print(line, flush=True)


if __name__ == "__main__":
    main()
