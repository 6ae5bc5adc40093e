"""Whatever is done to a record after it was written is found: edits, removals, insertions, swaps, cuts, rebuilding."""

import json
import random
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.record.canonical import canonical_json
from pipeline.record.chain import check_chain
from pipeline.record.checkpoint import write_checkpoint
from pipeline.record.verify import StoredEvent, check_export, parse_checkpoint, parse_json
from pipeline.services.exports.lines import write_jsonl
from pipeline.services.exports.rows import event_line
from pipeline.store import events
from pipeline.store.engine import Store
from pipeline.store.stored import find_head, list_stored, snapshot
from tests.chains import INTRODUCED, KEY, START, chain, event, head

CASES = 400
EVENTS = 12

Mutation = Callable[[random.Random, list[StoredEvent]], list[StoredEvent]]

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


@given(json_values)
def test_canonical_text_reads_back_as_the_same_value_and_the_same_text(value: object) -> None:
    text = canonical_json(value)
    assert parse_json(text) == value
    assert canonical_json(parse_json(text)) == text


def flip(rng: random.Random, data: bytes) -> bytes:
    """Change one bit of one byte."""
    place = rng.randrange(len(data))
    return data[:place] + bytes([data[place] ^ (1 << rng.randrange(8))]) + data[place + 1 :]


def flip_text(rng: random.Random, text: str) -> str:
    return flip(rng, text.encode()).decode(errors="replace")


def edit_text(rng: random.Random, stored: list[StoredEvent]) -> list[StoredEvent]:
    at = rng.randrange(len(stored))
    stored[at] = stored[at]._replace(text=flip(rng, stored[at].text))
    return stored


def edit_hash(rng: random.Random, stored: list[StoredEvent]) -> list[StoredEvent]:
    at = rng.randrange(len(stored))
    stored[at] = stored[at]._replace(hash=flip_text(rng, stored[at].hash))
    return stored


def edit_column(rng: random.Random, stored: list[StoredEvent]) -> list[StoredEvent]:
    at = rng.randrange(len(stored))
    name = rng.choice(sorted(stored[at].columns))
    old = stored[at].columns[name]
    new = old ^ (1 << rng.randrange(16)) if isinstance(old, int) else flip_text(rng, old)
    stored[at] = stored[at]._replace(columns={**stored[at].columns, name: rng.choice([new, None])})
    return stored


def edit_value(rng: random.Random, stored: list[StoredEvent]) -> list[StoredEvent]:
    at = rng.randrange(len(stored))
    values = list(stored[at].values)
    which = rng.randrange(len(values))
    name, salt, text = values[which]
    values[which] = rng.choice(
        [(flip_text(rng, name), salt, text), (name, flip_text(rng, salt), text), (name, salt, flip(rng, text))]
    )
    stored[at] = stored[at]._replace(values=tuple(values))
    return stored


def drop(rng: random.Random, stored: list[StoredEvent]) -> list[StoredEvent]:
    del stored[rng.randrange(len(stored))]
    return stored


def swap(rng: random.Random, stored: list[StoredEvent]) -> list[StoredEvent]:
    one, other = rng.sample(range(len(stored)), 2)
    stored[one], stored[other] = stored[other], stored[one]
    return stored


def swap_values(rng: random.Random, stored: list[StoredEvent]) -> list[StoredEvent]:
    one, other = rng.sample(range(len(stored)), 2)
    values = stored[one].values, stored[other].values
    stored[one], stored[other] = stored[one]._replace(values=values[1]), stored[other]._replace(values=values[0])
    return stored


def insert(rng: random.Random, stored: list[StoredEvent]) -> list[StoredEvent]:
    at = rng.randrange(len(stored))
    [forged] = chain(event(99), first=stored[at].seq, prev=stored[at - 1].hash if at else "0" * 64)
    renumbered = [one._replace(seq=one.seq + 1) for one in stored[at:]]
    return [*stored[:at], forged, *renumbered]


def replace(rng: random.Random, stored: list[StoredEvent]) -> list[StoredEvent]:
    at = rng.randrange(len(stored))
    [stored[at]] = chain(event(99), first=stored[at].seq, prev=stored[at - 1].hash if at else "0" * 64)
    return stored


def cut(rng: random.Random, stored: list[StoredEvent]) -> list[StoredEvent]:
    return stored[: rng.randrange(len(stored))]


def rebuild(rng: random.Random, stored: list[StoredEvent]) -> list[StoredEvent]:
    """Change one event and link everything after it anew: only a checkpoint can tell."""
    at = rng.randrange(len(stored))
    prev = stored[at - 1].hash if at else "0" * 64
    later = (event(number, by="mallory") for number in range(at + 1, EVENTS + 1))
    return [*stored[:at], *chain(*later, first=at + 1, prev=prev)]


MUTATIONS: dict[str, Mutation] = {
    each.__name__: each
    for each in (edit_text, edit_hash, edit_column, edit_value, drop, swap, swap_values, insert, replace, cut, rebuild)
}


@pytest.mark.parametrize("name", MUTATIONS)
def test_every_mutation_of_a_chain_is_found(name: str) -> None:
    rng = random.Random(name)
    untouched = chain(*(event(number) for number in range(1, EVENTS + 1)))
    known = parse_checkpoint(write_checkpoint(check_chain(untouched, head(untouched)), START, KEY, [INTRODUCED]))
    for case in range(CASES // len(MUTATIONS) + 1):
        changed = MUTATIONS[name](rng, list(untouched))
        if changed == untouched:
            continue
        # the head row is forged to fit wherever the mutation gives the forger a chance to
        remembered = head(changed) if name in ("cut", "rebuild", "drop") else head(untouched)
        assert check_chain(changed, remembered, known).problems, f"case {case} of {name} went unnoticed"


def test_any_one_bit_of_the_database_is_found(sqlite_url: str) -> None:
    """Bits of every stored column of events, values and head, flipped behind the program's back, 300 times."""
    store = Store(sqlite_url)
    with store.writing() as session:
        events.append(session, *(event(number) for number in range(1, 6)))
    columns = ["hash", "text", "at", "tag", "by", "file_id", "document_id", "field"]
    places = [("events", column) for column in columns]
    places += [("event_values", column) for column in ("name", "salt", "value")]
    places += [("chain_head", column) for column in ("seq", "hash")]
    rng = random.Random("database")
    file = Path(sqlite_url.removeprefix("sqlite:///"))
    with closing(sqlite3.connect(file, isolation_level=None)) as forger:
        for (trigger,) in forger.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            forger.execute(f"DROP TRIGGER {trigger}")
        for case in range(300):
            table, column = places[case % len(places)]
            rows = forger.execute(f"SELECT rowid, {column}, typeof({column}) FROM {table}").fetchall()
            row, old, kind = rng.choice(rows)
            if kind == "integer":
                new: object = old ^ (1 << rng.randrange(20))
                write = f"UPDATE {table} SET {column} = ? WHERE rowid = ?"
            else:
                new = flip(rng, old.encode())
                write = f"UPDATE {table} SET {column} = CAST(? AS TEXT) WHERE rowid = ?"
            forger.execute(write, (new, row))
            with snapshot(store) as session:
                problems = check_chain(list_stored(session), find_head(session)).problems
            assert problems, f"{table}.{column}: {old!r} became {new!r} unnoticed"
            forger.execute(f"UPDATE {table} SET {column} = ? WHERE rowid = ?", (old, row))
    with snapshot(store) as session:
        assert check_chain(list_stored(session), find_head(session)).problems == ()
    store.close()


def test_any_one_byte_of_an_export_is_found() -> None:
    stored = chain(*(event(number) for number in range(1, 6)))
    covered = {"first": 1, "last": 5, "last_hash": stored[-1].hash, "complete": True}
    rows = {"approval": 0, "document": 0, "field": 0, "event": 5}
    statement = {"kind": "statement", "format": 1, "events": covered, "rows": rows}
    export = b"".join(write_jsonl(statement, map(event_line, stored)))
    assert check_export(export.splitlines(keepends=True)).chain.all_problems() == []
    rng = random.Random("export")
    for _ in range(300):
        changed = flip(rng, export)
        found = check_export(changed.splitlines(keepends=True)).chain.all_problems()
        assert found, f"{json.dumps(changed.decode(errors='replace'))} passed"
