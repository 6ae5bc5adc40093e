"""Odd requests to every page: the full size is `python -m bench.fuzzing`."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from tests import world as worlds
from tests.fuzzing import Asked, Fuzzer, requests
from tests.integration.authorisation_matrix import WEB


@pytest.fixture(scope="module")
def fuzzer(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Iterator[Fuzzer]:
    world = worlds.make(tmp_path_factory.mktemp("fuzzed"), sqlite_template)
    yield Fuzzer(world)
    world.close()


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(asked=requests)
def test_odd_request_is_answered_and_tells_nothing_it_should_not(fuzzer: Fuzzer, asked: Asked) -> None:
    fuzzer.ask(asked)


@pytest.mark.parametrize("route", sorted(WEB))
def test_empty_request_is_answered(fuzzer: Fuzzer, route: str) -> None:
    for visitor in ("maker", "none", None):
        fuzzer.ask(Asked(route, visitor, "mine", None, {}, {}, {}, frozenset(), {}, b""))
