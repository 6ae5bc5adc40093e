"""A long queue: what its page, "next" and a search cost the server with 100,000 open documents on SQLite.

    python -m bench.queue [--count 100000] [--json]

The pages are asked of the web application itself, templates and log-in included, without a network between. Each row of
the table is asked `ROUNDS` times. The limit of `LIMIT_MS` is set against the processor's time, which other work on the
machine does not lengthen; the time on the clock stands beside it.
"""

import argparse
import json
import random
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import insert

from pipeline import assembly
from pipeline.domain.actors import Actor, Role
from pipeline.domain.terms import terms_of, text_terms
from pipeline.domain.worth import Priority, rank_of
from pipeline.garbage import collect_rarely
from pipeline.ports import Job
from pipeline.settings import Settings
from pipeline.store import listing
from pipeline.store.columns import Owned
from pipeline.store.listing import Listing
from pipeline.store.tables import DocumentRow, FileRow, FileTermRow, SearchTermRow
from review_ui import create_app

LIMIT_MS = 50.0
ROUNDS = 15
CHUNK = 5_000
PARTIES = (
    "Calder & Finch Joinery Ltd",
    "Müller Holzbau GmbH",
    "Atelier Besson SARL",
    "Brook Lane Supplies",
    "Okafor Steel",
)
TYPES = ("invoice", "receipt", "purchase_order", "contract")


@dataclass(frozen=True)
class Row:
    """What one question costs, in milliseconds."""

    what: str
    p50: float
    """Of the processor, as the next."""
    p95: float
    clock_p50: float
    limit: float | None
    """None: stated, not limited."""

    @property
    def holds(self) -> bool:
        return self.limit is None or self.p95 <= self.limit


class NoBell:
    """A job queue that nobody listens to."""

    def enqueue(self, job: Job, document_id: int) -> None: ...

    def enqueue_many(self, job: Job, document_ids: list[int]) -> None: ...

    def depth(self) -> int:
        return 0

    def workers(self) -> int:
        return 0

    def learners(self) -> int:
        return 0


def measure(count: int, folder: Path, rounds: int = ROUNDS) -> list[Row]:
    """Return what each question costs with `count` documents under review."""
    settings = Settings(data=folder)
    assembly.upgrade(settings)
    services = assembly.build(settings, NoBell())
    try:
        machine = Actor.machine("bench")
        password = services.accounts.add("rowe", "Rowe", tuple(Role), by=machine)
        actor = services.accounts.login("rowe", password, address="127.0.0.1").actor
        services.accounts.change_password(password, "a long one for the bench", by=actor)
        login = services.accounts.login("rowe", "a long one for the bench", address="127.0.0.1")
        fill(services, count)
        client = create_app(services, settings).test_client()
        client.set_cookie("proofdesk", login.token)
        collect_rarely()  # as the web server does
        rows = [
            timed(f"page: {words}", lambda path=path: _get(client, path), rounds, LIMIT_MS) for words, path in PAGES
        ]
        rows.append(timed("next", lambda: services.reviewing.find_next(by=actor), rounds, LIMIT_MS))
        rows += _as_members(services, settings, rounds)
        rows += [
            timed(f"search: {words}", lambda path=path: _get(client, path), rounds, None) for words, path in SEARCHES
        ]
        return rows
    finally:
        services.close()


def _as_members(services: assembly.Services, settings: Settings, rounds: int) -> Iterator[Row]:
    """Ask as people whose groups show them much, little, what came in last, and nothing of what waits."""
    machine = Actor.machine("bench")
    for number, (words, types, folders) in enumerate(MEMBERS):
        name = f"member{number}"
        password = services.accounts.add(name, name, tuple(Role), by=machine)
        first = services.accounts.login(name, password, address="127.0.0.1").actor
        group = services.grouping.add(words, types, folders, by=machine)
        services.grouping.set_groups(first.id or 0, [group], by=machine)
        services.accounts.change_password(password, "a long one for the bench", by=first)
        login = services.accounts.login(name, "a long one for the bench", address="127.0.0.1")
        client = create_app(services, settings).test_client()
        client.set_cookie("proofdesk", login.token)
        for what, path in MEMBERS_PAGES:
            yield timed(f"{words}: {what}", lambda client=client, path=path: _get(client, path), rounds, LIMIT_MS)
        by = login.actor
        yield timed(f"{words}: next", lambda by=by: services.reviewing.find_next(by=by), rounds, LIMIT_MS)


MEMBERS: tuple[tuple[str, tuple[str, ...], tuple[str, ...]], ...] = (
    ("group of half", (), ("customers/even",)),
    ("group of one in 25", ("invoice",), ("customers/odd/3",)),
    ("group of the last tenth", (), ("late",)),
    ("group of nothing", ("purchase_order",), ("nobody/here",)),
)
MEMBERS_PAGES = (
    ("by due date", "/queue"),
    ("best first", "/queue?sort=next&order=down"),
    ("largest amount first", "/queue?sort=amount&order=down"),
    ("by party", "/queue?sort=party"),
    ("with nobody", "/queue?holder=free"),
)
LATE = 0.1
"""Of the documents, those that came in last, by a way of their own."""

PAGES = (
    ("by due date", "/queue"),
    ("best first", "/queue?sort=next&order=down"),
    ("largest amount first", "/queue?sort=amount&order=down"),
    ("by party", "/queue?sort=party"),
    ("one type", "/queue?type=receipt"),
    ("with nobody", "/queue?holder=free"),
    ("page 1,000", "/queue?page=1000"),
)
SEARCHES = (
    ("one number", "/queue?search=INV-004217"),
    ("an amount", "/queue?search=1%2C482.17"),
    ("a party that one in five has", "/queue?search=besson"),
)


def timed(what: str, ask: Callable[[], object], rounds: int, limit: float | None) -> Row:
    ask()  # templates are compiled and pages of the database cached once
    took: list[tuple[float, float]] = []
    for _ in range(rounds):
        began = time.process_time(), time.perf_counter()
        ask()
        took.append((1000 * (time.process_time() - began[0]), 1000 * (time.perf_counter() - began[1])))
    spent = sorted(processor for processor, _ in took)
    clock = statistics.median(clock for _, clock in took)
    slow = spent[int(0.95 * (len(spent) - 1))]
    return Row(what, round(statistics.median(spent), 1), round(slow, 1), round(clock, 1), limit)


def fill(services: assembly.Services, count: int) -> None:
    """Lay that many read documents with open exceptions into the database, as processing would have."""
    chance = random.Random(7)
    now = datetime.now(UTC)
    for first in range(1, count + 1, CHUNK):
        ids = range(first, min(first + CHUNK, count + 1))
        documents = [_document(number, now, chance, number > count * (1 - LATE)) for number in ids]
        files = [_file(number, now, one["folder"]) for number, one in zip(ids, documents, strict=True)]
        with services.store.writing() as session:
            listed = listing.current(session)
            for one, file in zip(documents, files, strict=True):
                _seal(services, listed, one, file)
            session.execute(insert(FileRow), files)
            session.execute(insert(DocumentRow), documents)
            session.execute(insert(SearchTermRow), [row for one in documents for row in _terms(listed, one)])
            session.execute(insert(FileTermRow), [row for one in files for row in _file_terms(listed, one)])


def _seal(services: assembly.Services, listed: Listing, document: dict[str, Any], file: dict[str, Any]) -> None:
    """Put what lists show of the document under a key of its own, as it lies there, and add what they sort by."""
    vault = services.store.vault
    assert vault is not None
    key = vault.take()
    document |= {
        "key": key,
        "number_order": listed.order_of(document["number"]),
        "party_order": listed.order_of(document["party"]),
        "amount_order": listed.order_of_number(float(document["amount_text"])),
    }
    document |= {name: Owned(document[name], key) for name in ("what", "number", "party", "amount_text")}
    file |= {"key": key, "name": Owned(file["name"], key)}


def _file(number: int, now: datetime, folder: str) -> dict[str, Any]:
    return {
        "id": number,
        "state": "stored",
        "source": "drop",
        "token": f"bench-{number}",
        "name": f"{folder}/scan_{number}.pdf",
        "folder": folder,
        "size": 1,
        "received_by": "bench",
        "received_at": now,
        "moved": True,
    }


def _document(number: int, now: datetime, chance: random.Random, is_late: bool) -> dict[str, Any]:
    amount = f"{chance.lognormvariate(6, 1.5):.2f}"
    wrong, seconds = chance.random(), chance.uniform(10, 90)
    received = now - timedelta(minutes=chance.uniform(0, 60) if is_late else chance.uniform(60, 3000))
    customer = chance.randrange(12)
    opened = chance.randint(1, 6)
    return {
        "id": number,
        "state": "review",
        "file_id": number,
        "page_count": 1,
        "folder": "late/in" if is_late else f"customers/{'odd' if customer % 2 else 'even'}/{customer}",
        "type": chance.choice(TYPES),
        "number": f"INV-{number:06}",
        "party": chance.choice(PARTIES),
        "amount_text": amount,
        "currency": "EUR",
        "open_count": opened,
        "open_states": ["check"] * opened,
        "what": "gross total does not agree",
        "received_at": received,
        "due_at": received + timedelta(hours=24),
        "changed_at": received,
        "chance": wrong,
        "seconds": seconds,
        "rank": rank_of(float(amount), wrong, seconds, received, Priority.NORMAL),
    }


def _terms(listed: Listing, document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the rows of the terms that such a document has, lines among them."""
    values = {name: document[name].value for name in ("number", "party", "amount_text")} | {"currency": "EUR"}
    lines = {f"line {number}": f"Oak board {document['id'] * 7 + number} mm" for number in range(4)}
    for term in terms_of(values | lines, f"drop/scan_{document['id']}.pdf"):
        yield {"document_id": document["id"], "term": listed.term(term)}


def _file_terms(listed: Listing, file: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for term in text_terms(file["name"].value):
        yield {"file_id": file["id"], "term": listed.term(term)}


def _get(client: Any, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 200, f"{path}: {answer.status}"


def table(rows: Sequence[Row]) -> Iterator[str]:
    yield f"{'milliseconds':44}{'p50':>9}{'p95':>9}{'limit':>8}{'clock p50':>12}"
    for row in rows:
        limit = "-" if row.limit is None else f"{row.limit:.0f}"
        verdict = "" if row.holds else "  too slow"
        yield f"{row.what:44}{row.p50:>9.1f}{row.p95:>9.1f}{limit:>8}{row.clock_p50:>12.1f}{verdict}"


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=100_000)
    parser.add_argument("--json", action="store_true")
    chosen = parser.parse_args(arguments)
    folder = Path(tempfile.mkdtemp(prefix="proofdesk-bench-"))
    try:
        rows = measure(chosen.count, folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    print(json.dumps([asdict(row) for row in rows]) if chosen.json else "\n".join(table(rows)))
    return 0 if all(row.holds for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
