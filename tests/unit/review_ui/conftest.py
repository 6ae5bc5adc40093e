from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from pipeline.domain.actors import Actor
from pipeline.settings import Settings
from review_ui import create_app
from tests.templates import COMPILED
from tests.unit.review_ui.doubles import APPROVER, AUDITOR, REVIEWER, FakeServices, Held

JSON = {"Accept": "application/json"}


@pytest.fixture
def services() -> FakeServices:
    return FakeServices(documents={7: Held(7), 8: Held(8)})


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data=tmp_path, upload_bytes_max=64 * 1024)


@pytest.fixture
def app(services: FakeServices, settings: Settings) -> Flask:
    """The application without the check of form tokens, which has a test of its own."""
    app = create_app(services, settings)
    app.config.update(TESTING=True, WTF_CSRF_ENABLED=False)
    app.jinja_env.bytecode_cache = COMPILED
    return app


@pytest.fixture
def log_in(app: Flask, services: FakeServices) -> Callable[[Actor], FlaskClient]:
    def browser(actor: Actor) -> FlaskClient:
        client = app.test_client()
        services.tokens[f"token-{actor.name}"] = actor
        client.set_cookie("proofdesk", f"token-{actor.name}")
        return client

    return browser


@pytest.fixture
def reviewer(log_in: Callable[[Actor], FlaskClient]) -> FlaskClient:
    return log_in(REVIEWER)


@pytest.fixture
def approver(log_in: Callable[[Actor], FlaskClient]) -> FlaskClient:
    return log_in(APPROVER)


@pytest.fixture
def auditor(log_in: Callable[[Actor], FlaskClient]) -> FlaskClient:
    return log_in(AUDITOR)


@pytest.fixture
def holding(reviewer: FlaskClient, services: FakeServices) -> FlaskClient:
    """A reviewer who holds document 7."""
    services.documents[7].holder = REVIEWER.id
    return reviewer
