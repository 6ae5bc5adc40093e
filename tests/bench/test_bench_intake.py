import tempfile
from pathlib import Path

from bench.intake import measure


def test_the_intake_benchmark_runs_on_a_few_files() -> None:
    with tempfile.TemporaryDirectory(prefix="pd-") as folder:
        result = measure(count=50, early=10, folder=Path(folder))
    assert result.stored == result.documents == 50
    assert result.files_a_second > 0
    assert result.peak_mb >= result.early_peak_mb > 0
    assert set(result.pages_meanwhile) == {"/login", "/healthz"}
