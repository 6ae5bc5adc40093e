import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from multiprocessing import get_context
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine, inspect, text

from pipeline.domain.routing import Policy
from pipeline.errors import ConfigurationError
from pipeline.store import migrate
from pipeline.store.engine import Store
from pipeline.store.tables import Base, ChainHeadRow, PolicyRow


def test_migrations_make_exactly_the_tables_that_the_code_expects(store: Store) -> None:
    with store.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []


def test_migrations_make_the_same_names_for_constraints_as_the_code_expects(store: Store) -> None:
    inspector = inspect(store.engine)
    for table in Base.metadata.tables.values():
        expected = {str(constraint.name) for constraint in table.constraints}
        found = {str(inspector.get_pk_constraint(table.name)["name"])}
        found |= {str(one["name"]) for one in inspector.get_foreign_keys(table.name)}
        found |= {str(one["name"]) for one in inspector.get_unique_constraints(table.name)}
        assert found == expected


def test_new_database_starts_with_an_empty_chain_and_the_first_policy(store: Store) -> None:
    with store.reading() as session:
        head = session.get_one(ChainHeadRow, 1)
        policy = session.get_one(PolicyRow, 1)
        assert (head.seq, head.hash) == (0, "0" * 64)
        assert policy.policy == Policy()


def test_empty_database_is_not_current_until_it_was_upgraded(empty_url: str) -> None:
    assert not migrate.is_current(empty_url)
    assert migrate.upgrade(empty_url) is None
    assert migrate.is_current(empty_url)


def test_asking_whether_it_is_current_makes_no_sqlite_file(tmp_path: Path) -> None:
    assert not migrate.is_current(f"sqlite:///{tmp_path / 'none.db'}")
    assert list(tmp_path.iterdir()) == []


def test_upgrading_a_current_database_changes_nothing_and_copies_nothing(store_url: str, tmp_path: Path) -> None:
    assert migrate.upgrade(store_url, tmp_path / "backups") is None
    assert not (tmp_path / "backups").exists()


def test_migrations_can_be_taken_back_one_by_one_and_made_again(empty_url: str, tmp_path: Path) -> None:
    migrate.upgrade(empty_url)
    migrate.downgrade(empty_url, "-1", tmp_path)
    assert not migrate.is_current(empty_url)
    migrate.downgrade(empty_url, "base", tmp_path)
    engine = create_engine(empty_url)
    assert inspect(engine).get_table_names() == ["alembic_version"]
    engine.dispose()
    migrate.upgrade(empty_url, tmp_path)
    assert migrate.is_current(empty_url)


def test_sqlite_file_is_copied_before_it_is_upgraded(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'proofdesk.db'}"
    migrate.upgrade(url)
    migrate.downgrade(url, "0001")
    with closing(sqlite3.connect(tmp_path / "proofdesk.db")) as database:
        database.execute("INSERT INTO blobs VALUES ('ab', 1, 1, '2026-01-01')")
        database.execute("INSERT INTO files VALUES (1, 's', 'd', 't', 'n', 1, 'ab', 1, 0, 0, 0, 0, 'x', 'y', 'z', 1)")
        database.execute("UPDATE files SET duplicate_of = NULL")
        database.commit()
    backup = migrate.upgrade(url, tmp_path / "backups")
    assert backup is not None
    assert backup.parent == tmp_path / "backups"
    with closing(sqlite3.connect(backup)) as copy:
        assert copy.execute("SELECT version_num FROM alembic_version").fetchall() == [("0001",)]
        assert copy.execute("SELECT sha256 FROM blobs").fetchall() == [("ab",)]
    assert [path.suffix for path in backup.parent.iterdir()] == [".db"]


def test_failed_upgrade_leaves_the_database_as_it_was(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'proofdesk.db'}"
    migrate.upgrade(url)
    migrate.downgrade(url, "0001")
    with closing(sqlite3.connect(tmp_path / "proofdesk.db")) as database:
        database.execute("CREATE TRIGGER events_refuse_delete AFTER INSERT ON files BEGIN SELECT 1; END")
    with pytest.raises(ConfigurationError, match="events_refuse_delete already exists"):
        migrate.upgrade(url)
    with closing(sqlite3.connect(tmp_path / "proofdesk.db")) as database:
        assert database.execute("SELECT version_num FROM alembic_version").fetchall() == [("0001",)]
        assert database.execute("SELECT count(*) FROM chain_head").fetchall() == [(0,)]


def test_upgrade_that_breaks_a_reference_is_undone(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'proofdesk.db'}"
    migrate.upgrade(url)
    migrate.downgrade(url, "0001")
    with closing(sqlite3.connect(tmp_path / "proofdesk.db")) as database:
        database.execute("INSERT INTO blobs VALUES ('ab', 1, 77, '2026-01-01')")
        database.commit()
    with pytest.raises(ConfigurationError, match="table blobs refers to one of files that is missing"):
        migrate.upgrade(url)
    assert not migrate.is_current(url)


def test_database_of_a_newer_program_is_refused_with_a_sentence_that_says_what_to_do(store_url: str) -> None:
    engine = create_engine(store_url)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    engine.dispose()
    with pytest.raises(ConfigurationError, match=r"newer Proofdesk .*9999.*Start that newer version"):
        migrate.upgrade(store_url)
    assert not migrate.is_current(store_url)


def test_unreachable_server_is_a_configuration_error_that_hides_the_password(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError) as caught:
        migrate.upgrade(f"postgresql+psycopg://someone:secret@/none?host={tmp_path}")
    assert "DATABASE_URL" in str(caught.value)
    assert "secret" not in str(caught.value)


def test_unwritable_folder_is_a_configuration_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ConfigurationError, match="PROOFDESK_DATA"):
        migrate.upgrade(f"sqlite:///{tmp_path / 'file' / 'proofdesk.db'}")


def test_several_processes_may_upgrade_at_once(empty_url: str) -> None:
    context = get_context("spawn")
    processes = [context.Process(target=migrate.upgrade, args=(empty_url,)) for _ in range(3)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0, 0, 0]
    assert migrate.is_current(empty_url)
    store = Store(empty_url)
    with store.reading() as session:
        assert session.query(ChainHeadRow).count() == 1
    store.close()


def test_several_threads_may_upgrade_at_once(empty_url: str) -> None:
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(migrate.upgrade, [empty_url] * 4)) == [None] * 4
    assert migrate.is_current(empty_url)
