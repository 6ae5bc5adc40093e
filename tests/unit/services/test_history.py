"""A truth file's lines as examples: what they say in their own writing, and which line is at fault."""

import json
from pathlib import Path
from typing import Any

import pytest

from pipeline.doctypes.loader import load_types
from pipeline.domain.fields import FieldKind
from pipeline.domain.value import Value
from pipeline.errors import ConfigurationError
from pipeline.services.history import Known, load_known
from tests import builders

INVOICE = builders.invoice_type()
NDA = next(t for t in load_types(None, {"nda"}) if t.name == "nda")


def jsonl(folder: Path, *entries: dict[str, Any] | str) -> tuple[Known, ...]:
    truth = folder / "truth.jsonl"
    lines = (entry if isinstance(entry, str) else json.dumps(entry, ensure_ascii=False) for entry in entries)
    truth.write_text("\n".join(lines), encoding="utf-8")
    return load_known(truth)


def table(folder: Path, text: str, name: str = "truth.csv") -> tuple[Known, ...]:
    truth = folder / name
    truth.write_bytes(text.encode())
    return load_known(truth)


def entry(fields: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"file": "a.pdf", "document_type": "invoice", "fields": fields, **more}


def taught(known: Known) -> dict[str, Value | None]:
    return dict(known.example((builders.page("Invoice"),), INVOICE).values)


def test_each_line_is_a_document_beside_its_truth_file(tmp_path: Path) -> None:
    one, other = jsonl(tmp_path, entry({"invoice_number": "A-1"}), "", entry({}, file="files/b.pdf", template="t7"))
    assert (one.path, one.name, one.type) == (tmp_path / "a.pdf", "a.pdf", "invoice")
    assert other.path == tmp_path / "files/b.pdf"
    assert (one.group, other.group) == (None, "t7")


def test_file_names_may_start_from_another_folder(tmp_path: Path) -> None:
    (tmp_path / "truth.jsonl").write_text(json.dumps(entry({})))
    assert load_known(tmp_path / "truth.jsonl", tmp_path / "papers")[0].path == tmp_path / "papers/a.pdf"


def test_null_teaches_that_there_is_no_value_and_a_missing_field_teaches_nothing(tmp_path: Path) -> None:
    (known,) = jsonl(tmp_path, entry({"invoice_number": "A-1", "issue_date": None}))
    assert taught(known) == {"invoice_number": "A-1", "issue_date": None}


def test_a_field_that_the_file_itself_doubts_teaches_nothing(tmp_path: Path) -> None:
    fields = {"invoice_number": "A-1", "gross_total": "12.00", "iban": None}
    (known,) = jsonl(tmp_path, entry(fields, suspect_fields=["gross_total", "iban"]))
    assert taught(known) == {"invoice_number": "A-1"}


@pytest.mark.parametrize("written", ["1.234,50", "1,234.50", "1 234,50 €", "1234.50", "€1,234.50"])
def test_amounts_are_taken_in_local_writing(tmp_path: Path, written: str) -> None:
    assert taught(*jsonl(tmp_path, entry({"gross_total": written}))) == {"gross_total": "1234.50"}


@pytest.mark.parametrize("written", ["2024-11-23", "23.11.2024", "November 23, 2024", "23/11/2024"])
def test_dates_are_taken_in_local_writing(tmp_path: Path, written: str) -> None:
    assert taught(*jsonl(tmp_path, entry({"issue_date": written}))) == {"issue_date": "2024-11-23"}


@pytest.mark.parametrize(
    ("name", "written"), [("issue_date", "12/03/2024"), ("gross_total", "twelve"), ("currency", "?")]
)
def test_a_value_that_can_be_read_two_ways_or_none_teaches_nothing(tmp_path: Path, name: str, written: str) -> None:
    assert taught(*jsonl(tmp_path, entry({name: written, "invoice_number": "A-1"}))) == {"invoice_number": "A-1"}


def test_names_of_fields_that_the_type_does_not_have_are_passed_over(tmp_path: Path) -> None:
    assert taught(*jsonl(tmp_path, entry({"colour": "blue", "invoice_number": "A-1"}))) == {"invoice_number": "A-1"}


def test_a_list_gives_each_of_its_entries(tmp_path: Path) -> None:
    (known,) = jsonl(tmp_path, entry({"party": ["Harbour  Light Inc.", " ", "Greta Stone"]}, document_type="nda"))
    assert NDA.field("party").kind is FieldKind.LIST
    example = known.example((builders.page("Agreement"),), NDA)
    assert example.values == {"party": ("Harbour Light Inc.", "Greta Stone")}


def test_a_line_separator_within_a_text_does_not_end_the_line(tmp_path: Path) -> None:
    (known,) = jsonl(tmp_path, entry({"seller_name": "Harbour\u2028Light"}))
    assert known.values["seller_name"] == "Harbour\u2028Light"


@pytest.mark.parametrize(
    "wrong",
    [
        "{",
        "[]",
        '"text"',
        '{"file": "b.pdf"}',
        '{"file": "b.pdf", "document_type": "invoice"}',
        '{"file": "b.pdf", "document_type": "invoice", "fields": null}',
        '{"file": "b.pdf", "document_type": "invoice", "fields": {}, "line_items": ["row"]}',
    ],
)
def test_a_line_that_is_no_document_is_named_by_its_number(tmp_path: Path, wrong: str) -> None:
    with pytest.raises(ConfigurationError, match=r'Line 3 of .*truth\.jsonl is no document: it needs "file"'):
        jsonl(tmp_path, entry({}), "", wrong)


@pytest.mark.parametrize("mark", [",", ";"])
def test_a_table_has_a_column_for_each_field(tmp_path: Path, mark: str) -> None:
    text = 'file,document_type,invoice_number,gross_total\na.pdf,invoice,A-1,"12.50"\nb.pdf,invoice,A-2,9.00\n'
    one, other = table(tmp_path, text.replace(",", mark))
    assert taught(one) == {"invoice_number": "A-1", "gross_total": "12.50"}
    assert taught(other) == {"invoice_number": "A-2", "gross_total": "9.00"}


def test_with_semicolons_amounts_may_have_a_comma(tmp_path: Path) -> None:
    (known,) = table(tmp_path, "file;document_type;gross_total\na.pdf;invoice;1.234,50\n")
    assert taught(known) == {"gross_total": "1234.50"}


def test_an_empty_cell_teaches_nothing(tmp_path: Path) -> None:
    (known,) = table(tmp_path, "file,document_type,invoice_number,issue_date\na.pdf,invoice,A-1,\n")
    assert taught(known) == {"invoice_number": "A-1"}


def test_a_cell_may_hold_several_lines(tmp_path: Path) -> None:
    (known,) = table(tmp_path, 'file,document_type,seller_name\na.pdf,invoice,"Harbour\nLight"\n')
    assert taught(known) == {"seller_name": "Harbour Light"}


def test_a_table_as_spreadsheets_save_it_is_read(tmp_path: Path) -> None:
    text = "\ufeffFile Name;Type; invoice_number \r\na.pdf;invoice;A-1\r\n;;\r\n"
    (known,) = table(tmp_path, text.replace("File Name", "Filename"), "TRUTH.CSV")
    assert (known.name, taught(known)) == ("a.pdf", {"invoice_number": "A-1"})


def test_rows_that_are_too_short_or_too_long_give_what_they_have(tmp_path: Path) -> None:
    text = "file,document_type,invoice_number,currency\na.pdf,invoice,A-1\nb.pdf,invoice,A-2,EUR,more\n"
    short, long = table(tmp_path, text)
    assert taught(short) == {"invoice_number": "A-1"}
    assert taught(long) == {"invoice_number": "A-2", "currency": "EUR"}


def test_a_table_without_the_column_for_files_says_which_columns_it_needs(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match='needs the columns "file" and "document_type"'):
        table(tmp_path, "invoice_number,gross_total\nA-1,12.00\n")


@pytest.mark.parametrize("name", ["truth.jsonl", "truth.csv"])
def test_a_file_without_documents_says_so(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("file,document_type\n" if name.endswith("csv") else "\n\n")
    with pytest.raises(ConfigurationError, match=r"names no document\. Give each a line\."):
        load_known(tmp_path / name)


def test_a_file_that_is_not_there_or_is_no_text_says_what_to_check(tmp_path: Path) -> None:
    (tmp_path / "latin.jsonl").write_bytes(b'{"file": "M\xfcller.pdf"}')
    for name in ("absent.jsonl", "latin.jsonl"):
        with pytest.raises(ConfigurationError, match=r"can't be read\. Check its name and that it is UTF-8\."):
            load_known(tmp_path / name)
