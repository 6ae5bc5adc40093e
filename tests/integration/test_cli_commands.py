"""The command line as a person meets it: what it prints, where, and with which exit status."""

import csv
import io
import json
import os
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from fixtures.make import tiny_pdf
from pipeline import assembly
from pipeline.domain.actors import Role
from pipeline.record import verify
from pipeline.record.verify import check_stamped, parse_certificates
from pipeline.services.auditing import EventFilter
from pipeline.services.history import Known
from pipeline.settings import Settings
from tests.builders import MACHINE
from tests.fakes import FakeQueue
from tests.timestamp_authority import Authority, Wrong, listening
from workers import report
from workers.cli import desk


class Shell:
    """Runs `proofdesk` in this process under an environment of its own."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        # CliRunner adds to the environment: what is not ours is taken out, so that a developer's settings don't matter
        others = {name: None for name in os.environ if name.startswith("PROOFDESK_")}
        self.environment = {**others, "REDIS_URL": None, "DATABASE_URL": None, **environment}

    def run(self, *arguments: str) -> Result:
        result = CliRunner().invoke(desk, list(arguments), env=self.environment)
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result


@pytest.fixture
def shell(sqlite_template: Path) -> Iterator[Shell]:
    """An installation with a database and no queue server."""
    with tempfile.TemporaryDirectory(prefix="pd-") as folder:
        data = Path(folder) / "data"
        (data / "drop").mkdir(parents=True)
        data.chmod(0o700)
        shutil.copyfile(sqlite_template, data / "proofdesk.db")
        yield Shell({"PROOFDESK_DATA": str(data)})


@pytest.fixture
def data(shell: Shell) -> Path:
    return Path(shell.environment["PROOFDESK_DATA"] or "")


@pytest.fixture
def papers(tmp_path: Path) -> Path:
    """A folder with two readable files and two others."""
    (tmp_path / "papers/nested").mkdir(parents=True)
    (tmp_path / "papers/a.pdf").write_bytes(tiny_pdf("Invoice\nInvoice number: A-1\nTotal: 12.00 EUR"))
    (tmp_path / "papers/nested/b.pdf").write_bytes(tiny_pdf("Invoice\nInvoice number: B-2"))
    (tmp_path / "papers/broken.pdf").write_bytes(b"%PDF-1.7 and nothing more")
    (tmp_path / "papers/photo.jpg").write_bytes(b"\xff\xd8\xff\xe0 not a pdf")
    (tmp_path / "papers/half.pdf.part").write_bytes(b"%PDF-1.7")
    return tmp_path / "papers"


def test_help_names_every_command(shell: Shell) -> None:
    result = shell.run("--help")
    assert result.exit_code == 0
    for command in ("up", "web", "worker", "watch", "extract", "status", "audit", "user", "db", "doctor"):
        assert f"\n  {command} " in result.output
        described = shell.run(command, "--help")
        assert described.exit_code == 0
        assert len(described.output.splitlines()) > 4


def test_a_setting_that_cannot_be_read_is_named(shell: Shell) -> None:
    shell.environment["PROOFDESK_PORT"] = "many"
    result = shell.run("status")
    assert result.exit_code == 2
    assert "PROOFDESK_PORT" in result.stderr
    assert "Traceback" not in result.output


def test_without_an_installation_commands_say_how_to_get_one(tmp_path: Path) -> None:
    missing = tmp_path / "nowhere"
    result = Shell({"PROOFDESK_DATA": str(missing)}).run("status")
    assert result.exit_code == 2
    assert "proofdesk up" in result.stderr
    assert not missing.exists()


def test_extract_prints_one_object_a_document_and_goes_on_past_bad_files(shell: Shell, papers: Path) -> None:
    result = shell.run("extract", "--jsonl", "--jobs", "1", str(papers))
    assert result.exit_code == 1
    found = [json.loads(line) for line in result.stdout.splitlines()]
    assert [Path(document["file"]).name for document in found] == ["a.pdf", "b.pdf"]
    assert found[0]["file"] == str(papers / "a.pdf")
    for document in found:
        assert set(document) == {"file", "document_type", "fields", "line_items"}
        assert isinstance(document["line_items"], list)
        for field in document["fields"].values():
            assert set(field) == {"value", "text", "confidence", "page", "boxes"}
    number = found[0]["fields"]["invoice_number"]
    assert number["value"] == "A-1"
    assert number["page"] == 1
    assert len(number["boxes"][0]) == 4
    told = result.stderr.splitlines()
    assert sum("broken.pdf: " in line for line in told) == 1
    assert sum("photo.jpg: " in line for line in told) == 1
    assert not any("half.pdf.part" in line for line in told)


def test_extract_with_several_processes_keeps_the_order(shell: Shell, papers: Path) -> None:
    for number in range(6):
        (papers / f"c{number}.pdf").write_bytes(tiny_pdf(f"Invoice number: C-{number}"))
    result = shell.run("extract", "--jsonl", "--jobs", "2", str(papers))
    names = [Path(json.loads(line)["file"]).name for line in result.stdout.splitlines()]
    assert names == ["a.pdf", "c0.pdf", "c1.pdf", "c2.pdf", "c3.pdf", "c4.pdf", "c5.pdf", "b.pdf"]


def test_extract_as_a_table_shows_value_confidence_and_page(shell: Shell, papers: Path) -> None:
    result = shell.run("extract", str(papers / "a.pdf"))
    assert result.exit_code == 0
    line = next(line for line in result.stdout.splitlines() if "invoice_number" in line)
    assert "A-1" in line
    assert "%" in line
    assert "(page 1)" in line


def test_extract_reads_a_file_as_the_type_it_is_told(shell: Shell, papers: Path) -> None:
    result = shell.run("extract", "--jsonl", "--type", "nda", str(papers / "a.pdf"))
    assert json.loads(result.stdout)["document_type"] == "nda"


@pytest.mark.parametrize("option", ["--type", "--types"])
def test_extract_refuses_a_type_that_does_not_exist(shell: Shell, papers: Path, option: str) -> None:
    result = shell.run("extract", option, "shopping_list", str(papers / "a.pdf"))
    assert result.exit_code == 2
    assert "shopping_list" in result.stderr
    assert result.stdout == ""


def test_extract_needs_no_data_folder_and_makes_none(papers: Path, tmp_path: Path) -> None:
    lonely = tmp_path / "unused"
    assert Shell({"PROOFDESK_DATA": str(lonely)}).run("extract", str(papers / "a.pdf")).exit_code == 0
    assert not lonely.exists()


def test_extract_names_a_path_that_is_not_there(shell: Shell) -> None:
    result = shell.run("extract", "missing.pdf")
    assert result.exit_code == 2
    assert "There is no file or folder missing.pdf." in result.stderr


def test_extract_goes_on_past_a_path_that_is_not_there(shell: Shell, papers: Path) -> None:
    paper = next(path for path in sorted(papers.iterdir()) if path.suffix == ".pdf")
    result = shell.run("extract", "--jsonl", "--jobs", "1", "missing.pdf", str(paper))
    assert result.exit_code == 1
    assert [json.loads(line)["file"] for line in result.stdout.splitlines()] == [str(paper)]
    assert "missing.pdf: There is no such file or folder. Check the spelling." in result.stderr


def test_status_has_its_four_keys_and_admits_that_the_queue_does_not_answer(shell: Shell) -> None:
    found = json.loads(shell.run("status", "--json").stdout)
    assert {"files", "documents", "queue", "workers"} <= set(found)
    assert found["queue"]["depth"] == -1
    assert "no answer" in shell.run("status").stdout


def test_status_shows_what_the_watcher_left_in_the_drop_folder(shell: Shell, data: Path) -> None:
    left = {"waiting": 1, "left_in_place": {"link": 1}, "named": [["link", "supplier/link.pdf"]]}
    report.write(data, left, at=9e9)
    shown = shell.run("status").stdout
    assert "supplier/link.pdf" in shown
    assert "drop the document itself" in shown


def test_user_add_prints_the_password_alone_and_list_shows_the_account(shell: Shell) -> None:
    added = shell.run("user", "add", "grace", "--display-name", "Grace H.", "--role", "reviewer", "--role", "approver")
    assert added.exit_code == 0
    password = added.stdout.strip()
    assert len(password) >= 12
    assert "\n" not in password
    assert "approver, reviewer" in shell.run("user", "list").stdout
    (person,) = json.loads(shell.run("user", "list", "--json").stdout)
    assert (person["name"], person["display_name"], person["must_change"]) == ("grace", "Grace H.", True)
    assert shell.run("user", "reset", "grace").stdout.strip() != password


def test_user_commands_refuse_with_a_sentence(shell: Shell) -> None:
    shell.run("user", "add", "grace", "--role", "reviewer")
    again = shell.run("user", "add", "grace", "--role", "reviewer")
    assert again.exit_code == 2
    assert "already" in again.stderr
    unknown = shell.run("user", "reset", "nobody")
    assert unknown.exit_code == 2
    assert "nobody" in unknown.stderr
    assert shell.run("user", "add", "grace").exit_code == 2


def test_audit_export_writes_each_format_and_leaves_no_half_file(shell: Shell, tmp_path: Path) -> None:
    shell.run("user", "add", "grace", "--role", "auditor")
    rows = list(csv.reader(io.StringIO(shell.run("audit", "export", "--format", "csv").stdout)))
    assert rows[0][0] == "kind"
    assert {len(row) for row in rows} == {len(rows[0])}
    lines = [json.loads(line) for line in shell.run("audit", "export", "--format", "jsonl").stdout.splitlines()]
    assert lines[-1]["kind"] == "end"
    book = tmp_path / "export.xlsx"
    assert shell.run("audit", "export", "--format", "xlsx", "--output", str(book)).exit_code == 0
    assert book.read_bytes().startswith(b"PK")
    refused = shell.run("audit", "export", "--format", "csv", "--output", str(tmp_path / "missing" / "x.csv"))
    assert refused.exit_code == 2
    assert list(tmp_path.iterdir()) == [book]


def test_audit_pack_writes_evidence_that_goes_back_to_the_key_that_is_shown(shell: Shell, tmp_path: Path) -> None:
    pack = tmp_path / "pack.zip"
    assert shell.run("audit", "pack", "--output", str(pack)).exit_code == 0
    key = shell.run("audit", "key").stdout.split()[1]
    assert verify.main([str(pack), "--key", key]) == 0
    assert verify.main([str(pack), "--key", "0" * 64]) == 1
    newer = shell.run("audit", "key", "--new").stdout.splitlines()
    assert (len(newer), newer[0].split()[1]) == (2, key)


def test_audit_export_takes_days_and_times(shell: Shell) -> None:
    def events(*options: str) -> int:
        done = shell.run("audit", "export", "--format", "jsonl", "--part", "events", *options)
        return sum(json.loads(line)["kind"] == "event" for line in done.stdout.splitlines())

    shell.run("user", "add", "grace", "--role", "auditor")
    assert events("--from", "2020-01-01", "--to", "2099-12-31") > 0
    assert events("--to", "2020-01-01") == 0
    assert events("--from", "2099-01-01T00:00:00+01:00") == 0
    wrong = shell.run("audit", "export", "--format", "csv", "--from", "last week")
    assert wrong.exit_code == 2
    assert "2026-11-22" in wrong.stderr


def test_audit_verify_passes_and_fails_after_one_byte_was_changed(shell: Shell, data: Path, tmp_path: Path) -> None:
    shell.run("user", "add", "grace", "--role", "auditor")
    kept = tmp_path / "checkpoint.json"
    assert shell.run("audit", "checkpoint", "--output", str(kept)).exit_code == 0
    held = shell.run("audit", "verify", "--checkpoint", str(kept))
    assert held.exit_code == 0
    assert "continues the checkpoint" in held.stdout
    with sqlite3.connect(data / "proofdesk.db") as connection:
        guards = connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'events'")
        for (name,) in guards.fetchall():
            connection.execute(f"DROP TRIGGER {name}")
        connection.execute("UPDATE events SET text = replace(text, 'grant', 'grans') WHERE seq = 1")
    broken = shell.run("audit", "verify", "--json")
    assert broken.exit_code == 1
    assert json.loads(broken.stdout)["holds"] is False
    refused = shell.run("audit", "checkpoint")
    assert refused.exit_code == 2
    assert refused.stdout == ""


def test_db_upgrade_creates_the_database_and_may_be_run_again(tmp_path: Path) -> None:
    fresh = Shell({"PROOFDESK_DATA": str(tmp_path / "fresh")})
    assert fresh.run("db", "upgrade").exit_code == 0
    assert fresh.run("db", "upgrade").exit_code == 0
    assert fresh.run("status").exit_code == 0


def test_a_database_that_was_not_upgraded_is_named_as_the_reason(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    result = Shell({"PROOFDESK_DATA": str(tmp_path / "data")}).run("status")
    assert result.exit_code == 2
    assert "not migrated" in result.stderr


def test_doctor_finds_what_is_wrong_and_says_how_to_mend_it(shell: Shell, data: Path) -> None:
    result = shell.run("doctor", "--json")
    assert result.exit_code == 1
    found = {check["part"]: check for check in json.loads(result.stdout)["checks"]}
    bad = {part for part, check in found.items() if check["state"] == "bad"}
    assert bad == {"queue", "workers", "learning", "watcher"}
    assert all(check["mend"] for check in found.values() if check["state"] != "ok")
    for part in ("python", "data folder", "disk space", "drop folder", "clock", "database"):
        assert found[part]["state"] == "ok", found[part]
    assert found["reader"]["state"] in ("ok", "warning")
    assert "proofdesk up" in shell.run("doctor").stdout
    assert list((data / "drop").iterdir()) == []
    data.chmod(0o755)
    shutil.rmtree(data / "drop")
    after = {check["part"]: check for check in json.loads(shell.run("doctor", "--json").stdout)["checks"]}
    assert after["data folder"]["state"] == "warning"
    assert "chmod 700" in after["data folder"]["mend"]
    assert after["drop folder"]["state"] == "bad"


def test_doctor_tells_of_a_model_that_nobody_can_read(shell: Shell, data: Path, papers: Path) -> None:
    known = Known(papers / "a.pdf", "a.pdf", "invoice", {"invoice_number": "A-1", "gross_total": "12.00"})
    services = assembly.build(Settings(data=data), FakeQueue())
    try:
        assert services.learning.teach([known], by=MACHINE) == ()
        version = services.learning.train(by=MACHINE)
        assert version is not None
        file = services.championing.models.path(version)
    finally:
        services.close()
    for spoil, said in (
        (lambda: file.write_bytes(b"another version's"), "is damaged, or of"),
        (file.unlink, "is gone"),
    ):
        spoil()
        checks = json.loads(shell.run("doctor", "--json").stdout)["checks"]
        found = next(check for check in checks if check["part"] == "learning")
        assert found["state"] == "bad"
        assert version in found["found"]
        assert said in found["found"]
        assert "Train again from everything" in found["mend"]


def test_what_the_command_line_did_is_in_the_record_under_its_name(shell: Shell, data: Path) -> None:
    shell.run("user", "add", "grace", "--role", "auditor")
    services = assembly.build(Settings(data=data), FakeQueue())
    try:
        (event,) = services.auditing.list_events(EventFilter(), by=MACHINE).rows
        assert event.by == "machine:cli"
        (person,) = services.accounts.list_people(by=MACHINE)
        assert person.roles == (Role.AUDITOR,)
    finally:
        services.close()


def test_a_checkpoint_is_stamped_where_an_authority_is_set_and_doctor_tells_where_it_does_not_answer(
    shell: Shell, tmp_path: Path
) -> None:
    authority = Authority("p256")
    (tmp_path / "root.pem").write_bytes(authority.pem)
    alone = shell.run("audit", "checkpoint", "--output", str(tmp_path / "alone.json"))
    assert (alone.exit_code, (tmp_path / "alone.tsr").exists()) == (0, False)
    with listening(authority) as url:
        shell.environment |= {
            "PROOFDESK_TIMESTAMPS": url,
            "PROOFDESK_TIMESTAMP_CERTIFICATES": str(tmp_path / "root.pem"),
        }
        assert shell.run("audit", "checkpoint", "--output", str(tmp_path / "kept.json")).exit_code == 0
        content, stamp = ((tmp_path / f"kept.{suffix}").read_bytes() for suffix in ("json", "tsr"))
        assert check_stamped(stamp, content, parse_certificates(authority.pem))
        authority.wrong = Wrong.REFUSED
        assert shell.run("audit", "checkpoint", "--output", str(tmp_path / "late.json")).exit_code == 0
        assert not (tmp_path / "late.tsr").exists()
    assert "was not kept: the authority refused to give it" in shell.run("status").stdout
    checks = json.loads(shell.run("doctor", "--json").stdout)["checks"]
    [found] = [check for check in checks if check["part"] == "checkpoints"]
    assert (found["state"], "time-stamped by 127.0.0.1" in found["found"]) == ("warning", True)
    assert "refused to give it" in found["mend"]
