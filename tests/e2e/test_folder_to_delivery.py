"""The whole way, on both databases: dropped files become approved, delivered, exported and verifiable records."""

import json
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from fixtures.make import MadeDocument, Quirk, damaged, make_invoice, make_order, make_receipt
from pipeline.domain.actors import Role
from pipeline.domain.fields import TYPE_FIELD
from pipeline.services.auditing import Auditing
from pipeline.services.clock import SystemClock
from pipeline.services.typeshelf import TypeShelf
from pipeline.services.views import DocumentView, StatusView
from pipeline.store.engine import Store
from pipeline.store.sealing import Sealer
from pipeline.store.vault import Vault
from review_ui.rivals import shown_value
from tests.e2e.exports import as_text, signed_values
from tests.e2e.installation import TEST, Installation, installed
from tests.e2e.workbench import SUMMARY, Person

FORMATS = ("csv", "jsonl", "xlsx")
BROKEN = ("empty.pdf", "web-page.pdf", "cut-in-half.pdf", "user-password.pdf")
EVENT_COLUMNS = ("seq", "hash", "text", "at", "tag", "by", "file_id", "document_id", "field")
CHANGES = 45

GERMAN = make_invoice(909, language="de_DE")
BRITISH = make_invoice(902, language="en_GB", quirks=(Quirk.AMBIGUOUS_DATE,))
FRENCH = make_invoice(910, language="fr_FR", quirks=(Quirk.WRONG_SUM,))
REVIEWED = (GERMAN, BRITISH, FRENCH)
ALSO = (
    make_invoice(905, language="de_CH"),
    make_invoice(911, language="en_US"),
    make_order(12),
    make_receipt(13, shop="kiosk"),
)

DECIDED = {
    # crossed out by hand on the paper that the reviewer has before them
    GERMAN.name: {"purchase_order": None, "due_date": "2026-09-30"},
    # the reviewer knows that this sender writes the month first
    BRITISH.name: {"issue_date": "{0}-{2}-{1}".format(*str(BRITISH.fields["issue_date"]).split("-"))},
}
TYPED = {"2026-09-30": "30.09.2026"}
"""As a person types it: in the paper's own way."""


@dataclass
class Story:
    """What happened, for the tests to ask about."""

    installation: Installation
    browser: Browser
    papers: tuple[MadeDocument, ...]
    """Those that people review; the others only wait."""
    dropped: int = 0
    settled: StatusView | None = None
    documents: dict[str, DocumentView] = field(default_factory=dict)
    how: set[str] = field(default_factory=set)
    delivered: dict[int, dict[str, Any]] = field(default_factory=dict)

    @property
    def reviewed(self) -> list[DocumentView]:
        return [self.documents[made.name] for made in self.papers]

    @property
    def is_sqlite(self) -> bool:
        return self.installation.settings.database.startswith("sqlite")


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def story(request: pytest.FixtureRequest, browser: Browser) -> Iterator[Story]:
    """The day of an installation, told once for each database."""
    settings = {"PROOFDESK_WORKER_PROCESSES": "2"}
    if request.param == "postgresql":
        settings["DATABASE_URL"] = request.getfixturevalue("shared_postgres_url")
    with installed(settings) as installation:
        # with at least one field that nobody sees, whatever the engine learns, and some that everybody does
        installation.ask_for("invoice.invoice_number", "invoice.issue_date", "invoice.gross_total")
        told = Story(installation, browser, REVIEWED if request.param == "sqlite" else (BRITISH,))
        _drop(told)
        _review(told)
        _approve(told)
        yield told


def _drop(told: Story) -> None:
    installation = told.installation
    good = {made.name: made.bytes for made in (GERMAN, *told.papers, *ALSO)}
    bad = {broken.name: broken.bytes for broken in damaged() if broken.name in BROKEN}
    copies = {"again.pdf": GERMAN.bytes, "post/2026/once more.pdf": GERMAN.bytes, "copy of an order.pdf": ALSO[2].bytes}
    for name, content in good.items():
        installation.drop(name, content)
    for name, content in bad.items():
        installation.drop(name, content, long_ago=True)
    told.dropped = len(good) + len(bad)
    installation.wait_until_settled(told.dropped)
    for name, content in copies.items():
        installation.drop(name, content)
    told.dropped += len(copies)
    told.settled = installation.wait_until_settled(told.dropped)
    told.documents = installation.documents()


def _review(told: Story) -> None:
    name = told.installation.hire("mara", Role.REVIEWER)
    with Person(told.installation, told.browser, name) as mara:
        mara.log_in()
        for made in told.papers:
            _settle_all(told, mara, made)
            mara.hand_on()


def _settle_all(told: Story, mara: Person, made: MadeDocument) -> None:
    view = told.documents[made.name]
    specs = {one.spec.name: one.spec for one in view.fields}
    wanted = {**made.fields, **DECIDED.get(made.name, {})}
    mara.take(view.id)
    for name in DECIDED.get(made.name, {}):
        mara.turn_to(name)
        told.how.add(mara.settle(shown_value(wanted[name], specs[name]), typed=TYPED.get(str(wanted[name]))))
    mara.turn_to(SUMMARY)
    if mara.card.get_by_role("link", name="Go to the first").is_visible():
        mara.card.get_by_role("link", name="Go to the first").click()
        expect(mara.desk).not_to_have_attribute("data-field", SUMMARY)
    while (name := mara.field) != SUMMARY:
        if name in wanted:
            told.how.add(mara.settle(shown_value(wanted[name], specs[name])))
        else:  # lines and the type: what the machine read
            mara.keep()


def _approve(told: Story) -> None:
    installation = told.installation
    given = installation.cli(
        "user", "add", "tilo", "--display-name", "Tilo Brandt", "--role", "approver"
    ).stdout.strip()
    with Person(installation, told.browser, "tilo") as tilo:
        tilo.log_in(given)
        expect(tilo.page).to_have_url(f"{installation.address}/password")
        tilo.open("/approvals")
        expect(tilo.page, "nothing opens before the password is his own").to_have_url(
            f"{installation.address}/password"
        )
        tilo.change_password(given)
        expect(tilo.page).to_have_url(f"{installation.address}/approvals")
        for view in told.reviewed:
            tilo.open("/approvals")
            tilo.row(view.id).get_by_role("link").click()
            expect(tilo.page.get_by_role("region", name="Signature")).to_contain_text("I approve this record")
            tilo.prove()
            tilo.page.get_by_role("button", name="Sign and approve").click()
            expect(tilo.page.locator(".told[role=status]")).to_contain_text(f"Document {view.id} is approved")
    records = (json.loads(path.read_text()) for path in installation.wait_until_delivered(len(told.papers)))
    told.delivered = {record["document"]: record for record in records}


def test_each_file_and_document_is_in_exactly_one_state_and_the_sums_add_up(story: Story) -> None:
    assert story.settled is not None
    files, documents = story.settled.files, story.settled.documents
    assert (files["total"], files["claimed"]) == (story.dropped, 0)
    assert (files["duplicate"], files["quarantined"]) == (3, len(BROKEN))
    assert files["stored"] + files["duplicate"] + files["quarantined"] == files["total"]
    assert documents["total"] == files["stored"] == story.dropped - 3 - len(BROKEN)
    assert sum(count for state, count in documents.items() if state != "total") == documents["total"]
    assert documents["review"] + documents["ready"] == documents["total"]
    drop = story.installation.drop_folder
    for folder, count in (("processed", files["stored"]), ("duplicates", 3), ("quarantine", len(BROKEN))):
        assert sum(path.is_file() and path.suffix == ".pdf" for path in (drop / folder).rglob("*")) == count
    left = [path for path in drop.iterdir() if path.is_file()]
    assert left == []


def test_status_on_the_command_line_tells_the_same(story: Story) -> None:
    told, seen = story.installation.status(), story.installation.look()
    if told["documents"] != seen.documents:  # a better model began to read a waiting one in between
        told, seen = story.installation.status(), story.installation.look()
    assert set(told) >= {"files", "documents", "queue", "workers"}
    assert told["files"] == seen.files
    assert told["documents"] == seen.documents
    assert told["documents"]["approved"] == len(story.papers)
    assert told["workers"] == {"alive": 2, "learning": 1}


def test_exceptions_were_kept_corrected_taken_from_the_runners_up_and_marked_absent(story: Story) -> None:
    assert story.how == ({"keep", "correct", "take", "absent"} if story.is_sqlite else {"keep", "take"})


def test_delivered_records_hold_what_the_papers_say_and_what_people_decided(story: Story) -> None:
    assert set(story.delivered) == {view.id for view in story.reviewed}
    for made, view in zip(story.papers, story.reviewed, strict=True):
        record = story.delivered[view.id]
        wanted = {**made.fields, **DECIDED.get(made.name, {})}
        values = {name: entry["value"] for name, entry in record["fields"].items()}
        assert {name: values[name] for name in wanted} == wanted, made.name
        assert record["document_type"] == made.document_type
        assert len(values["line_items"]) == len(made.line_items)
        assert (record["validated_by"], record["signature"]["by"]) == ("mara", "tilo")
        for name in DECIDED.get(made.name, {}):
            assert record["fields"][name]["settled_by"] == "mara"


# each of its forms: tests/integration/test_cli_commands.py; on PostgreSQL and in all forms: the auditor's page below
@pytest.mark.parametrize("story", ["sqlite"], indirect=True)
def test_export_from_the_command_line_holds_every_field_of_every_approval(story: Story) -> None:
    target = story.installation.folder / "export.jsonl"
    story.installation.cli("audit", "export", "--format", "jsonl", "--output", target)
    _check_export(story, "jsonl", target.read_bytes())


def test_auditor_takes_the_same_exports_from_the_page(story: Story) -> None:
    auditor = story.installation.hire("runa", Role.AUDITOR)
    with Person(story.installation, story.browser, auditor) as runa:
        runa.log_in()
        expect(runa.page).to_have_url(f"{story.installation.address}/audit")
        runa.page.get_by_role("button", name="Verify").click()
        expect(runa.page.get_by_text("Unbroken.")).to_be_visible()
        for form in FORMATS:
            runa.page.get_by_label("Format").select_option(form)
            with runa.page.expect_download() as taken:
                runa.page.get_by_role("button", name="Export").click()
            _check_export(story, form, taken.value.path().read_bytes())


def _check_export(story: Story, form: str, content: bytes) -> None:
    values = signed_values(form, content)
    expected = {
        (view.id, name): entry["value"]
        for view in story.reviewed
        for name, entry in story.delivered[view.id]["fields"].items()
    }
    types = {(view.id, TYPE_FIELD) for view in story.reviewed}
    assert set(values) == set(expected) | types
    for key, value in expected.items():
        if value is None or isinstance(value, str):
            assert as_text(values[key]) == as_text(value), key
    accepted = [entry for record in story.delivered.values() for entry in record["fields"].values()]
    assert any(entry["state"] == "accepted" for entry in accepted), "the export must hold what nobody saw, too"


def test_record_verifies(story: Story) -> None:
    story.installation.cli("audit", "verify")


# the file is changed byte by byte; tests/integration/test_audit_verify.py does it on PostgreSQL
@pytest.mark.parametrize("story", ["sqlite"], indirect=True)
def test_any_changed_byte_of_any_event_breaks_the_record(story: Story, tmp_path: Path) -> None:
    pristine = tmp_path / "pristine.db"
    with (
        closing(sqlite3.connect(story.installation.settings.data_path / "proofdesk.db")) as source,
        closing(sqlite3.connect(pristine)) as target,
    ):
        source.backup(target)
        triggers = [name for (name,) in target.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")]
        for name in triggers:
            target.execute(f"DROP TRIGGER {name}")
        target.commit()
    vault = story.installation.settings.vault
    secret = story.installation.settings.data_path / "secret.key"
    assert _problems(pristine, vault, secret) == ()
    chance = Random(20260310)
    copy = tmp_path / "changed" / "proofdesk.db"
    copy.parent.mkdir()
    for number in range(CHANGES):
        shutil.copyfile(pristine, copy)
        column = EVENT_COLUMNS[number % len(EVENT_COLUMNS)]
        change = _change_a_byte(copy, column, chance)
        assert _problems(copy, vault, secret), f"{change} was not found"
        if number == 2:  # a text
            done = story.installation.cli("audit", "verify", expect=1, PROOFDESK_DATA=str(copy.parent))
            assert "does not hold" in done.stdout


def _problems(database: Path, vault: str, secret: Path) -> tuple[str, ...]:
    store = Store(f"sqlite:///{database}", vault=Vault(vault, Sealer(secret, is_made=False)))
    try:
        return Auditing(store, SystemClock(), TypeShelf(())).verify(by=TEST).problems
    finally:
        store.close()


def _change_a_byte(database: Path, column: str, chance: Random) -> str:
    """Change one byte of one value of that column, in an event that has one; return what was done."""
    with closing(sqlite3.connect(database)) as connection:
        rows = connection.execute(f"SELECT seq, {column} FROM events WHERE {column} IS NOT NULL").fetchall()
        seq, value = chance.choice(rows)
        old = str(value).encode()
        place = chance.randrange(len(old))
        # digits stay digits and letters letters, so that the value still fits its column
        others = b"0123456789" if old[place : place + 1].isdigit() else b"abcdefghijklmnopqrstuvwxyz"
        other = chance.choice([sign for sign in others if sign != old[place]])
        new = bytes((*old[:place], other, *old[place + 1 :]))
        changed: object = int(new) if isinstance(value, int) else new.decode(errors="surrogateescape")
        if isinstance(changed, str) and not changed.isprintable():
            changed = new
        taken = {found for (found,) in connection.execute("SELECT seq FROM events")}
        if column == "seq" and changed in taken:
            changed = max(taken) + 7
        connection.execute(f"UPDATE events SET {column} = ? WHERE seq = ?", (changed, seq))
        connection.commit()
    return f"event {seq}, {column}: {value!r} to {changed!r}"
