"""Fixtures for whole installations."""

from collections.abc import Iterator
from itertools import count

import pytest
from playwright.sync_api import Browser
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

from tests.e2e.installation import Installation, installed
from tests.e2e.workbench import Person

SHARED = {"PROOFDESK_LEARN": "false", "PROOFDESK_ENABLED_TYPES": "invoice,receipt,purchase_order,nda"}
"""Nothing is learned: a document that was read stays as it was read, whatever other modules sign."""
_numbers = count(1)


@pytest.fixture(scope="session")
def shared_installation() -> Iterator[Installation]:
    with installed(SHARED) as installation:
        yield installation


@pytest.fixture(scope="module")
def house(shared_installation: Installation) -> Iterator[Installation]:
    """The installation that modules of one test process share, with nothing to do in it.

    Each module drops papers of its own, with numbers that no other module uses: a number that came before is an
    exception. What it leaves open is taken away after it.
    """
    yield shared_installation
    shared_installation.clear()


@pytest.fixture
def mara(desk: Installation, browser: Browser) -> Iterator[Person]:
    """Somebody at a browser, logged in at the module's own `desk`."""
    with Person(desk, browser, "mara") as person:
        yield person.enter()


@pytest.fixture
def tilo(desk: Installation, browser: Browser) -> Iterator[Person]:
    """Somebody else."""
    with Person(desk, browser, "tilo") as person:
        yield person.enter()


@pytest.fixture(scope="module")
def shared_postgres_url(postgres_server: str) -> Iterator[str]:
    """The URL of an empty PostgreSQL database that the tests of one module share."""
    name = f"installation_{next(_numbers)}"
    engine = create_engine(postgres_server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
        url = make_url(postgres_server).set(database=name, drivername="postgresql")
        yield url.render_as_string(hide_password=False)
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    engine.dispose()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark whatever asks for a browser."""
    for item in items:
        if "browser" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.browser)
