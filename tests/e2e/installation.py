"""A real installation: `proofdesk up` with folders, a port and people of its own, and nothing left of it afterwards."""

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
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.error import URLError
from urllib.request import ProxyHandler, build_opener

from argon2 import PasswordHasher

from fixtures.make import MadeDocument
from pipeline import assembly
from pipeline.domain.actors import Actor, Role
from pipeline.domain.documents import DocumentState
from pipeline.domain.review import Decision, FieldRecord, FieldState, Settlement
from pipeline.domain.routing import Policy
from pipeline.services.accounts import Login
from pipeline.services.presence import Proof
from pipeline.services.views import ERASED_NAME, DocumentView, QueueFilter, StatusView
from pipeline.settings import Settings
from workers.lifeline import die_with
from workers.rq_queue import RqQueue

PROGRAM = Path(sys.executable).with_name("proofdesk")
ADMIN, PASSWORD = "admin", "a long one for tests"
START_SECONDS = 120.0
"""Generous: other tests may have both cores."""
QUICK = {
    "PROOFDESK_ADMIN_PASSWORD": PASSWORD,
    "PROOFDESK_SETTLE_SECONDS": "0.2",
    "PROOFDESK_RESCAN_SECONDS": "0.5",
    "PROOFDESK_SWEEP_SECONDS": "1",
    "PROOFDESK_RETRY_SECONDS": "1",
    "PROOFDESK_WORKER_PROCESSES": "1",
}
CHEAP_HASHER = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
"""For the accounts that tests make: they log in hundreds of times."""
TEST = Actor.machine("test")
UNDER_WAY = ("queued", "reading")
LEFT_OPEN = (DocumentState.REVIEW, DocumentState.HELD, DocumentState.READY)


class NotReachedError(AssertionError):
    """What was waited for did not come; the message holds where it stood and the end of the log."""


class Installation:
    """Runs `proofdesk up`, and asks it from outside: by files, the command line and HTTP.

    Args:
        folder: its own; short, because a unix socket lies in it.
        settings: environment variables on top of the quick ones.
        demo: also feed the sample documents.
    """

    def __init__(self, folder: Path, settings: Mapping[str, str] | None = None, *, demo: bool = False) -> None:
        self.folder = folder
        self.command = [str(PROGRAM), "up", *(["--demo"] if demo else [])]
        self.port = free_port()
        inherited = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith("PROOFDESK_") and name not in ("REDIS_URL", "DATABASE_URL")
        }
        self.environment = inherited | QUICK | dict(settings or {})
        self.environment |= {
            "PROOFDESK_DATA": str(folder / "data"),
            "PROOFDESK_DROP": str(folder / "in"),
            "PROOFDESK_OUT": str(folder / "out"),
            "PROOFDESK_PORT": str(self.port),
        }
        self.settings = Settings.from_env(self.environment)
        self.log = folder / "up.log"
        self.process: subprocess.Popen[bytes] | None = None
        self.logins: dict[str, Login] = {}

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        try:
            self.stop()
        finally:
            if "services" in self.__dict__:
                self.services.close()
            for pid in self.processes():
                os.kill(pid, signal.SIGKILL)

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def drop_folder(self) -> Path:
        return self.settings.drop_path

    @property
    def out_folder(self) -> Path:
        return self.settings.out_path

    @cached_property
    def services(self) -> assembly.Services:
        """The services on this installation's database, for looking and for setting up; opened on first use."""
        return assembly.build(self.settings, RqQueue.from_settings(self.settings), hasher=CHEAP_HASHER)

    def start(self) -> None:
        """Start it, and return when it answers that it is ready."""
        tests = os.getpid()
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.command,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=lambda: die_with(tests, signal.SIGTERM),  # also where the tests are killed
            )
        self.wait_for("an answer that it is ready", self._is_ready, seconds=START_SECONDS)

    def interrupt(self) -> float:
        """Press Ctrl-C; return the seconds until `up` was gone."""
        assert self.process is not None
        began = time.monotonic()
        self.process.send_signal(signal.SIGINT)
        self.process.wait(60)
        return time.monotonic() - began

    def kill(self) -> None:
        """Take `up` away without a word, as the kernel does when memory runs out."""
        assert self.process is not None
        self.process.kill()
        self.process.wait(10)

    def stop(self) -> None:
        """Stop it where it runs."""
        if self.process is not None and self.process.poll() is None:
            try:
                self.interrupt()
            except subprocess.TimeoutExpired:
                self.kill()
        self.process = None

    def processes(self) -> list[int]:
        """Return every living process of this installation, whoever its parent is now."""
        return [pid for pid in _all_processes() if pid != os.getpid() and self._is_ours(pid)]

    def resident_bytes(self) -> int:
        """Return the memory that its processes hold, pages that several share counted in parts."""
        return sum(_proportional_bytes(pid) for pid in self.processes())

    def drop(self, name: str, content: bytes, *, long_ago: bool = False) -> Path:
        """Lay a file into the drop folder as a careful sender does: written beside, then renamed into place.

        Written `long_ago`, a file without its end is no copy under way, for whose rest the watcher waits half a minute.
        """
        target = self.drop_folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        partial = target.with_name(f"{target.name}.part")
        partial.write_bytes(content)
        if long_ago:
            written = partial.stat().st_mtime - 86_400
            os.utime(partial, (written, written))
        partial.rename(target)
        return target

    def look(self) -> StatusView:
        """Return the status as the services tell it: the same as `status`, without starting a program."""
        return self.services.reporting.status(by=TEST)

    def status(self) -> dict[str, Any]:
        """Return what `proofdesk status --json` says."""
        return json.loads(self.cli("status", "--json").stdout)

    def wait_until_settled(self, files: int, *, seconds: float = 120.0) -> StatusView:
        """Return the status once that many files were seen and nothing is under way any more."""

        def settled() -> bool:
            seen = self.look()
            if seen.files["total"] < files or seen.files["claimed"]:
                return False
            return not any(seen.documents[state] for state in UNDER_WAY)

        self.wait_for(f"{files} files in final states", settled, seconds=seconds)
        return self.look()

    def wait_until_delivered(self, count: int, *, seconds: float = 60.0) -> list[Path]:
        """Return the delivered records once there are that many."""
        self.wait_for(f"{count} deliveries", lambda: len(self.delivered()) >= count, seconds=seconds)
        return self.delivered()

    def delivered(self) -> list[Path]:
        return sorted(path for path in self.out_folder.glob("*.json") if not path.name.startswith("."))

    def wait_for(self, what: str, is_so: Callable[[], bool], *, seconds: float = 60.0) -> None:
        """Return once `is_so`.

        Raises:
            NotReachedError: it did not come in time, or `up` ended.
        """
        deadline = time.monotonic() + seconds
        while not is_so():
            if self.process is not None and self.process.poll() is not None:
                raise NotReachedError(f"`up` ended with {self.process.returncode} before {what}.\n{self.last_words()}")
            if time.monotonic() > deadline:
                stands = self.look() if "services" in self.__dict__ else "unknown"
                raise NotReachedError(f"Waited {seconds:.0f} s for {what}. Status: {stands}\n{self.last_words()}")
            time.sleep(0.1)

    def last_words(self, lines: int = 40) -> str:
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:]) if self.log.exists() else ""

    def cli(
        self, *arguments: str | Path, expect: int | None = 0, **settings: str
    ) -> "subprocess.CompletedProcess[str]":
        """Run the `proofdesk` command on this installation.

        Args:
            arguments: after the program's name.
            expect: the exit status that is right; None takes any.
            settings: environment variables that differ for this one command.
        """
        done = subprocess.run(
            [PROGRAM, *map(str, arguments)],
            env=self.environment | settings,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=120,
        )
        if expect is not None:
            assert done.returncode == expect, (
                f"{arguments}: {done.returncode}\n{done.stdout[-2000:]}{done.stderr[-2000:]}"
            )
        return done

    def hire(self, name: str, *roles: Role) -> str:
        """Make an account with the password `PASSWORD`, or give the one there is these roles alone; return its name."""
        accounts, roles = self.services.accounts, roles or tuple(Role)
        known = {person.name: person.id for person in accounts.list_people(by=TEST)}
        if name in known:
            accounts.set_roles(known[name], roles, by=TEST)
        else:
            given = accounts.add(name, name.title(), roles, by=TEST)
            login = accounts.login(name, given, address="127.0.0.1")
            accounts.change_password(given, PASSWORD, by=login.actor)
        self.logins.pop(name, None)
        return name

    def person(self, name: str) -> Actor:
        """Return who that is, for asking services in their name."""
        return self.login(name).actor

    def login(self, name: str) -> Login:
        """Return a session of theirs: always the same one, until somebody is hired under this name again."""
        if name not in self.logins:
            self.logins[name] = self.services.accounts.login(name, PASSWORD, address="127.0.0.1")
        return self.logins[name]

    def settle(self, document_id: int, *, by: Actor, sign: bool = False) -> None:
        """Let a person confirm everything that is open, hand the document on, and sign it where asked to."""
        reviewing = self.services.reviewing
        view = reviewing.claim(document_id, by=by)
        for one in view.fields:
            if one.record.state is FieldState.OPEN:
                read = one.record.machine_value
                # a print with several readings is chosen from, not confirmed
                several = one.extraction is not None and len(one.extraction.readings) > 1
                decision = Decision.ABSENT if read is None else Decision.CORRECT if several else Decision.CONFIRM
                settlement = Settlement(field=one.spec.name, decision=decision, value=read if several else None)
                view = reviewing.settle(document_id, settlement, by=by, revision=view.revision)
        reviewing.validate(document_id, by=by, revision=view.revision)
        if sign:
            self.sign(document_id, by=by)

    def sign(self, document_id: int, *, by: Actor) -> None:
        """Let a person sign, with the password that everybody has here."""
        view = self.services.reviewing.get_document(document_id, by=by)
        self.services.approving.approve(document_id, by=by, revision=view.revision, proof=Proof(said=PASSWORD))

    def ask_for(self, *fields: str) -> None:
        """Let a person see these fields whatever the machine thinks of them, and draw no samples.

        Args:
            fields: type and field, as in `invoice.invoice_number`.
        """
        self.rule(thresholds=dict.fromkeys(fields, 1.0))

    def rule(self, **rules: object) -> None:
        """Put a policy in force that says this and nothing else; no samples are drawn."""
        version = self.services.policies.get_current(by=TEST).version
        policy = Policy.model_validate({"sample_rate": 0, "version": version, **rules})
        self.services.policies.change(policy, "tests need exceptions that stay", by=TEST)

    def documents(self) -> dict[str, DocumentView]:
        """Return every document by the name of its file."""
        listed = self.services.files.list_files(by=READER, page_size=1000)
        kept = [row for row in listed.rows if row.document_id is not None and row.name != ERASED_NAME]
        found = [self.document(row.document_id) for row in kept if row.document_id is not None]
        return {view.file_name: view for view in found}

    def receive(self, *papers: MadeDocument) -> None:
        """Drop documents, and return once all of them are read."""
        for made in papers:
            self.drop(made.name, made.bytes)
        self.wait_until_read(*(made.name for made in papers))

    def wait_until_read(self, *names: str) -> None:
        """Return once the documents of these files are read."""

        def are_read() -> bool:
            rows = self.services.files.list_files(by=READER, page_size=1000).rows
            states = [row.document_state for row in rows if row.name in names]
            return len(states) >= len(names) and not any(state is None or state in UNDER_WAY for state in states)

        self.wait_for(f"{len(names)} documents read", are_read, seconds=120.0)

    def number_of(self, name: str) -> int:
        """Return the number of the document that a file became."""
        rows = self.services.files.list_files(by=READER, page_size=1000).rows
        return next(row.document_id for row in rows if row.name == name and row.document_id is not None)

    def clear(self) -> None:
        """Reject whatever nobody has approved, and ask for no field any more: there is nothing left to do."""
        admin = next(one for one in self.services.accounts.list_people(by=TEST) if one.name == ADMIN)
        reviewing = self.services.reviewing
        while rows := reviewing.list_queue(QueueFilter(states=LEFT_OPEN), by=READER).rows:
            for row in rows:
                view = self.document(row.id)
                holder = READER.model_copy(update={"id": view.claim.user_id if view.claim else admin.id})
                if view.state is DocumentState.HELD:
                    view = reviewing.resume(row.id, by=holder, revision=view.revision)
                if view.state is DocumentState.REVIEW:
                    view = reviewing.claim(row.id, by=holder)
                reviewing.reject(row.id, "the tests that it was for are over", by=holder, revision=view.revision)
        self.rule()

    def document(self, document_id: int) -> DocumentView:
        return self.services.reviewing.get_document(document_id, by=READER)

    def record(self, document_id: int, field: str) -> FieldRecord:
        """Return what is on record about a field of a document."""
        return next(one.record for one in self.document(document_id).fields if one.spec.name == field)

    def forget_drafts(self, document_id: int, *, by: Actor) -> None:
        """Forget what somebody typed and did not save: it would stand in its editor again."""
        for draft in self.services.reviewing.get_document(document_id, by=by).drafts:
            self.services.drafting.drop(document_id, draft.field, by=by)

    def _is_ready(self) -> bool:
        try:
            with build_opener(ProxyHandler({})).open(f"{self.address}/readyz", timeout=5):
                return True
        except (URLError, OSError):
            return False

    def _is_ours(self, pid: int) -> bool:
        mark = os.fsencode(self.folder)
        try:
            if Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z":
                return False
            return (
                mark in Path(f"/proc/{pid}/environ").read_bytes() or mark in Path(f"/proc/{pid}/cmdline").read_bytes()
            )
        except OSError:
            return False


READER = Actor(id=0, name="reader", roles=frozenset(Role))
"""Somebody who may look at everything and holds nothing."""


@contextmanager
def installed(settings: Mapping[str, str] | None = None, *, demo: bool = False) -> Iterator[Installation]:
    """Yield a running installation in a folder of its own; both are gone afterwards."""
    # a short path, whatever TMPDIR says: a unix socket's address has room for about a hundred characters
    folder = Path(tempfile.mkdtemp(prefix="e2e-", dir="/tmp"))
    try:
        with Installation(folder, settings, demo=demo) as installation:
            yield installation
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def free_port() -> int:
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        return trial.getsockname()[1]


def _all_processes() -> list[int]:
    return [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]


def _proportional_bytes(pid: int) -> int:
    try:
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) * 1024
    except OSError:
        pass
    return 0
