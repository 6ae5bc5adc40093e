import inspect
from pathlib import Path

import pytest

from pipeline import errors
from pipeline.settings import Settings, variable_of

DOCS = Path(__file__).parents[2] / "docs"


@pytest.mark.parametrize("name", sorted(Settings.model_fields))
def test_every_setting_has_its_line_in_the_operations_guide(name: str) -> None:
    assert f"| `{variable_of(name)}` |" in (DOCS / "operations.md").read_text()


def test_operations_guide_names_no_setting_that_does_not_exist() -> None:
    rows = [line for line in (DOCS / "operations.md").read_text().splitlines() if line.startswith("| `")]
    named = {line.split("`")[1] for line in rows if line.split("`")[1].isupper()}
    assert named == {variable_of(name) for name in Settings.model_fields}


@pytest.mark.parametrize(
    "error", [each for _, each in inspect.getmembers(errors, inspect.isclass)], ids=lambda error: error.code
)
def test_every_error_has_its_line_in_the_guide_to_errors(error: type[errors.PipelineError]) -> None:
    assert f"| `{error.code}` |" in (DOCS / "errors.md").read_text()
