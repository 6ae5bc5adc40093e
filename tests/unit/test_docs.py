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
SECURITY = (DOCS / "security.md").read_text()


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


ASVS = (
    "1.1:2 1.2:9 1.3:11 1.4:3 1.5:2 2.1:3 2.2:3 2.3:4 2.4:1 3.2:2 3.3:4 3.4:6 3.5:5 3.7:2 4.1:3 4.2:1 4.3:2 4.4:4 "
    "5.1:1 5.2:3 5.3:2 5.4:3 6.1:3 6.2:12 6.3:4 6.4:4 6.5:5 6.6:3 6.8:4 7.1:3 7.2:4 7.3:2 7.4:5 7.5:2 7.6:2 8.1:2 "
    "8.2:3 8.3:1 8.4:1 9.1:3 9.2:4 10.1:2 10.2:2 10.3:4 10.4:11 10.5:5 10.6:2 10.7:3 11.1:2 11.2:3 11.3:3 11.4:4 "
    "11.5:1 11.6:1 12.1:3 12.2:2 12.3:4 13.1:1 13.2:5 13.3:2 13.4:5 14.1:2 14.2:4 14.3:3 15.1:3 15.2:3 15.3:7 "
    "16.1:1 16.2:5 16.3:4 16.4:3 16.5:3 17.1:1 17.2:4 17.3:2 "
)
"""How many requirements of levels 1 and 2 each section of OWASP ASVS 5.0.0 has: they are its first ones."""


def test_every_requirement_has_one_answer() -> None:
    rows = [line.split(" | ") for line in SECURITY.splitlines() if re.match(r"\| \d", line)]
    answered = [one for row in rows for one in row[0].strip("| ").split(", ")]
    sections = (part.split(":") for part in ASVS.split())
    expected = [f"{section}.{number}" for section, count in sections for number in range(1, int(count) + 1)]
    assert sorted(answered) == sorted(expected)
    assert {row[1] for row in rows} == {"Met", "Partly", "Not met", "Operator", "None here"}


def test_every_test_that_the_security_guide_names_exists() -> None:
    named = set(re.findall(r"`(tests/[\w/]+\.py)(?:::(\w+))?`", SECURITY))
    assert len(named) > 100
    for file, test in named:
        path = DOCS.parent / file
        assert path.exists(), file
        assert not test or f"def {test}(" in path.read_text(), f"{file}::{test}"
