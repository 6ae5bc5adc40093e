"""Thousands of small files dropped at once: how fast they are taken in, at what memory, and how the pages feel it.

    python -m bench.intake [--count 10000] [--json]

A real watcher, web server and embedded queue server run on a fresh SQLite installation; no worker takes part. The rate
counts from the drop to the moment the last file is claimed, stored and recorded, the settling time included. Beside it
stands a plain copy with fsync of the same files on the same disk in the same run: machines differ, the ratio less so.
"""

import argparse
import json
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from urllib.error import URLError
from urllib.request import ProxyHandler, build_opener

import psutil

from fixtures.make import tiny_pdf
from pipeline import assembly
from pipeline.domain.actors import Actor
from pipeline.settings import Settings
from workers.embedded import EmbeddedServer
from workers.rq_queue import RqQueue

TARGET_FILES_A_SECOND = 200.0
PAGES = ("/login", "/healthz")

_ROOT = Path(__file__).parent.parent
_BETWEEN_REQUESTS_SECONDS = 0.05
_START_SECONDS = 120.0
_STUCK_SECONDS = 120.0
_BENCH = Actor.machine("bench")


@dataclass(frozen=True)
class Latency:
    """Milliseconds from request to the answer's last byte."""

    requests: int
    p50: float
    p95: float
    longest: float


@dataclass(frozen=True)
class Result:
    """What one run showed."""

    count: int
    seconds: float
    files_a_second: float
    first_recorded_after_seconds: float
    copies_a_second: float
    """Plain copy and fsync, one file after the other."""
    ratio: float
    """Intake's rate over the plain copy's."""
    early_count: int
    early_peak_mb: float
    """Peak memory of the watcher and its reading process after the first files."""
    peak_mb: float
    """The same after all of them."""
    pages_quiet: dict[str, Latency]
    pages_meanwhile: dict[str, Latency]
    stored: int
    documents: int


@dataclass
class _Visitor:
    """Asks for pages one after the other until told to stop."""

    base: str
    seen: dict[str, list[float]] = field(default_factory=dict[str, list[float]])
    stopping: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        opener = build_opener(ProxyHandler({}))
        while not self.stopping.is_set():
            for page in PAGES:
                began = time.perf_counter()
                with opener.open(self.base + page, timeout=60) as answer:
                    answer.read()
                self.seen.setdefault(page, []).append((time.perf_counter() - began) * 1000)
            self.stopping.wait(_BETWEEN_REQUESTS_SECONDS)

    @contextmanager
    def visiting(self) -> Iterator[None]:
        self.seen.clear()
        self.stopping.clear()
        thread = threading.Thread(target=self.run, daemon=True)
        thread.start()
        try:
            yield
        finally:
            self.stopping.set()
            thread.join()

    def latencies(self) -> dict[str, Latency]:
        return {page: _latency(values) for page, values in self.seen.items()}


def measure(count: int, early: int, folder: Path) -> Result:
    """Drop `early` files, then the rest of `count` at once, and return what happened.

    Args:
        count: files in all; each is another PDF of under 1 KB.
        early: how many of them go first, to compare memory.
        folder: an empty folder on the disk to measure.
    """
    staged = folder / "staged"
    staged.mkdir()
    for number in range(count):
        (staged / f"{number:06}.pdf").write_bytes(tiny_pdf(f"Invoice number: {number}\nTotal: {number}.00 EUR"))
    copies_a_second = _plain_copies(staged, folder / "copied")
    settings = Settings(data=folder / "data", port=_free_port())
    settings.drop_path.mkdir(parents=True)
    assembly.upgrade(settings)
    with EmbeddedServer(settings), _processes(settings) as watcher:
        visitor = _Visitor(f"http://127.0.0.1:{settings.port}")
        _wait_for_pages(visitor.base)
        with visitor.visiting():
            time.sleep(2.0)
        quiet = visitor.latencies()
        files = sorted(staged.iterdir())
        with _Counter(settings) as counter:
            _drop(files[:early], settings)
            counter.wait_for(early)
            early_peak = _peak_mb(watcher)
            with visitor.visiting():
                began = time.perf_counter()
                _drop(files[early:], settings)
                first, last = counter.wait_for(count)
            meanwhile = visitor.latencies()
            stored, documents = counter.totals()
        seconds = last - began
        rate = (count - early) / seconds
        return Result(
            count=count,
            seconds=round(seconds, 2),
            files_a_second=round(rate, 1),
            first_recorded_after_seconds=round(first - began, 2),
            copies_a_second=round(copies_a_second, 1),
            ratio=round(rate / copies_a_second, 3),
            early_count=early,
            early_peak_mb=round(early_peak, 1),
            peak_mb=round(_peak_mb(watcher), 1),
            pages_quiet=quiet,
            pages_meanwhile=meanwhile,
            stored=stored,
            documents=documents,
        )


class _Counter:
    """Watches the database fill, with one cheap query now and then."""

    def __init__(self, settings: Settings) -> None:
        self.queue = RqQueue.from_settings(settings)
        self.services = assembly.build(settings, self.queue)

    def __enter__(self) -> "_Counter":
        return self

    def __exit__(self, *details: object) -> None:
        self.services.close()
        self.queue.close()

    def totals(self) -> tuple[int, int]:
        view = self.services.reporting.status(by=_BENCH)
        return view.files["stored"], view.documents["total"]

    def wait_for(self, count: int) -> tuple[float, float]:
        """Return when the first new file and when the last of `count` was recorded.

        Raises:
            RuntimeError: nothing more was recorded for two minutes.
        """
        before = self.totals()[1]
        first: float | None = None
        latest, changed_at = before, time.perf_counter()
        while True:
            _, documents = self.totals()
            now = time.perf_counter()
            if documents > latest:
                first, latest, changed_at = first or now, documents, now
            if documents >= count:
                return first or now, now
            if now - changed_at > _STUCK_SECONDS:
                raise RuntimeError(f"intake stopped at {documents} of {count} documents")
            time.sleep(min(0.5, 0.05 + count / 20_000))  # counting costs time too, and takes it from what is measured


@contextmanager
def _processes(settings: Settings) -> Iterator[psutil.Process]:
    """Run watcher and web server; yield the watcher."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PROOFDESK_")}
    environment |= {"PROOFDESK_DATA": str(settings.data_path), "PROOFDESK_PORT": str(settings.port)}
    for name in ("REDIS_URL", "DATABASE_URL"):
        environment.pop(name, None)
    with (settings.data_path / "bench.log").open("wb") as log:
        started = [
            subprocess.Popen(
                [sys.executable, "-m", "workers.cli", part], cwd=_ROOT, env=environment, stdout=log, stderr=log
            )
            for part in ("watch", "web")
        ]
    try:
        yield psutil.Process(started[0].pid)
    finally:
        for process in started:
            process.terminate()
        for process in started:
            process.wait()


def _drop(files: Sequence[Path], settings: Settings) -> None:
    """Move the files into the drop folder, a thousand to a subfolder, as fast as renames go."""
    for number, file in enumerate(files):
        target = settings.drop_path / f"{number // 1000}"
        if number % 1000 == 0:
            target.mkdir(exist_ok=True)
        file.rename(target / file.name)


def _plain_copies(source: Path, target: Path) -> float:
    """Return how many of the files can be copied and synced in a second, one after the other."""
    target.mkdir()
    files = sorted(source.iterdir())[:2000]
    began = time.perf_counter()
    for file in files:
        with file.open("rb") as read, (target / file.name).open("wb") as written:
            shutil.copyfileobj(read, written)
            written.flush()
            os.fsync(written.fileno())
    seconds = time.perf_counter() - began
    shutil.rmtree(target)
    return len(files) / seconds


def _peak_mb(process: psutil.Process) -> float:
    """Return the most memory that the process and its children ever held, in MB (Linux)."""
    peak = 0.0
    for member in (process, *process.children(recursive=True)):
        try:
            status = Path(f"/proc/{member.pid}/status").read_text()
        except OSError:
            continue
        peak += next(int(line.split()[1]) / 1024 for line in status.splitlines() if line.startswith("VmHWM"))
    return peak


def _wait_for_pages(base: str) -> None:
    opener = build_opener(ProxyHandler({}))
    deadline = time.monotonic() + _START_SECONDS
    while True:
        try:
            with opener.open(f"{base}/healthz", timeout=5):
                return
        except (URLError, OSError):
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)


def _latency(values: Sequence[float]) -> Latency:
    ordered = sorted(values)
    return Latency(
        requests=len(ordered),
        p50=round(statistics.median(ordered), 1),
        p95=round(ordered[min(len(ordered) - 1, int(len(ordered) * 0.95))], 1),
        longest=round(ordered[-1], 1),
    )


def _free_port() -> int:
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        return int(trial.getsockname()[1])


def main() -> None:
    """Measure and print; the exit status is 1 where the target was missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=10_000, help="files in all (10,000)")
    parser.add_argument("--early", type=int, default=1_000, help="how many of them go first, to compare memory (1,000)")
    parser.add_argument("--folder", type=Path, help="on which disk to work; the system's temporary folder if not given")
    parser.add_argument("--json", action="store_true", help="one JSON object instead of lines")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="proofdesk-bench-", dir=options.folder) as folder:
        result = measure(options.count, min(options.early, options.count // 2), Path(folder))
    if options.json:
        print(json.dumps(asdict(result)))
    else:
        print(
            f"{result.count - result.early_count} files in {result.seconds} s: {result.files_a_second} files a second"
        )
        print(f"first one recorded after {result.first_recorded_after_seconds} s")
        print(f"plain copy and fsync: {result.copies_a_second} a second; intake is {result.ratio} of it")
        print(f"peak memory: {result.early_peak_mb} MB after {result.early_count} files, {result.peak_mb} MB after all")
        for word, pages in (("quiet", result.pages_quiet), ("meanwhile", result.pages_meanwhile)):
            for page, latency in pages.items():
                print(
                    f"{page} {word}: p50 {latency.p50} ms, p95 {latency.p95} ms, longest {latency.longest} ms"
                    f" ({latency.requests} requests)"
                )
    sys.exit(0 if result.files_a_second >= TARGET_FILES_A_SECOND else 1)


if __name__ == "__main__":
    main()
