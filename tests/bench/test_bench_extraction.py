"""The benchmarks of the engine run on a few made documents, so that they cannot rot."""

from dataclasses import replace
from pathlib import Path

import pytest

from bench import throughput
from bench.corpora import Corpus, load, write_generated
from bench.extraction import failures, measure, measure_kinds, report, report_kinds
from pipeline.services.schooling import Judged


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    folder = tmp_path_factory.mktemp("corpus")
    return load([write_generated(folder / "made", 10)], readings=folder / "readings")


def test_the_extraction_benchmark_judges_every_document_once(corpus: Corpus) -> None:
    run = measure(corpus.documents, corpus.types, size=3, folds=2, apart=True)
    assert corpus.refused == []
    assert {one.key for one in run.judged} == {one.studied.key for one in corpus.documents}
    assert run.report.size == 3
    assert 0 < run.report.micro.f1 <= 1
    assert run.bytes > 0
    lines = list(report("made", corpus, [run], errors=3))
    assert lines[1].split()[-1] == "3"
    assert any(line.startswith("derived thresholds: accepted %") for line in lines)


def test_types_are_told_apart_and_each_is_once_unknown(corpus: Corpus) -> None:
    kinds = measure_kinds(corpus.documents, corpus.types, folds=2)
    assert kinds.documents == len(corpus.documents)
    assert 0 < kinds.learned <= 1
    assert "invoice" in kinds.unknown
    assert any("mean" in line for line in report_kinds(kinds))


def test_what_is_missed_has_one_cause_each(corpus: Corpus) -> None:
    one = corpus.documents[0]
    documents = [replace(one, unseen={"iban": 1})]

    def judged(field: str, confidence: float = 0.0, **more: bool) -> Judged:
        return Judged(one.studied.key, field, **{"answered": True, "wanted": True, "right": False, **more},
                      confidence=confidence)  # fmt: skip

    answers = [
        judged("net_total", 0.99),
        judged("gross_total", 0.6, is_offered=True),
        judged("iban", answered=False),
        judged("due_date", answered=False),
        judged("tax_total", 0.5, wanted=False),
        judged("buyer_name", 0.9, right=True),
        judged("seller_name", answered=False, wanted=False),
    ]
    causes = {failure.judged.field: failure.cause for failure in failures(answers, documents)}
    assert causes == {
        "net_total": "label doubtful",
        "gross_total": "ranking",
        "iban": "not visible",
        "due_date": "no candidate",
        "tax_total": "nothing there",
    }


def test_the_throughput_benchmark_sends_every_page_through_every_stage(tmp_path: Path) -> None:
    corpus = write_generated(tmp_path / "made", 3)
    model = throughput.learned(corpus, tmp_path / "model", 3)
    files = sorted(corpus.rglob("*.pdf"))
    tally = throughput.measure(files, model)
    tally.wall[1], tally.busy[1] = throughput.with_workers(files[:1], model, 1)
    assert (tally.files, tally.pages, dict(tally.refused)) == (3, 3, {})
    assert all(tally.seconds[name] > 0 for name in (*throughput.STAGES[:4], *throughput.RAW))
    lines = list(throughput.report(tally))
    assert lines[0] == "3 files, 3 pages, refused: none"
    assert any(line.startswith("1 worker:") for line in lines)
