"""The fuzzing of all pages runs on a few requests, so that it cannot rot."""

from pathlib import Path

from bench.fuzzing import measure


def test_benchmark_counts_how_its_requests_were_answered(tmp_path: Path) -> None:
    found = measure(5, tmp_path, 1)
    answered = found["answered"]
    assert isinstance(answered, dict)
    assert found["requests"] == sum(answered.values()) >= 5
