"""The benchmark of reviewing clears two made documents, so that it cannot rot."""

import pytest
from playwright.sync_api import Browser

from bench.reviewing import SETTINGS, Tally, measure, report
from tests.e2e.installation import installed

COUNT = 2


@pytest.fixture(scope="module")
def tally(browser: Browser) -> Tally:
    with installed(SETTINGS) as installation:
        found = measure(installation, browser, COUNT)
        assert installation.look().documents["ready"] == COUNT
    return found


def test_every_exception_was_settled_in_one_action_and_corrections_took_two_at_most(tally: Tally) -> None:
    assert tally.documents == COUNT
    assert {*tally.actions["confirmed"]} == {1}
    assert {*tally.actions["runner-up"], *tally.actions["one word"]} <= {1, 2}
    assert tally.actions["one word"], "a word of the page filled a field"


def test_what_the_browser_measured_is_in_the_table(tally: Tally) -> None:
    assert len(tally.settled_ms) == tally.fields
    assert len(tally.opened_ms) == COUNT - 1
    assert tally.bytes > 0
    lines = list(report(tally))
    assert lines[0] == f"{COUNT} documents, {tally.fields} exceptions"
    assert any(line.startswith("key to next document's exception focused") for line in lines)
