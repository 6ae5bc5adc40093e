"""The benchmark of the queue runs on a short one, so that it cannot rot."""

from pathlib import Path

from bench.queue import MEMBERS, Row, measure, table


def test_benchmark_asks_every_page_next_and_searches(tmp_path: Path) -> None:
    rows = measure(60, tmp_path, rounds=2)
    members = {words for words, _, _ in MEMBERS}
    assert {row.what.partition(":")[0] for row in rows} == {"page", "next", "search"} | members
    assert all(row.p50 > 0 for row in rows)


def test_row_over_its_limit_says_so() -> None:
    [_, line] = table([Row("page: by due date", 20.0, 51.0, 25.0, 50.0)])
    assert line.endswith("too slow")
