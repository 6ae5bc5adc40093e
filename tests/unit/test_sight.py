import ast
from pathlib import Path

import pytest

import pipeline.services
from pipeline.domain.sight import EVERYTHING, Allowance, Sight, folder_of, listed_folder
from pipeline.errors import InvalidCorrectionError


def sight(*allowances: tuple[set[str], set[str]]) -> Sight:
    return Sight(
        allowances=tuple(Allowance(types=frozenset(types), folders=frozenset(folders)) for types, folders in allowances)
    )


@pytest.mark.parametrize(
    ("allowed", "type_name", "folder", "seen"),
    [
        (EVERYTHING, None, "", True),
        (sight(), "invoice", "acme", False),
        (sight(({"invoice"}, set())), "invoice", "anywhere", True),
        (sight(({"invoice"}, set())), "receipt", "anywhere", False),
        (sight(({"invoice"}, set())), None, "anywhere", False),
        (sight((set(), {"acme"})), None, "acme", True),
        (sight((set(), {"acme"})), "invoice", "acme/2026/11", True),
        (sight((set(), {"acme"})), "invoice", "acme2", False),
        (sight((set(), {"acme"})), "invoice", "Acme", False),
        (sight((set(), {"acme"})), "invoice", "", False),
        (sight((set(), {"acme/in"})), "invoice", "acme", False),
        (sight(({"invoice"}, {"acme"})), "invoice", "berlin", False),
        (sight(({"invoice"}, {"acme"})), "receipt", "acme", False),
        (sight(({"invoice"}, {"acme"}), ({"receipt"}, {"berlin"})), "receipt", "acme", False),
        (sight(({"invoice"}, {"acme"}), ({"receipt"}, {"berlin"})), "receipt", "berlin", True),
    ],
)
def test_document_is_seen_where_type_and_folder_fit_one_group(
    allowed: Sight, type_name: str | None, folder: str, seen: bool
) -> None:
    assert allowed.fits(type_name, folder) is seen


def test_variant_fits_where_its_type_does() -> None:
    allowed = sight(({"invoice"}, set())).with_variants({"invoice_plain": "invoice", "till_receipt": "receipt"})
    assert allowed.fits("invoice_plain", "")
    assert not allowed.fits("till_receipt", "")
    assert not sight(({"invoice_plain"}, set())).with_variants({"invoice_plain": "invoice"}).fits("invoice", "")


def test_folder_is_composed_as_people_type_it() -> None:
    decomposed = "Mu\u0308ller/2026/a.pdf"
    assert folder_of(decomposed) == "Müller/2026"
    assert sight((set(), {listed_folder("/Müller/")})).fits(None, folder_of(decomposed))
    assert folder_of("plain.pdf") == ""


def test_folder_too_long_to_be_kept_whole_still_lies_below_those_that_are_listed() -> None:
    listed = listed_folder("a" * 200)
    kept = folder_of("a" * 200 + "/" + "b" * 300 + "/c.pdf")
    assert len(kept) == 255
    assert sight((set(), {listed})).fits(None, kept)


@pytest.mark.parametrize("text", ["", "/", "..", "a/../b", "a\nb", "./", "a" * 201])
def test_what_is_no_folder_is_not_listed(text: str) -> None:
    with pytest.raises(InvalidCorrectionError):
        listed_folder(text)


@pytest.mark.parametrize(("text", "listed"), [(" a/b/ ", "a/b"), ("//a//b", "a/b"), ("./a/./b", "a/b")])
def test_folder_is_listed_in_one_way(text: str, listed: str) -> None:
    assert listed_folder(text) == listed


MACHINES = {"processing.py", "delivering.py", "learning.py", "sweeping.py", "visible.py"}
"""What no person asks for, and the one way for all others."""


def test_services_reach_documents_by_the_way_that_asks_who_sees_them() -> None:
    for path in Path(str(pipeline.services.__file__)).parent.rglob("*.py"):
        if path.name in MACHINES:
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Attribute) and node.attr == "get_document":
                assert ast.unparse(node) in ("visible.get_document",), f"{path.name} takes a document unasked"


def test_person_is_never_made_into_an_actor_without_what_limits_them() -> None:
    for path in Path(str(pipeline.services.__file__)).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "Actor":
                assert "sight" in {keyword.arg for keyword in node.keywords}, f"{path.name} forgets the groups"
