"""Reading PDFs in confined child processes: answers, limits, crashes, and what a taken-over child could do."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from pipeline.errors import (
    DocumentTooLargeError,
    EncryptedDocumentError,
    NotFoundError,
    ReaderUnavailableError,
    UnreadableDocumentError,
)
from pipeline.ports import Probe, ReadLimits
from pipeline.readers.sandbox import SandboxReader
from tests.unit.readers import made

linux = pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")

CAP_SYS_PTRACE = 19


def may_look_into_closed_processes() -> bool:
    """Return whether this process may: the confined child is closed even to its own user, whoever that is."""
    try:
        status = Path("/proc/self/status").read_text()
    except FileNotFoundError:
        return False
    effective = next(line.split()[1] for line in status.splitlines() if line.startswith("CapEff:"))
    return bool(int(effective, 16) >> CAP_SYS_PTRACE & 1)


looks_into_the_child = pytest.mark.skipif(
    not may_look_into_closed_processes(), reason="the child is closed to whoever may not trace other processes"
)
LIMITS = ReadLimits(seconds=60)


@pytest.fixture(scope="module")
def reader() -> Iterator[SandboxReader]:
    with SandboxReader() as reader:
        yield reader


@pytest.fixture
def invoice(tmp_path: Path) -> Path:
    return made.draw(tmp_path / "invoice.pdf", made.text("Invoice 4711"), made.text("Total 10.00"))


def children() -> set[int]:
    """Return the process ids of this process's children."""
    found: set[int] = set()
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, parent = stat.read_text().rsplit(")", 1)[1].split()[:2]
        except OSError:
            continue
        if int(parent) == os.getpid() and state != "Z":
            found.add(int(stat.parent.name))
    return found


def wait_until(holds: Callable[[], bool], seconds: float = 30) -> None:
    until = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < until, "waited in vain"
        time.sleep(0.01)


def run(script: str, *arguments: object) -> dict[str, object]:
    """Run a script in a fresh, single-threaded interpreter, and return the JSON it prints."""
    done = subprocess.run(
        [sys.executable, "-c", script, *map(str, arguments)], capture_output=True, text=True, timeout=120, check=True
    )
    return json.loads(done.stdout.splitlines()[-1])


def test_words_pages_and_images_come_back(reader: SandboxReader, invoice: Path) -> None:
    assert reader.probe(invoice, LIMITS) == Probe(page_count=2)
    reading = reader.read(invoice, LIMITS)
    assert [[word.text for word in page.words] for page in reading.pages] == [["Invoice", "4711"], ["Total", "10.00"]]
    assert [page.number for page in reading.pages] == [1, 2]
    assert reading.reader == reader.version
    assert "pdfium" in reader.version
    assert reader.render(invoice, 2, 72, LIMITS)[8:12] == b"WEBP"


def test_relative_path_is_read(reader: SandboxReader, invoice: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(invoice.parent)
    assert reader.probe(Path(invoice.name), LIMITS).page_count == 2


def test_page_that_is_not_there_is_not_found(reader: SandboxReader, invoice: Path) -> None:
    for page in (0, 3, -1):
        with pytest.raises(NotFoundError, match="only 2"):
            reader.render(invoice, page, 72, LIMITS)


def test_refusals_keep_their_class_and_sentence(reader: SandboxReader, tmp_path: Path) -> None:
    locked = made.locked(tmp_path / "locked.pdf", user="meadow", owner="meadow")
    for ask in (reader.probe, reader.read):
        with pytest.raises(EncryptedDocumentError, match=r"^This PDF needs a password to open\. Remove the password"):
            ask(locked, LIMITS)


def test_pages_over_the_limit_are_refused(reader: SandboxReader, invoice: Path) -> None:
    with pytest.raises(DocumentTooLargeError, match="has 2 pages, and at most 1"):
        reader.probe(invoice, ReadLimits(pages=1))


def test_endless_file_is_stopped_and_the_next_one_is_read(reader: SandboxReader, tmp_path: Path, invoice: Path) -> None:
    endless = made.laughs(tmp_path / "laughs.pdf")
    with pytest.raises(
        DocumentTooLargeError, match=r"longer than 1 s and was stopped\. Print it to a new PDF, or split"
    ):
        reader.read(endless, ReadLimits(seconds=1))
    assert reader.probe(invoice, LIMITS).page_count == 2


def test_file_that_eats_memory_is_stopped_and_the_next_one_is_read(tmp_path: Path, invoice: Path) -> None:
    limits = ReadLimits(bytes=500 * 1024**2)
    bomb = made.inflating(tmp_path / "bomb.pdf", megabytes=600)
    with SandboxReader() as reader:
        with pytest.raises(DocumentTooLargeError, match="more than 500 MB of memory and was stopped"):
            reader.read(bomb, limits)
        assert reader.probe(invoice, limits).page_count == 2


EXHAUSTED = """
import json, os, sys
from pathlib import Path
from pipeline.errors import ReaderUnavailableError
from pipeline.ports import ReadLimits
from pipeline.readers.sandbox import SandboxReader, preload
preload()
reader, taken = SandboxReader(), []
try:
    while True:
        taken.append(os.open(os.devnull, os.O_RDONLY))
except OSError:
    os.close(taken.pop())
    os.close(taken.pop())
try:
    print(json.dumps(reader.probe(Path(sys.argv[1]), ReadLimits()).page_count))
except ReaderUnavailableError as error:
    for descriptor in taken:
        os.close(descriptor)
    print(json.dumps({"refused": str(error), "then": reader.probe(Path(sys.argv[1]), ReadLimits()).page_count}))
"""


def test_child_that_cannot_start_is_not_the_documents_fault(invoice: Path) -> None:
    found = run(EXHAUSTED, invoice)
    assert "proofdesk doctor" in str(found["refused"])
    assert found["then"] == 2


@linux
@pytest.mark.parametrize(
    ("number", "error"),
    [
        (signal.SIGSEGV, UnreadableDocumentError),
        (signal.SIGALRM, DocumentTooLargeError),
        (signal.SIGKILL, ReaderUnavailableError),
    ],
)
def test_death_of_the_child_at_work_is_told_by_its_cause(
    tmp_path: Path, invoice: Path, number: signal.Signals, error: type[Exception]
) -> None:
    endless = made.laughs(tmp_path / "laughs.pdf")
    before = children()
    with SandboxReader() as reader:
        assert reader.probe(invoice, LIMITS).page_count == 2
        (child,) = children() - before

        def strike() -> None:
            # its processor time tells that it is at work
            used = processor_time(child)
            wait_until(lambda: processor_time(child) > used + 5)
            os.kill(child, number)

        striker = threading.Thread(target=strike)
        striker.start()
        with pytest.raises(error):
            reader.read(endless, LIMITS)
        striker.join()
        assert reader.probe(invoice, LIMITS).page_count == 2


def processor_time(process: int) -> int:
    """Return the ticks of processor time a process has used."""
    fields = Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()
    return int(fields[11]) + int(fields[12])


@linux
def test_child_killed_while_idle_is_replaced_unnoticed(invoice: Path) -> None:
    before = children()
    with SandboxReader() as reader:
        assert reader.probe(invoice, LIMITS).page_count == 2
        (child,) = children() - before
        os.kill(child, signal.SIGKILL)
        wait_until(lambda: child not in children())
        assert reader.probe(invoice, LIMITS).page_count == 2


@linux
def test_closing_ends_the_children_and_using_it_again_starts_new_ones(invoice: Path) -> None:
    before = children()
    reader = SandboxReader()
    reader.probe(invoice, LIMITS)
    assert len(children() - before) == 1
    reader.close()
    assert children() == before
    assert reader.probe(invoice, LIMITS).page_count == 2
    reader.close()


@linux
def test_threads_share_as_many_children_as_allowed(invoice: Path) -> None:
    before = children()
    with SandboxReader(workers=2) as reader:
        with ThreadPoolExecutor(6) as pool:
            readings = list(pool.map(lambda _: reader.read(invoice, LIMITS), range(30)))
        assert len(children() - before) <= 2
    assert {reading.pages[1].words[1].text for reading in readings} == {"10.00"}


FORKED = """
import json, os, socket, sys
from pathlib import Path
from pipeline.ports import ReadLimits
from pipeline.readers.process import can_fork
from pipeline.readers.sandbox import SandboxReader, preload
listener = socket.create_server(("127.0.0.1", 0))
secrets = Path(sys.argv[1]).with_name("secrets.txt").open("w")
preload()
reader = SandboxReader()
forks = can_fork()
pages = reader.probe(Path(sys.argv[1]), ReadLimits()).page_count
mine = str(os.getpid())
stats = ((path.parent.name, path.read_text().rsplit(")", 1)[1]) for path in Path("/proc").glob("[0-9]*/stat"))
child = next(name for name, stat in stats if stat.split()[1] == mine)
links = sorted(os.readlink(link) for link in Path("/proc", child, "fd").iterdir())
print(json.dumps({"forks": forks, "pages": pages, "links": [link.split(":")[0] for link in links]}))
"""


@looks_into_the_child
def test_forked_child_keeps_no_socket_and_no_file_of_its_parent(invoice: Path) -> None:
    found = run(FORKED, invoice)
    assert found == {"forks": True, "pages": 2, "links": ["/dev/null", "/dev/null", "/dev/null", "pipe", "pipe"]}


ADOPTED = """
import json, os, sys
from pathlib import Path
from pipeline.ports import ReadLimits
from pipeline.readers.sandbox import SandboxReader
reader, path = SandboxReader(), Path(sys.argv[1])
first = reader.probe(path, ReadLimits()).page_count
pid = os.fork()
if pid == 0:
    os._exit(reader.probe(path, ReadLimits()).page_count + 40)
status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
print(json.dumps({"first": first, "copy": status, "after": reader.probe(path, ReadLimits()).page_count}))
"""


@linux
def test_copy_in_a_forked_process_starts_a_child_of_its_own(invoice: Path) -> None:
    assert run(ADOPTED, invoice) == {"first": 2, "copy": 42, "after": 2}


ORPHAN = """
import os, sys, threading
from pathlib import Path
from pipeline.ports import ReadLimits
from pipeline.readers.process import ReadingProcess
if sys.argv[2] == "spawned":
    threading.Thread(target=threading.Event().wait, daemon=True).start()
process = ReadingProcess(ReadLimits())
print(process.pid, flush=True)
for frame in process.ask({"call": "read", "path": sys.argv[1], "pages": 5}, 600):
    print(frame, flush=True)
"""


@linux
@pytest.mark.parametrize("how", ["forked", "spawned"])
def test_child_at_work_dies_with_its_parent(tmp_path: Path, how: str) -> None:
    endless = made.laughs(tmp_path / "laughs.pdf")
    parent = subprocess.Popen([sys.executable, "-c", ORPHAN, str(endless), how], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    child = Path("/proc", parent.stdout.readline().strip())
    assert child.exists()
    parent.kill()
    parent.wait()
    parent.stdout.close()
    # an orphan's remains wait for whoever adopts it: dead is dead
    wait_until(lambda: not child.exists() or child.joinpath("stat").read_text().rsplit(")", 1)[1].split()[0] == "Z")


CONFINED = """
import ctypes, errno, json, os, resource, socket, sys, threading
from pathlib import Path
from pipeline.readers.confine import confine
path = Path(sys.argv[1])
isolated = confine(2 * 1024**3)

def attempt(act):
    try:
        act()
    except OSError as error:
        return errno.errorcode[error.errno]
    except ValueError:  # how the resource module puts "not permitted"
        return "EPERM"
    return "done"

def thread():
    ran = []
    worker = threading.Thread(target=lambda: ran.append(1))
    worker.start()
    worker.join()
    assert ran

libc = ctypes.CDLL(None, use_errno=True)
def syscall(*numbers):
    if libc.syscall(*numbers) < 0:
        raise OSError(ctypes.get_errno(), "")

print(json.dumps({
    "isolated": isolated,
    "internet": attempt(lambda: socket.socket(socket.AF_INET)),
    "internet6": attempt(lambda: socket.socket(socket.AF_INET6)),
    "local": attempt(lambda: socket.socket(socket.AF_UNIX)),
    "fork": attempt(os.fork),
    "program": attempt(lambda: os.execv("/bin/true", ["true"])),
    "write": attempt(lambda: path.with_name("written.txt").open("w")),
    "append": attempt(lambda: path.open("ab")),
    "delete": attempt(path.unlink),
    "rename": attempt(lambda: path.rename(path.with_name("other.pdf"))),
    "signal": attempt(lambda: os.kill(os.getppid(), 0)),
    "memory": attempt(lambda: resource.setrlimit(resource.RLIMIT_AS, (-1, -1))),
    "uring": attempt(lambda: syscall(425, 1, 0)),
    "limit": resource.getrlimit(resource.RLIMIT_AS)[1],
    "core": resource.getrlimit(resource.RLIMIT_CORE)[1],
    "read": attempt(path.read_bytes),
    "thread": attempt(thread),
}))
"""


@linux
def test_taken_over_child_could_only_compute_and_read(invoice: Path) -> None:
    refused = ["internet", "internet6", "local", "fork", "program", "write", "append", "delete", "rename", "signal"]
    refused += ["memory", "uring"]
    found = run(CONFINED, invoice)
    assert {name: found[name] for name in refused} == dict.fromkeys(refused, "EPERM")
    assert found["isolated"] is True
    assert (found["limit"], found["core"]) == (2 * 1024**3, 0)
    assert (found["read"], found["thread"]) == ("done", "done")
    assert invoice.exists()


@linux
def test_reader_reports_that_the_network_is_out_of_reach(reader: SandboxReader) -> None:
    assert reader.network_isolated() is True


@looks_into_the_child
def test_spawned_child_knows_no_secret_of_the_environment(invoice: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://desk:hunter2@localhost/desk")
    before = children()
    with SandboxReader() as reader:
        idle = threading.Event()
        keeper = threading.Thread(target=idle.wait)
        keeper.start()
        try:
            reader.probe(invoice, LIMITS)
            (child,) = children() - before
            environment = Path(f"/proc/{child}/environ").read_bytes()
        finally:
            idle.set()
            keeper.join()
    assert b"PYTHONPATH" in environment
    assert b"hunter2" not in environment
