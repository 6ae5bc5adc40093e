import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime, timedelta, timezone
from multiprocessing import get_context
from multiprocessing.synchronize import Barrier
from pathlib import Path

import pytest
from sqlalchemy import insert, select, text, update
from sqlalchemy.exc import DBAPIError, StatementError
from sqlalchemy.orm import Session

from pipeline.domain.actors import Role
from pipeline.domain.files import FileSource, FileState
from pipeline.domain.review import FieldState
from pipeline.domain.routing import ReasonCode, ReviewReason
from pipeline.record.chain import check_chain
from pipeline.store import events
from pipeline.store.engine import Store
from pipeline.store.stored import find_head, list_stored, snapshot
from pipeline.store.tables import (
    ApprovalRow,
    ChainHeadRow,
    DocumentRow,
    EventRow,
    EventValueRow,
    FieldRow,
    FileRow,
    LoginFailureRow,
    UserRow,
)
from tests import builders
from tests.chains import START, event

PROCESSES = 4
ROUNDS = 25


def file_row(**changes: object) -> FileRow:
    values = {"state": FileState.STORED, "source": FileSource.DROP, "token": "t1", "name": "a/ä.pdf", "size": 0}
    return FileRow(**{**values, "received_by": "machine:test", "received_at": START, **changes})


def count_up(url: str, together: Barrier) -> None:
    """Read a number, write it back one higher and tell of it, ROUNDS times: what a lost update would eat."""
    store = Store(url)
    together.wait()
    for _ in range(ROUNDS):
        with store.writing() as session:
            row = session.scalars(select(FileRow)).one()
            row.size = row.size + 1
            events.append(session, event())
    store.close()


def test_four_processes_that_read_then_write_at_once_lose_nothing(store_url: str) -> None:
    store = Store(store_url)
    with store.writing() as session:
        session.add(file_row())
    context = get_context("spawn")
    together = context.Barrier(PROCESSES)
    processes = [context.Process(target=count_up, args=(store_url, together)) for _ in range(PROCESSES)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0] * PROCESSES
    with snapshot(store) as session:
        assert session.scalars(select(FileRow.size)).one() == PROCESSES * ROUNDS
        report = check_chain(list_stored(session), find_head(session))
    assert (report.events, report.problems) == (PROCESSES * ROUNDS, ())
    store.close()


def test_several_that_open_a_restored_file_at_once_all_get_in(tmp_path: Path) -> None:
    """A copy may have lost its write-ahead log's mode: who finds somebody else restoring it waits for them."""
    rounds, openers = 20, 4
    for number in range(rounds):
        file = tmp_path / f"{number}.db"
        with closing(sqlite3.connect(file)) as made:
            made.execute("CREATE TABLE kept (at INTEGER)")
        stores = [Store(f"sqlite:///{file}") for _ in range(openers)]
        begin = threading.Barrier(openers)

        def look(store: Store, begin: threading.Barrier = begin) -> int:
            begin.wait()
            with store.reading() as session:
                return session.scalar(text("SELECT count(*) FROM kept")) or 0

        with ThreadPoolExecutor(openers) as pool:
            assert list(pool.map(look, stores)) == [0] * openers
        for store in stores:
            store.close()


def test_what_is_written_while_reading_is_not_kept(store: Store) -> None:
    with store.reading() as session:
        session.add(file_row())
        session.flush()
    with store.reading() as session:
        assert session.scalars(select(FileRow)).all() == []


def test_rows_that_were_read_can_be_used_after_the_transaction(store: Store) -> None:
    with store.writing() as session:
        session.add(file_row())
    with store.reading() as session:
        row = session.scalars(select(FileRow)).one()
    assert row.name == "a/ä.pdf"


def test_block_that_raises_leaves_neither_change_nor_event(store: Store) -> None:
    def fail() -> None:
        with store.writing() as session:
            session.add(file_row())
            events.append(session, event())
            raise LookupError

    with pytest.raises(LookupError):
        fail()
    with store.reading() as session:
        assert session.scalars(select(FileRow)).all() == []
        assert find_head(session) == (0, "0" * 64)


def test_events_are_numbered_without_gaps_over_transactions(store: Store) -> None:
    with store.writing() as session:
        assert events.append(session, event(), event()) == (1, 2)
        assert events.append(session) == ()
    with store.writing() as session:
        assert events.append(session, event()) == (3,)


def test_events_cannot_be_appended_while_reading(store: Store) -> None:
    with store.reading() as session, pytest.raises(RuntimeError, match=r"store\.writing"):
        events.append(session, event())


def test_hashed_text_holds_no_value_and_no_file_name(store: Store) -> None:
    secret = {"file_name": "Müller-Kündigung.pdf", "after": "DE02120300000000202051"}
    with store.writing() as session:
        events.append(session, event(values=secret))
    with store.reading() as session:
        row = session.get_one(EventRow, 1)
        assert "Müller" not in row.text
        assert "DE0212" not in row.text
        assert {kept.name: kept.value for kept in session.scalars(select(EventValueRow))} == secret


def test_same_value_has_another_commitment_each_time(store: Store) -> None:
    with store.writing() as session:
        events.append(session, event(values={"after": "1"}), event(values={"after": "1"}))
    with store.reading() as session:
        one, other = session.scalars(select(EventRow.text).order_by(EventRow.seq))
        salts = session.scalars(select(EventValueRow.salt)).all()
    assert one.split('"commitments"')[1].split("}")[0] != other.split('"commitments"')[1].split("}")[0]
    assert len(set(salts)) == 2


@pytest.mark.parametrize("value", [None, "", "“é”\n\t\x00", -1.5, 10**20, [["a", None]], {"b": {"ä": True}}])
def test_value_of_an_event_comes_back_as_it_was(store: Store, value: object) -> None:
    with store.writing() as session:
        events.append(session, event(values={"after": value}))
    with snapshot(store) as session:
        assert session.scalars(select(EventValueRow)).one().value == value
        assert check_chain(list_stored(session), find_head(session)).problems == ()


def test_times_come_back_in_utc_whatever_zone_they_were_given_in(store: Store) -> None:
    local = datetime(2026, 7, 1, 12, 30, 0, 123456, tzinfo=timezone(timedelta(hours=2)))
    with store.writing() as session:
        session.add(LoginFailureRow(name="a", address="b", at=local))
    with store.reading() as session:
        at = session.scalars(select(LoginFailureRow.at)).one()
    assert at == local
    assert at.utcoffset() == timedelta(0)


def test_time_without_a_zone_is_refused(store: Store) -> None:
    def add() -> None:
        with store.writing() as session:
            session.add(LoginFailureRow(name="a", address="b", at=datetime(2026, 7, 1)))  # noqa: DTZ001

    with pytest.raises(StatementError, match="aware"):
        add()


def test_values_kept_as_json_come_back_as_what_they_were(store: Store) -> None:
    reasons = (ReviewReason(code=ReasonCode.CRITICAL, message="Always checked."),)
    table = ({"text": "Nägel", "amount": None}, {"text": "=1", "amount": "-2.50"})
    place = builders.extraction().fields[0].provenance
    with store.writing() as session:
        session.add(file_row(id=1))
        session.flush()
        session.add(document_row())
        session.flush()
        session.add(
            FieldRow(
                document_id=1,
                name="lines",
                position=0,
                state=FieldState.OPEN,
                machine_value=table,
                value=None,
                confidence=0.5,
                threshold=0.9,
                reasons=reasons,
                provenance=place,
            )
        )
    with store.reading() as session:
        row = session.scalars(select(FieldRow)).one()
        assert (row.machine_value, row.value, row.reasons, row.provenance) == (table, None, reasons, place)
        assert session.execute(text("SELECT value FROM fields")).scalar_one() is None


def document_row() -> DocumentRow:
    return DocumentRow(state="ready", file_id=1, received_at=START, due_at=START, changed_at=START)


@pytest.fixture
def written(store: Store) -> Store:
    """A store with an event and a signed approval in it."""
    with store.writing() as session:
        session.add(
            UserRow(id=1, name="okafor", display_name="O", roles=(Role.APPROVER,), password_hash="", created_at=START)
        )
        session.add(file_row(id=1))
        session.flush()
        session.add(document_row())
        session.flush()
        session.add(
            ApprovalRow(
                id=1,
                document_id=1,
                revision=1,
                by_id=1,
                by="okafor",
                by_display="O",
                at=START,
                meaning="I approve this record.",
                was_reviewer=False,
                record={"fields": {}},
                record_sha256="0" * 64,
            )
        )
        events.append(session, event())
    return store


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE events SET \"by\" = 'mallory'",
        "UPDATE events SET seq = seq + 1",
        "DELETE FROM events",
        "UPDATE event_values SET value = '1'",
        "UPDATE approvals SET meaning = 'I only looked.'",
        "UPDATE approvals SET record = '{}'",
        "UPDATE approvals SET superseded_at = at, record_sha256 = 'x'",
        "DELETE FROM approvals",
    ],
)
def test_database_itself_refuses_what_rewrites_the_record(written: Store, statement: str) -> None:
    def run() -> None:
        with written.writing() as session:
            session.execute(text("DELETE FROM event_values")) if "FROM events" in statement else None
            session.execute(text(statement))

    with pytest.raises(DBAPIError, match="cannot be changed"):
        run()


def test_event_cannot_be_replaced_by_inserting_over_it(sqlite_url: str) -> None:
    """SQLite's REPLACE removes rows without asking a trigger for deletions."""
    store = Store(sqlite_url)
    with store.writing() as session:
        events.append(session, event())
    for table in ("events", "event_values"):
        with pytest.raises(DBAPIError, match="cannot be changed"), store.writing() as session:
            session.execute(text(f"INSERT OR REPLACE INTO {table} SELECT * FROM {table} LIMIT 1"))
    store.close()


def test_tables_of_the_record_cannot_be_emptied_at_once(postgres_url: str) -> None:
    store = Store(postgres_url)
    for table in ("events", "event_values", "approvals"):
        with pytest.raises(DBAPIError, match="cannot be changed"), store.writing() as session:
            session.execute(text(f"TRUNCATE {table} CASCADE"))
    store.close()


def test_value_can_be_erased(written: Store) -> None:
    with written.writing() as session:
        session.execute(text("DELETE FROM event_values"))
    with written.reading() as session:
        assert session.scalars(select(EventValueRow)).all() == []


def test_approval_can_be_superseded_but_only_once(written: Store) -> None:
    def supersede(session: Session, at: datetime) -> None:
        session.execute(update(ApprovalRow).values(superseded_at=at))

    with written.writing() as session:
        supersede(session, START)
    with pytest.raises(DBAPIError, match="only superseded once"), written.writing() as session:
        supersede(session, datetime.now(UTC))
    with written.reading() as session:
        assert session.scalars(select(ApprovalRow.superseded_at)).one() == START


def test_lost_head_row_stops_every_writer_with_a_sentence(store: Store) -> None:
    with store.writing() as session:
        session.execute(text("DELETE FROM chain_head"))
    with pytest.raises(Exception, match="restore a backup"), store.writing() as session:
        events.append(session, event())


def test_broken_reference_is_refused(store: Store) -> None:
    with pytest.raises(DBAPIError), store.writing() as session:
        session.execute(insert(DocumentRow).values(state="ready", file_id=77, received_at=START, due_at=START))


def test_writers_on_postgresql_take_turns_at_the_head_row(postgres_url: str) -> None:
    store = Store(postgres_url)
    with store.writing() as session:
        events.append(session, event())
        with store.engine.connect() as other, pytest.raises(DBAPIError, match="could not obtain lock"):
            other.execute(select(ChainHeadRow.seq).with_for_update(nowait=True))
    store.close()
