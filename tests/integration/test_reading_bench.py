"""The benchmark of the readers runs on two files, so that it cannot rot."""

from pathlib import Path

from bench.reading import measure, report
from tests.unit.readers import made


def test_benchmark_counts_pages_refusals_and_agreement(tmp_path: Path) -> None:
    made.draw(tmp_path / "two.pdf", made.text("Invoice 4711"), made.text("Total 10.00"))
    made.locked(tmp_path / "locked.pdf", user="meadow", owner="meadow")
    tally = measure(tmp_path, 8)
    assert (tally.files, dict(tally.refused)) == (2, {"encrypted": 1})
    assert set(tally.pages.values()) == {1, 2}
    assert (tally.shared, tally.found, tally.reference, tally.same_pages) == (4, 4, 4, 2)
    assert "pages with the same words: 2 of 2" in report(tally)
