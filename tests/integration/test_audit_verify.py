import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import delete, text

from pipeline.domain.actors import Actor, Role
from pipeline.domain.audit import AuditTag
from pipeline.domain.review import Decision, Settlement
from pipeline.errors import AccessDeniedError, RecordBrokenError
from pipeline.services.auditing import Auditing, EventFilter
from pipeline.services.views import DocumentView
from pipeline.store.engine import Store
from pipeline.store.tables import EventValueRow
from tests import builders
from tests.builders import MACHINE
from tests.desk import Office


@pytest.fixture
def auditing(office: Office) -> Auditing:
    return office.auditing


@pytest.fixture
def auditor(office: Office) -> Actor:
    return office.hire("lindqvist", Role.AUDITOR)


@pytest.fixture
def approved(office: Office) -> DocumentView:
    return approve_one(office)


def approve_one(office: Office) -> DocumentView:
    """Take one document from the drop folder to its signature."""
    everyone = office.hire(f"person{office.clock.now().timestamp():.0f}")
    office.clock.advance(seconds=1)
    view = office.reviewing.claim(office.receive().id, by=everyone)
    for field in view.fields:
        if field.record.state == "open":
            settlement = Settlement(field=field.record.name, decision=Decision.ABSENT, comment="=not printed")
            view = office.reviewing.settle(view.id, settlement, by=everyone, revision=view.revision)
    office.reviewing.validate(view.id, by=everyone, revision=view.revision)
    view = office.reviewing.get_document(view.id, by=everyone)
    view = office.approving.approve(view.id, by=everyone, revision=view.revision)
    office.work()
    return view


def forge(office: Office, *statements: str) -> None:
    """Change the database behind the program's back, as whoever owns the machine can."""
    with office.store.engine.connect() as connection:
        if office.store.is_sqlite:
            for (trigger,) in connection.execute(text("SELECT name FROM sqlite_master WHERE type = 'trigger'")).all():
                connection.execute(text(f"DROP TRIGGER {trigger}"))
        else:
            connection.execute(text("SET session_replication_role = replica"))
        for statement in statements:
            connection.execute(text(statement))
        connection.commit()


def test_record_of_a_day_s_work_holds(
    office: Office, auditing: Auditing, approved: DocumentView, auditor: Actor
) -> None:
    found = auditing.verify(by=auditor)
    assert found.problems == ()
    assert found.events > 10


def test_verification_is_itself_on_record(auditing: Auditing, approved: DocumentView, auditor: Actor) -> None:
    found = auditing.verify(by=auditor)
    [event] = auditing.list_events(EventFilter(tag=AuditTag.EXPORT_VERIFY), by=auditor).rows
    assert (event.by, event.facts["problems"], event.facts["events"]) == ("lindqvist", 0, found.events)


def test_forged_event_removed_event_and_cut_end_are_found(
    office: Office, auditing: Auditing, approved: DocumentView, auditor: Actor
) -> None:
    forge(office, "UPDATE events SET text = replace(text, '\"absent\"', '\"confirm\"') WHERE tag = 'field:settle'")
    assert any("was changed after it was written" in problem for problem in auditing.verify(by=auditor).problems)
    forge(office, "DELETE FROM event_values WHERE seq = 4", "DELETE FROM events WHERE seq = 4")
    assert any("Event 4 is missing" in problem for problem in auditing.verify(by=auditor).problems)


def test_value_that_was_changed_or_taken_away_is_found(
    office: Office, auditing: Auditing, approved: DocumentView, auditor: Actor
) -> None:
    with office.store.writing() as session:
        session.execute(delete(EventValueRow).where(EventValueRow.name == "why"))
    [problem] = auditing.verify(by=auditor).problems
    assert "a value of it is gone, though no erasure of it is on record" in problem


def test_approval_that_was_changed_after_signing_is_found(
    office: Office, auditing: Auditing, approved: DocumentView, auditor: Actor
) -> None:
    record = json.dumps({"format": 1, "fields": {"gross_total": {"value": "1.00"}}})
    forge(office, f"UPDATE approvals SET record = '{record.replace(':', chr(92) + ':')}'")
    problems = auditing.verify(by=auditor).problems
    assert (
        f"The approval of document {approved.id}, revision {approved.revision}, was changed after it was signed."
        in (problems)
    )


def test_approval_that_nobody_signed_is_found(
    office: Office, auditing: Auditing, approved: DocumentView, auditor: Actor
) -> None:
    columns = 'document_id, by_id, "by", by_display, at, meaning, was_reviewer, record, record_sha256'
    forge(
        office,
        f"INSERT INTO approvals (id, revision, {columns}) SELECT id + 1000, revision + 7, {columns} FROM approvals",
    )
    assert any("nobody signed it in Proofdesk" in problem for problem in auditing.verify(by=auditor).problems)


def test_approval_that_was_removed_is_found(
    office: Office, auditing: Auditing, approved: DocumentView, auditor: Actor
) -> None:
    forge(office, "DELETE FROM deliveries", "DELETE FROM approvals")
    assert any("but only 0 are there" in problem for problem in auditing.verify(by=auditor).problems)


def test_field_that_was_changed_after_signing_is_found(
    office: Office, auditing: Auditing, approved: DocumentView, auditor: Actor
) -> None:
    forge(office, "UPDATE fields SET value = '\"1.00\"' WHERE name = 'gross_total'")
    [problem] = auditing.verify(by=auditor).problems
    assert "the field “gross_total” now has another value than what was signed" in problem


def test_checkpoint_finds_a_cut_end_that_the_database_alone_does_not_show(
    office: Office, auditing: Auditing, approved: DocumentView, auditor: Actor
) -> None:
    checkpoint = office.checkpointing.write(by=auditor)
    seq = json.loads(checkpoint)["seq"]
    forge(
        office,
        f"DELETE FROM event_values WHERE seq > {seq - 2}",
        f"DELETE FROM events WHERE seq > {seq - 2}",
        f"UPDATE chain_head SET seq = {seq - 2}, hash = (SELECT hash FROM events WHERE seq = {seq - 2})",
    )
    assert auditing.verify(by=auditor).problems == ()
    found = auditing.verify(checkpoint, by=auditor)
    assert found.checkpoint_seq == seq
    # the events of looking have filled the gap again, so it shows as a rebuilt record or as a cut one
    assert len(found.problems) == 1
    assert "checkpoint" in found.problems[0]


def test_chain_that_grew_since_agrees_with_its_checkpoint(
    office: Office, auditing: Auditing, approved: DocumentView, auditor: Actor
) -> None:
    checkpoint = office.checkpointing.write(by=auditor)
    approve_one(office)
    assert auditing.verify(checkpoint, by=auditor).problems == ()


def test_unusable_checkpoint_is_a_problem_that_says_so(auditing: Auditing, auditor: Actor) -> None:
    [problem] = auditing.verify(b"not a checkpoint", by=auditor).problems
    assert "The checkpoint cannot be used" in problem


def test_broken_record_gets_no_checkpoint(
    office: Office, auditing: Auditing, approved: DocumentView, auditor: Actor
) -> None:
    forge(office, "UPDATE events SET \"by\" = 'mallory' WHERE seq = 2")
    with pytest.raises(RecordBrokenError, match=r"no checkpoint was made\. Event 2"):
        office.checkpointing.write(by=auditor)


def test_record_that_nothing_can_be_added_to_is_still_checked(
    office: Office, auditing: Auditing, approved: DocumentView, auditor: Actor
) -> None:
    forge(office, "UPDATE chain_head SET seq = 3")
    problems = auditing.verify(by=auditor).problems
    assert "its head says event 3" in problems[0]
    assert "nothing can be added to it" in problems[-1]
    forge(office, "DELETE FROM chain_head")
    assert "is missing from the database" in auditing.verify(by=auditor).problems[0]


def test_values_that_no_longer_fit_their_columns_are_problems_and_no_crash(
    office: Office, auditing: Auditing, approved: DocumentView, auditor: Actor
) -> None:
    forge(office, "UPDATE fields SET value = '{\"a\"\\:1}'", "UPDATE events SET text = 'x' WHERE seq = 2")
    forge(office, "UPDATE event_values SET value = 'x'")
    problems = auditing.verify(by=auditor).problems
    assert "Event 2: its text cannot be read." in problems
    assert any("they cannot be read" in problem for problem in problems)
    assert auditing.list_events(EventFilter(), by=auditor).rows[0].tag == "export:verify"


def test_byte_flipped_in_the_database_file_is_found(sqlite_url: str, tmp_path: Path) -> None:
    """Straight in the file's bytes, as a failing disk or a hex editor would."""
    (tmp_path / "office").mkdir()
    office = Office(Store(sqlite_url), tmp_path / "office")
    approve_one(office)
    office.store.close()
    file = Path(sqlite_url.removeprefix("sqlite:///"))
    with closing(sqlite3.connect(file)) as database:
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    data = file.read_bytes()
    place = data.rindex(b'"handling_ms":0') + len('"handling_ms":')
    file.write_bytes(data[:place] + b"7" + data[place + 1 :])
    [problem, *_] = Auditing(office.store, office.clock).verify(by=MACHINE).problems
    assert "its text or its hash was changed" in problem
    office.store.close()


@pytest.mark.parametrize("role", [Role.REVIEWER, Role.APPROVER])
def test_only_auditors_and_administrators_see_the_record(office: Office, auditing: Auditing, role: Role) -> None:
    somebody = office.hire("somebody", role)
    for call in (
        lambda: auditing.list_events(EventFilter(), by=somebody),
        lambda: auditing.history(1, by=somebody),
        lambda: auditing.verify(by=somebody),
        lambda: office.checkpointing.write(by=somebody),
        lambda: auditing.get_verifier(by=somebody),
    ):
        with pytest.raises(AccessDeniedError, match="auditor"):
            call()


def test_history_of_a_document_begins_with_its_file(
    office: Office, auditing: Auditing, approved: DocumentView, auditor: Actor
) -> None:
    office.receive(builders.extraction(), b"%PDF another")
    tags = [event.tag for event in auditing.history(approved.id, by=auditor)]
    assert tags[:4] == ["file:claim", "file:store", "document:queue", "document:read"]
    assert tags[-2:] == ["document:approve", "delivery:send"]
    assert {event.document_id for event in auditing.history(approved.id, by=auditor)} == {None, approved.id}


def test_events_are_found_by_tag_person_document_time_and_words(
    office: Office, auditing: Auditing, approved: DocumentView, auditor: Actor
) -> None:
    def count(**wanted: object) -> int:
        return auditing.list_events(EventFilter.model_validate(wanted), by=auditor).total

    everything = count()
    assert count(tag="document") > count(tag="document:approve") == 1
    assert count(person=MACHINE.name) + count(tag="field:settle") < everything
    assert count(document_id=approved.id) > 5
    assert count(document_id=approved.id + 1) == 0
    assert count(search="=not PRINTED") == 1
    assert count(search="invoice.pdf") == 1
    assert count(search="100%_") == 0
    assert count(search=str(approved.id), tag="document:approve") == 1
    assert count(since=office.clock.now(), until=office.clock.now()) == 0


def test_events_come_newest_first_in_pages(
    office: Office, auditing: Auditing, approved: DocumentView, auditor: Actor
) -> None:
    first = auditing.list_events(EventFilter(page_size=3), by=auditor)
    second = auditing.list_events(EventFilter(page_size=3, page=2), by=auditor)
    numbers = [event.seq for event in (*first.rows, *second.rows)]
    assert numbers == sorted(numbers, reverse=True)
    assert numbers[0] == first.total
    assert "document:approve" in first.tags
    assert MACHINE.name in first.people
