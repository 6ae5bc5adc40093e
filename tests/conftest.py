"""Fixtures for all tests; each group has a file of its own."""

import os
import sys

import pytest

pytest_plugins = ["tests.databases", "tests.desk", "tests.queues", "tests.browsers", "tests.installation"]

# linear algebra on a thread a core is slower where every core has a test of its own, and spins while it waits
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

# the tests start hundreds of processes, each of which would compile all that it imports: half a second of it ours
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

GROUPS = ("e2e", "integration", "bench", "property", "unit")
"""In this order: a long file that began last would be waited for by idle test processes."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: GROUPS.index(item.path.relative_to(item.config.rootpath).parts[1]))
