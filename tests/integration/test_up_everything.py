"""`proofdesk up` for real: embedded queue server, watcher, worker and web server as processes."""

import json
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import ProxyHandler, build_opener

import psutil
import pytest

from fixtures.make import tiny_pdf
from tests.builders import MACHINE
from tests.fakes import FakeQueue
from tests.installation import Installation, family, free_port, kill, wait_until

PASSWORD_LINE = "One-time password"


@pytest.fixture
def house() -> Iterator[Installation]:
    """An empty installation with embedded parts, nothing running yet."""
    with tempfile.TemporaryDirectory(prefix="pd-") as folder:
        made = Installation(
            Path(folder),
            {
                "PROOFDESK_PORT": str(free_port()),
                "PROOFDESK_WORKER_PROCESSES": "1",
                "PROOFDESK_SETTLE_SECONDS": "0.2",
            },
        )
        yield made
        made.close()


def start(house: Installation) -> subprocess.Popen[bytes]:
    """Start everything and return once the address was printed."""
    before = house.output().count("Proofdesk is running")
    process = house.start("up")
    wait_until(lambda: process.poll() is not None or house.output().count("Proofdesk is running") > before, house)
    assert process.poll() is None, house.output()
    return process


def answer(house: Installation, path: str) -> int:
    try:
        with build_opener(ProxyHandler({})).open(f"http://127.0.0.1:{house.settings.port}{path}", timeout=30) as found:
            return int(found.status)
    except HTTPError as error:
        return error.code


def command_of(member: psutil.Process) -> str:
    try:
        return " ".join(member.cmdline()).strip()
    except psutil.Error:
        return ""


def in_review(house: Installation) -> int:
    """Return how many documents wait for a person, without the cost of a process."""
    with house.services(FakeQueue()) as services:
        return services.reporting.status(by=MACHINE).documents["review"]


def test_a_dropped_file_becomes_a_document_and_a_second_start_finds_it(house: Installation) -> None:
    process = start(house)
    assert house.output().count(PASSWORD_LINE) == 1
    house.drop("invoice/Geheim-Kunde.pdf", tiny_pdf("Invoice SECRET-4711\nWhispering Pines Ltd\nTotal 98765.43"))
    wait_until(lambda: in_review(house) == 1, house)
    assert answer(house, "/healthz") == answer(house, "/readyz") == 200

    status = house.ask("status")
    assert {"files", "documents", "queue", "workers"} <= set(status)
    assert status["files"]["stored"] == status["files"]["total"] == 1
    assert status["workers"]["alive"] == 1
    report = house.ask("doctor")
    assert [check for check in report["checks"] if check["state"] == "bad"] == []

    assert house.start("up").wait() == 2
    assert "already runs on the data folder" in house.output()
    other = Installation(house.folder / "other", {"PROOFDESK_PORT": str(house.settings.port)})
    assert other.start("up").wait() == 2
    assert "already listens on" in other.output()

    everyone = family(process.pid)
    process.send_signal(signal.SIGINT)
    assert process.wait() == 0
    assert not any(member.is_running() for member in everyone)
    said = house.output()
    assert any(json.loads(line).get("document_id") == 1 for line in said.splitlines() if line.startswith("{"))
    for secret in ("SECRET-4711", "Whispering", "98765", "Geheim-Kunde"):
        assert secret not in said

    process = start(house)
    assert house.output().count(PASSWORD_LINE) == 1, "the password is printed once and never again"
    assert in_review(house) == 1
    process.send_signal(signal.SIGTERM)
    assert process.wait() == 0


def test_parts_that_die_are_started_again_and_all_go_when_it_is_killed(house: Installation) -> None:
    process = start(house)

    def part(words: str) -> list[psutil.Process]:
        return [member for member in family(process.pid) if command_of(member).endswith(words)]

    for words in ("proofdesk worker-1", "proofdesk watcher"):
        (first,) = part(words)
        first.kill()
        wait_until(lambda words=words, first=first: part(words) not in ([], [first]), house)
    (server,) = [member for member in family(process.pid) if "valkey" in member.name() or "redis" in member.name()]
    server.kill()
    wait_until(lambda: "queue.died" in house.output() and house.output().count("queue.started") == 2, house)
    house.drop("letter.pdf", tiny_pdf("Invoice 2026-18"))
    wait_until(lambda: in_review(house) == 1, house)

    everyone = family(process.pid)
    assert len(everyone) >= 6
    parent = psutil.Process(process.pid)
    assert parent.num_threads() == 1, "a fork of several threads can copy a lock that nobody opens again"
    assert not [opened.path for opened in parent.open_files() if "proofdesk.db" in opened.path]
    kill(process)
    wait_until(lambda: not any(member.is_running() for member in everyone), house)
