import inspect
import re
from pathlib import Path

import pytest

from pipeline import errors
from pipeline.doctypes.loader import load_types
from pipeline.extraction.engine import BaselineEngine
from pipeline.settings import Settings, variable_of
from tests import builders

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


def test_type_that_the_contributing_guide_adds_is_found_and_read(tmp_path: Path) -> None:
    guide = (DOCS.parent / "CONTRIBUTING.md").read_text()
    example = re.search(r"```yaml\n(.*?)```", guide, re.S)
    assert example is not None
    (tmp_path / "delivery_note.yaml").write_text(example[1])
    types = tuple(each for each in load_types(tmp_path, frozenset({"invoice", "delivery_note"})) if each.enabled)

    page = builders.page("Lieferschein", "Lieferschein-Nr.: L-7702", "Geliefert am: 12.03.2024", "Warenausgang")
    read = BaselineEngine().extract((page,), types)

    assert read.type.name == "delivery_note"
    values = {field.name: field.value for field in read.fields}
    assert (values["delivery_number"], values["delivered_on"]) == ("L-7702", "2024-03-12")
