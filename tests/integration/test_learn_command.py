"""`learn`, `evaluate` and `extract --model` for somebody who has documents and their values, and no server."""

import json
import os
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from fixtures.make import tiny_pdf
from workers.cli import desk

OURS = ("PROOFDESK_", "REDIS_URL", "DATABASE_URL")


def run(*arguments: object, **environment: str) -> Result:
    """Run the command without any installation but the one that the environment names."""
    unset = {name: None for name in (*os.environ, "REDIS_URL", "DATABASE_URL") if name.startswith(OURS)}
    return CliRunner().invoke(desk, [str(each) for each in arguments], env={**unset, **environment})


def write(folder: Path, number: int) -> dict[str, object]:
    """Write an invoice whose number stands behind a nonsense word; return its line of the truth file."""
    code, other, total = (
        f"X{7013 * (number + 3) % 90000 + 10000}",
        f"Q{4519 * (number + 2) % 9000 + 1000}",
        f"{117 + number * 13}.40",
    )
    lines = ("Invoice", f"Wibble {other}", f"Frobnitz {code}", "Date 2024-11-23", f"Total {total} EUR")
    (folder / f"{number}.pdf").write_bytes(tiny_pdf("\n".join(lines)))
    fields = {"invoice_number": code, "issue_date": "23.11.2024", "gross_total": total, "due_date": None}
    return {"file": f"{number}.pdf", "document_type": "invoice", "fields": fields}


@pytest.fixture
def truth(tmp_path: Path) -> Path:
    """Six documents with known values."""
    entries = [write(tmp_path, number) for number in range(6)]
    (tmp_path / "truth.jsonl").write_text("\n".join(map(json.dumps, entries)))
    return tmp_path / "truth.jsonl"


def test_what_was_learned_is_read_off_the_next_document(truth: Path, tmp_path: Path) -> None:
    learned = run("learn", "--truth", truth, "--model", tmp_path / "model", "--jobs", 1)
    assert learned.exit_code == 0, learned.output
    assert learned.output.startswith("Learned from 6 documents: model ")
    assert "invoice: 6 documents" in learned.output
    assert "more documents for a threshold of its own" in learned.output
    (tmp_path / "next").mkdir()
    expected = write(tmp_path / "next", 41)["fields"]
    read = run("extract", "--model", tmp_path / "model", "--jsonl", "--jobs", 1, tmp_path / "next/41.pdf")
    assert read.exit_code == 0, read.output
    found = json.loads(read.stdout)
    assert found["document_type"] == "invoice"
    assert isinstance(expected, dict)
    for name in ("invoice_number", "gross_total"):
        assert found["fields"][name]["value"] == expected[name]
        assert found["fields"][name]["page"] == 1


def test_the_same_documents_make_the_same_file(truth: Path, tmp_path: Path) -> None:
    for name in ("one", "other"):
        assert run("learn", "--truth", truth, "--model", tmp_path / name, "--jobs", 1).exit_code == 0
    (one,), (other,) = ((tmp_path / name).iterdir() for name in ("one", "other"))
    assert one.name == other.name
    assert one.read_bytes() == other.read_bytes()


def test_evaluate_prints_what_was_right_field_by_field(truth: Path) -> None:
    result = run("evaluate", "--truth", truth, "--folds", 2, "--jobs", 1)
    assert result.exit_code == 0, result.output
    rows = {line.split()[0]: line.split() for line in result.output.splitlines() if line.strip()}
    assert "6 documents in 2 parts, up to 3 learned from" in result.output
    assert rows["field"] == ["field", "n", "P", "%", "R", "%", "F1", "%", "wrong", "missed"]
    assert rows["invoice_number"][1] == "6"
    assert rows["all"][1] == "18"
    assert rows["gross_total"][4] == "100.0%"
    assert "calibration error" in result.output


def test_history_brought_in_while_nothing_runs_is_told_in_one_line_what_it_waits_for(
    truth: Path, sqlite_url: str, tmp_path: Path
) -> None:
    where = {"PROOFDESK_DATA": str(tmp_path / "data"), "DATABASE_URL": sqlite_url}
    result = run("learn", "--truth", truth, **where)
    assert result.exit_code == 0, result.output
    assert result.stderr == ""
    assert result.stdout.splitlines() == [
        "6 documents are history now; the Learning page tells what that teaches.",
        "Nothing trains at the moment: start Proofdesk with `proofdesk up`, and it trains by itself.",
    ]
    switched_off = run("learn", "--truth", truth, PROOFDESK_LEARN="false", **where)
    assert "Learning is switched off here" in switched_off.stdout


def test_a_missing_file_costs_one_line_and_the_rest_is_learned_from(truth: Path, tmp_path: Path) -> None:
    (tmp_path / "2.pdf").unlink()
    (tmp_path / "3.pdf").write_bytes(b"%PDF-1.7 and nothing more")
    result = run("learn", "--truth", truth, "--model", tmp_path / "model", "--jobs", 1)
    assert result.exit_code == 0, result.output
    assert result.stdout.startswith("Learned from 4 documents")
    missing, damaged = result.stderr.splitlines()
    assert missing.startswith(f"{tmp_path / '2.pdf'}: There is no such file. Check its name in the truth file")
    assert damaged.startswith(f"{tmp_path / '3.pdf'}: ")


def test_values_that_teach_nothing_are_told_of(truth: Path, tmp_path: Path) -> None:
    (tmp_path / "known.csv").write_text(
        "file,document_type,invoice_nr,issue_date,gross_total\n"
        "0.pdf,invoice,X1,03/04/2024,130.40\n"
        "1.pdf,invoice,X2,23.11.2024,\n"
    )
    result = run("learn", "--truth", tmp_path / "known.csv", "--model", tmp_path / "model", "--jobs", 1)
    assert result.exit_code == 0, result.output
    column, value = result.stderr.splitlines()
    assert column.startswith("“invoice_nr”, given for 2 documents, is no field of the type “invoice” and teaches noth")
    assert "Its fields are invoice_number, issue_date, " in column
    assert value.startswith("0.pdf: “03/04/2024” can't be taken for one value of issue_date, and teaches nothing.")


def test_columns_of_other_types_in_one_list_are_no_mistake(truth: Path, tmp_path: Path) -> None:
    (tmp_path / "known.csv").write_text(
        "file,document_type,invoice_number,company\n0.pdf,invoice,X13221,Wibble\n1.pdf,receipt,X2,Wibble\n"
    )
    result = run("learn", "--truth", tmp_path / "known.csv", "--model", tmp_path / "model", "--jobs", 1)
    assert (result.exit_code, result.stderr) == (0, "")


def test_files_may_be_in_another_folder_than_the_truth(truth: Path, tmp_path: Path) -> None:
    (tmp_path / "lists").mkdir()
    moved = truth.rename(tmp_path / "lists/truth.jsonl")
    astray = run("learn", "--truth", moved, "--model", tmp_path / "model", "--jobs", 1)
    assert astray.exit_code != 0
    assert "None of the documents could be read. Check the folder that their names start from." in astray.output
    assert not (tmp_path / "model").exists()
    found = run("learn", "--truth", moved, "--files", tmp_path, "--model", tmp_path / "model", "--jobs", 1)
    assert found.stdout.startswith("Learned from 6 documents")


def test_a_type_that_is_not_known_is_refused_before_anything_is_read(truth: Path, tmp_path: Path) -> None:
    truth.write_text(truth.read_text().replace('"invoice"', '"slip"'))
    result = run("learn", "--truth", truth, "--model", tmp_path / "model", "--jobs", 1)
    assert result.exit_code != 0
    assert "The type “slip” of 6 documents is not known here. Describe it in a YAML file" in result.output
    assert "PROOFDESK_EXTRA_TYPES" in result.output


def test_more_parts_than_documents_say_what_to_give(truth: Path) -> None:
    result = run("evaluate", "--truth", truth, "--folds", 7, "--jobs", 1)
    assert result.exit_code != 0
    assert "6 documents can't be divided into 7 parts. Give more, or fewer --folds." in result.output


@pytest.mark.parametrize("sizes", ["0", "ten", "10,,50", "-1"])
def test_sizes_that_are_no_numbers_say_how_to_write_them(truth: Path, sizes: str) -> None:
    result = run("evaluate", "--truth", truth, "--train-sizes", sizes)
    assert result.exit_code != 0
    assert "--train-sizes takes whole numbers separated by commas, such as 10,50,100." in result.output


def test_extract_with_a_folder_without_a_model_says_how_to_make_one(tmp_path: Path) -> None:
    write(tmp_path, 1)
    (tmp_path / "model").mkdir()
    result = run("extract", "--model", tmp_path / "model", tmp_path / "1.pdf")
    assert result.exit_code != 0
    assert f"There is no model in {tmp_path / 'model'}. Make one: `proofdesk learn --truth FILE" in result.output


def test_extract_with_a_damaged_model_says_to_train_again(tmp_path: Path) -> None:
    write(tmp_path, 1)
    (tmp_path / "model").mkdir()
    (tmp_path / "model/model.npz").write_bytes(b"PK\x03\x04 cut off")
    result = run("extract", "--model", tmp_path / "model", tmp_path / "1.pdf")
    assert result.exit_code != 0
    assert "This model can't be read (it is damaged). Train it again with `proofdesk learn`." in result.output
