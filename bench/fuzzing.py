"""Odd requests to every page, as many as wanted: none is answered by a bug, a traceback, or what is somebody else's.

    python -m bench.fuzzing [--count 5000] [--seed 1]

The same requests as in tests/integration/test_fuzzed_pages.py, without the network between. What is found is told as
the shortest request that shows it, and ends the run.
"""

import argparse
import json
import sys
import tempfile
import time
from pathlib import Path

import structlog
from hypothesis import HealthCheck, Phase, given, seed, settings

from pipeline.store import migrate
from tests import world as worlds
from tests.fuzzing import Asked, Fuzzer, requests


def measure(count: int, folder: Path, number: int) -> dict[str, object]:
    """Send that many requests; return how they were answered.

    Args:
        count: requests.
        folder: to work in.
        number: where chance begins.

    Raises:
        AssertionError: an answer was wrong.
    """
    template = folder / "template.db"
    migrate.upgrade(f"sqlite:///{template}")
    world = worlds.make(folder, template)
    fuzzer = Fuzzer(world)

    @seed(number)
    @settings(
        max_examples=count,
        deadline=None,
        database=None,
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
    )
    @given(asked=requests)
    def ask(asked: Asked) -> None:
        fuzzer.ask(asked)

    begun = time.monotonic()
    try:
        ask()
    finally:
        world.close()
    statuses = {str(status): times for status, times in sorted(fuzzer.statuses.items())}
    return {
        "requests": sum(fuzzer.statuses.values()),
        "seconds": round(time.monotonic() - begun, 1),
        "answered": statuses,
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--count", type=int, default=5000)
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50))
    with tempfile.TemporaryDirectory(prefix="proofdesk-fuzzing-") as folder:
        print(json.dumps(measure(chosen.count, Path(folder), chosen.seed)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
