from pathlib import Path

import pytest

from pipeline.doctypes.loader import load_types
from pipeline.errors import ConfigurationError

MINIMAL = """
name: delivery_note
title: {en: Delivery note}
words: {en: [delivery note]}
fields:
  - {name: note_number, title: {en: Note number}, kind: identifier, labels: {en: [delivery note no]}}
"""


def test_invoice_receipt_and_order_are_on_by_default_with_the_variants() -> None:
    names = [doctype.name for doctype in load_types()]
    assert set(names) == {"invoice", "credit_note", "corrected_invoice", "receipt", "purchase_order"}


def test_variants_share_the_fields_of_their_type() -> None:
    types = {doctype.name: doctype for doctype in load_types()}
    assert types["credit_note"].variant_of == "invoice"
    assert types["credit_note"].fields == types["invoice"].fields
    assert types["credit_note"].words != types["invoice"].words


def test_examples_are_switched_on_by_name() -> None:
    names = {d.name for d in load_types(None, {"invoice", "nda", "Short-Form", "Dissemination Report"})}
    assert names == {"invoice", "credit_note", "corrected_invoice", "nda", "Short-Form", "Dissemination Report"}


def test_an_unknown_type_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ConfigurationError, match=r"no document type 'invoce'.*invoice"):
        load_types(None, {"invoce"})


def test_one_file_adds_a_type(tmp_path: Path) -> None:
    (tmp_path / "delivery_note.yaml").write_text(MINIMAL)
    assert "delivery_note" in {d.name for d in load_types(tmp_path, {"invoice"})}


def test_an_own_type_that_says_it_is_off_stays_off_until_named(tmp_path: Path) -> None:
    (tmp_path / "delivery_note.yaml").write_text(MINIMAL + "enabled: false\n")
    assert "delivery_note" not in {d.name for d in load_types(tmp_path, {"invoice"})}
    assert "delivery_note" in {d.name for d in load_types(tmp_path, {"delivery_note"})}


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ("kind: identifier", r"delivery_note.yaml, line 6.*note_number, kind"),
        ("labels: {en: [delivery note no]}", r"line 6.*note_number, lables"),
        ("name: note_number", r"line 6.*fields"),
    ],
)
def test_a_wrong_definition_names_file_line_and_field(tmp_path: Path, wrong: str, sentence: str) -> None:
    broken = {
        "kind: identifier": "kind: number",
        "labels: {en: [delivery note no]}": "lables: {}",
        "name: note_number": "name: 7x",
    }[wrong]
    (tmp_path / "delivery_note.yaml").write_text(MINIMAL.replace(wrong, broken))
    with pytest.raises(ConfigurationError, match=sentence):
        load_types(tmp_path)


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        ("checks: [{kind: sum, parts: [net], total: note_number}]", "names the field 'net'"),
        ("summary: {amount: total}", "summary's amount names the field 'total'"),
    ],
)
def test_checks_and_summaries_name_fields_that_exist(tmp_path: Path, more: str, sentence: str) -> None:
    (tmp_path / "delivery_note.yaml").write_text(MINIMAL + more + "\n")
    with pytest.raises(ConfigurationError, match=sentence):
        load_types(tmp_path)


def test_an_unknown_normaliser_or_check_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "delivery_note.yaml"
    path.write_text(MINIMAL.replace("kind: identifier,", "kind: identifier, checks: [ibam],"))
    with pytest.raises(ConfigurationError, match="names the check 'ibam'"):
        load_types(tmp_path)
    path.write_text(MINIMAL.replace("kind: identifier,", "kind: identifier, normaliser: ibn,"))
    with pytest.raises(ConfigurationError, match="names the normaliser 'ibn'"):
        load_types(tmp_path)


def test_broken_yaml_names_the_line(tmp_path: Path) -> None:
    (tmp_path / "x.yaml").write_text("name: a\ntitle: [")
    with pytest.raises(ConfigurationError, match=r"x.yaml, line \d+ is not valid YAML"):
        load_types(tmp_path)
