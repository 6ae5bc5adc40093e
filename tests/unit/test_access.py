import ast
import inspect
import textwrap
from collections.abc import Callable

import pytest

from pipeline.domain.actors import Act, Actor, Role
from pipeline.errors import AccessDeniedError
from pipeline.services import access
from pipeline.services.accounts import Accounts
from pipeline.services.api_tokens import ApiTokens
from pipeline.services.approving import Approving
from pipeline.services.auditing import Auditing
from pipeline.services.championing import Championing
from pipeline.services.delivering import Delivering
from pipeline.services.dispatching import Dispatching
from pipeline.services.drafting import Drafting
from pipeline.services.files import Files
from pipeline.services.grouping import Grouping
from pipeline.services.intake import Intake
from pipeline.services.learning import Learning
from pipeline.services.marking import Marking
from pipeline.services.pages import Pages
from pipeline.services.policies import Policies
from pipeline.services.processing import Processing
from pipeline.services.reporting import Reporting
from pipeline.services.reviewing import Reviewing
from pipeline.services.saved_views import SavedViews
from pipeline.services.second_factors import SecondFactors
from pipeline.services.sessions import Sessions
from pipeline.services.sweeping import Sweeping
from pipeline.services.talking import Talking

SERVICES = (
    Accounts,
    ApiTokens,
    Approving,
    Auditing,
    Championing,
    Delivering,
    Dispatching,
    Drafting,
    Files,
    Grouping,
    Intake,
    Learning,
    Marking,
    Pages,
    Policies,
    Processing,
    Reporting,
    Reviewing,
    SavedViews,
    SecondFactors,
    Sessions,
    Sweeping,
    Talking,
)
AT_THE_DOOR = {
    "Accounts.login",
    "ApiTokens.find_actor",
    "Accounts.login_with_code",
    "Accounts.is_half",
    "Accounts.find_actor",
    "Accounts.logout",
    "Accounts.ensure_first",
}
"""What has to work for somebody who is not known yet."""

METHODS = [
    pytest.param(function, id=f"{service.__name__}.{name}")
    for service in SERVICES
    for name, function in inspect.getmembers(service, inspect.isfunction)
    if not name.startswith("_") and f"{service.__name__}.{name}" not in AT_THE_DOOR
]


def first_statement(method: Callable[..., object]) -> str:
    """The first line that the method runs, behind its docstring."""
    [function] = ast.parse(textwrap.dedent(inspect.getsource(method))).body
    assert isinstance(function, ast.FunctionDef)
    body = function.body[1:] if ast.get_docstring(function) else function.body
    return ast.unparse(body[0])


@pytest.mark.parametrize("method", METHODS)
def test_every_service_method_names_who_asks_and_checks_them_first(method: Callable[..., object]) -> None:
    parameter = inspect.signature(method).parameters.get("by")
    assert parameter is not None
    assert parameter.kind is inspect.Parameter.KEYWORD_ONLY
    assert first_statement(method).startswith("access.check_may(by, Act.")


@pytest.mark.parametrize("act", [Act.REVIEW, Act.APPROVE, Act.ASSIGN, Act.COMMENT])
def test_no_part_of_the_machine_reviews_signs_or_talks(act: Act) -> None:
    with pytest.raises(AccessDeniedError):
        access.check_may(Actor.machine("worker"), act)


def test_refusal_names_the_missing_role() -> None:
    clerk = Actor(id=1, name="rowe", roles=frozenset({Role.REVIEWER}))
    with pytest.raises(AccessDeniedError, match="role approver"):
        access.check_may(clerk, Act.APPROVE)
    access.check_may(clerk, Act.REVIEW)


def test_person_without_roles_may_nothing() -> None:
    nobody = Actor(id=1, name="new")
    assert not any(access.is_allowed(nobody, act) for act in Act)
