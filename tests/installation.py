"""A whole installation in a folder of its own, for tests that start its processes for real."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psutil
import pytest

from pipeline import assembly
from pipeline.assembly import Services
from pipeline.ports import Clock, JobQueue, Reader
from pipeline.settings import Settings

ROOT = Path(__file__).parent.parent
PATIENCE_SECONDS = 120.0
"""How long a busy machine may take before a test gives up; nothing waits this long when all is well."""


class LaterClock:
    """The system's clock, some time ahead: to see what happens once a deadline has passed."""

    def __init__(self, ahead: timedelta) -> None:
        self.ahead = ahead

    def now(self) -> datetime:
        return datetime.now(UTC) + self.ahead


class Installation:
    """Settings as an environment, and the processes that a test started under it."""

    def __init__(self, folder: Path, environment: Mapping[str, str]) -> None:
        self.folder = folder
        folder.mkdir(exist_ok=True)
        inherited = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith("PROOFDESK_") and name not in ("REDIS_URL", "DATABASE_URL")
        }
        self.environment = inherited | {"PROOFDESK_DATA": str(folder / "data"), **environment}
        self.settings = Settings.from_env(self.environment)
        self.started: list[subprocess.Popen[bytes]] = []

    def start(self, *arguments: str) -> subprocess.Popen[bytes]:
        """Start `proofdesk` with these arguments, its output in a file of the folder."""
        with (self.folder / f"{arguments[0]}-{len(self.started)}.log").open("wb") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "workers.cli", *arguments],
                cwd=ROOT,
                env=self.environment,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self.started.append(process)
        return process

    def output(self) -> str:
        """Return all that the processes said so far."""
        return "\n".join(path.read_text(errors="replace") for path in sorted(self.folder.glob("*.log")))

    def ask(self, *arguments: str) -> Any:
        """Return what `proofdesk` answers as JSON."""
        done = subprocess.run(
            [sys.executable, "-m", "workers.cli", *arguments, "--json"],
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            check=False,
        )
        assert done.stdout, done.stderr.decode()
        return json.loads(done.stdout)

    @contextmanager
    def services(
        self, queue: JobQueue, *, ahead: timedelta = timedelta(0), reader: Reader | None = None
    ) -> Iterator[Services]:
        """Open the services in this process, `ahead` of the time if wanted."""
        clock: Clock = LaterClock(ahead)
        opened = assembly.build(self.settings, queue, clock=clock, reader=reader)
        try:
            yield opened
        finally:
            opened.close()

    def drop(self, name: str, content: bytes) -> None:
        """Drop a file the way a careful program does: under another name, then renamed."""
        path = self.settings.drop_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_name(path.name + ".part")
        partial.write_bytes(content)
        partial.rename(path)

    def close(self) -> None:
        """End what is still running, with everything below it."""
        for process in self.started:
            for child in family(process.pid):
                with suppress(psutil.NoSuchProcess):  # one that was ending anyway
                    child.kill()
            process.wait()


def family(pid: int) -> list[psutil.Process]:
    """Return a running process and all below it."""
    try:
        parent = psutil.Process(pid)
        return [parent, *parent.children(recursive=True)]
    except psutil.NoSuchProcess:
        return []


def wait_until(holds: Callable[[], bool], installation: Installation) -> None:
    """Return as soon as `holds`; fail with the processes' output where it never does."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not holds():
        if time.monotonic() > deadline:
            pytest.fail(f"it never happened; the processes said:\n{installation.output()}")
        time.sleep(0.02)


def free_port() -> int:
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        return int(trial.getsockname()[1])


def kill(process: subprocess.Popen[bytes]) -> None:
    """Kill at once and without warning."""
    process.send_signal(signal.SIGKILL)
    process.wait()


@pytest.fixture
def installation(sqlite_template: Path, queue_server: Any) -> Iterator[Installation]:
    """An installation on SQLite and on this test process's queue server, migrated, nothing running yet."""
    with tempfile.TemporaryDirectory(prefix="pd-") as folder:
        (Path(folder) / "data" / "drop").mkdir(parents=True)
        shutil.copyfile(sqlite_template, Path(folder) / "data" / "proofdesk.db")
        made = Installation(
            Path(folder),
            {
                "REDIS_URL": queue_server.url,
                "PROOFDESK_SETTLE_SECONDS": "0",
                "PROOFDESK_RETRY_SECONDS": "0",
                "PROOFDESK_CHECKPOINT_HOURS": "0",  # the queue is for documents alone
            },
        )
        yield made
        made.close()
