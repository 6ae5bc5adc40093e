"""The benchmark of writing lists anew runs on a short one, so that it cannot rot."""

from pathlib import Path

from bench.relisting import measure, table


def test_benchmark_writes_everything_anew_while_others_write(tmp_path: Path) -> None:
    result = measure(30, tmp_path, alone_seconds=0.2)
    assert result.documents == 30
    assert min(*result.waits_alone_ms, *result.waits_ms) > 0
    assert "30 documents" in next(table(result))
