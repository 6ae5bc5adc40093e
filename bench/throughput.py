"""Pages a second of the whole pipeline beside the raw readers, and where the processor time goes.

    python -m bench.throughput [FOLDER] [--learn 40] [--model DIR] [--files N] [--images N] [--workers 1,2]

Each PDF is read (in the sandbox), given a type, searched for candidates, scored by a model, checked and routed, as a
worker does it, without database and queue. In the same run PDFium's bare characters and boxes, its bare text, and
pdfplumber's words are read of the same files. Times are processor time, the reading process' included, so that a busy
machine does not spoil them; the rate of several workers is also given by the clock, which it does spoil. Pages that are
images are not read here: `--images N` reads so many off their images, by the bare engine and by ours in turn.

Without FOLDER documents of our own generator are made. The model learns from the folder's `truth.jsonl` where it has
one, else from made documents; with `--model DIR` it is one that `proofdesk learn` wrote.
"""

import argparse
import importlib
import itertools
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import pdfplumber
import psutil

from bench.corpora import load, write_generated
from bench.reading import measure_images, report_images, with_raw_pdfium
from pipeline import assembly
from pipeline.assembly import Offline
from pipeline.domain.pages import Page, Reading
from pipeline.domain.routing import Policy, RoutingDecision
from pipeline.errors import PipelineError
from pipeline.extraction.engine import type_of
from pipeline.extraction.layout import Layout
from pipeline.extraction.learned.engine import LearnedEngine
from pipeline.extraction.learned.sheet import Sheet
from pipeline.extraction.learned.training import train, type_words
from pipeline.extraction.locale import infer_locale
from pipeline.extraction.rules import Rules
from pipeline.garbage import collect_rarely
from pipeline.ports import Extractor
from pipeline.settings import Settings
from pipeline.stages.calibrate import calibrate
from pipeline.stages.extract import extract
from pipeline.stages.route import route
from pipeline.stages.unseen import unseen
from pipeline.stages.validate import validate
from pipeline.stages.witness import witness

GENERATED = 30
LEARNED = 40
WHOLE = "whole pipeline"
STAGES = ("reading", "layout and type", "rules", "candidates and marks", "scoring", "checks and routing")
RAW = ("raw characters and boxes", "raw text", "pdfplumber's words")


@dataclass
class Tally:
    """Processor seconds of this process and of its reading process."""

    pages: int = 0
    files: int = 0
    untyped: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    seconds: dict[str, float] = field(default_factory=lambda: dict.fromkeys((*STAGES, *RAW), 0.0))
    wall: dict[int, float] = field(default_factory=dict)
    """Seconds by the clock for all files, by number of workers."""
    busy: dict[int, float] = field(default_factory=dict)
    """Processor seconds of all workers together."""

    @property
    def whole(self) -> float:
        return sum(self.seconds[stage] for stage in STAGES)


class Line:
    """The pipeline of one worker, without database and queue."""

    def __init__(self, model: Path) -> None:
        collect_rarely()  # as a worker does
        settings = Settings(read_images=False)
        enabled = [doctype.name for doctype in assembly.known_types(settings) if doctype.variant_of is None]
        self.offline: Offline = assembly.offline(settings, types=enabled, model=model)
        self.policy = Policy()

    @property
    def engine(self) -> Extractor:
        return self.offline.extractor

    def read(self, path: Path) -> Reading:
        return self.offline.read(path)

    def decide(self, reading: Reading, extractor: Extractor) -> RoutingDecision:
        """Return the routing decision of a document that was read."""
        types = self.offline.types
        heard = witness(calibrate(extract(reading, types, extractor)), reading, types, extractor)
        findings = heard.findings + unseen(reading.pages)
        doctype = next((t for t in types if t.name == heard.extraction.type.name), None)
        if doctype is not None:
            findings += validate({f.name: f.value for f in heard.extraction.fields}, doctype)
        draws = {spec.name: 1.0 for spec in doctype.fields} if doctype is not None else {}
        return route(heard.extraction, findings, doctype, self.policy, draws)

    def close(self) -> None:
        self.offline.close()


class Meter:
    """Processor seconds of this process and of those it started, between `start` and `stop`."""

    def start(self) -> None:
        self._children = _children()  # looking for them takes longer than reading a page: not on the clock
        self._own = time.process_time()

    def stop(self) -> float:
        own = time.process_time() - self._own
        return own + sum(seconds - self._children.get(number, 0.0) for number, seconds in _children().items())


def _children() -> dict[int, float]:
    found: dict[int, float] = {}
    for child in psutil.Process().children(recursive=True):
        with suppress(psutil.Error):
            times = child.cpu_times()
            found[child.pid] = times.user + times.system
    return found


def measure(files: Sequence[Path], model: Path) -> Tally:
    """Return processor seconds by stage over the files, and those of the raw readers."""
    tally, meter = Tally(), Meter()
    line = Line(model)
    try:
        for path in files[:2]:  # what is loaded once is no document's cost
            _whole(line, path)
        for path in files:
            try:
                meter.start()
                reading = line.read(path)
                tally.seconds["reading"] += meter.stop()
            except PipelineError as error:
                tally.refused[error.code] += 1
                continue
            tally.files += 1
            tally.pages += len(reading.pages)
            for stage, seconds in _stages(line, reading, tally):
                tally.seconds[stage] += seconds
            for name, read in zip(RAW, (with_raw_pdfium, with_raw_text, with_words), strict=True):
                began = time.process_time()
                read(path, len(reading.pages))
                tally.seconds[name] += time.process_time() - began
    finally:
        line.close()
    return tally


def _stages(line: Line, reading: Reading, tally: Tally) -> Iterator[tuple[str, float]]:
    """Yield what each stage costs. What the parts don't explain of the engine's whole cost is the scoring."""
    engine = line.engine
    assert isinstance(engine, LearnedEngine)
    parts = 0.0
    for stage, seconds in _parts(line, engine, reading.pages, tally):
        parts += seconds
        yield stage, seconds
    began = time.process_time()
    engine.extract(reading.pages, line.offline.types)
    extracted = time.process_time() - began
    yield "scoring", extracted - parts
    began = time.process_time()
    line.decide(reading, engine)
    yield "checks and routing", max(0.0, time.process_time() - began - extracted)


def _parts(line: Line, engine: LearnedEngine, pages: tuple[Page, ...], tally: Tally) -> Iterator[tuple[str, float]]:
    """Yield the costs of the engine's parts, each run by itself in the engine's order."""
    types = line.offline.types
    began = time.process_time()
    layout = Layout(pages)
    guess = type_of(layout, types, None, engine.known)
    if engine.model.kinds is not None and layout.lines:
        engine.model.kinds.guess(type_words(layout))
    locale = infer_locale(layout)
    yield "layout and type", time.process_time() - began
    named = engine.extract(pages, types).type.name or guess.name
    doctype = next((t for t in types if t.name == named), None)
    if doctype is None:
        tally.untyped += 1
        return
    known = engine.model.find(doctype.name)
    began = time.process_time()
    rules = Rules(layout, doctype, locale, engine.index_of(doctype))
    rules.fields(known.lines if known is not None else None)
    yield "rules", time.process_time() - began
    if known is not None:
        began = time.process_time()
        Sheet.of(rules)
        yield "candidates and marks", time.process_time() - began


def with_raw_text(path: Path, limit: int) -> int:
    """Return how many characters PDFium's own text of the pages has: no boxes, no words."""
    pdfium: Any = importlib.import_module("pypdfium2")
    document = pdfium.PdfDocument(path)
    try:
        return sum(len(document[number].get_textpage().get_text_range()) for number in range(min(limit, len(document))))
    finally:
        document.close()


def with_words(path: Path, limit: int) -> int:
    """Return how many words pdfplumber makes out on the pages: what a reader without ours would begin with."""
    with pdfplumber.open(path) as document:
        return sum(len(page.extract_words()) for page in document.pages[:limit])


def _whole(line: Line, path: Path) -> int:
    """Return the number of pages that went through the pipeline."""
    try:
        reading = line.read(path)
    except PipelineError:
        return 0
    line.decide(reading, line.engine)
    return len(reading.pages)


class _Here:
    line: Line


def _begin(model: Path, first: Path) -> None:
    _Here.line = Line(model)
    _whole(_Here.line, first)


def _work(path: Path) -> tuple[int, float]:
    meter = Meter()
    meter.start()
    pages = _whole(_Here.line, path)
    return pages, meter.stop()


def _end(_: int) -> None:
    _Here.line.close()


def with_workers(files: Sequence[Path], model: Path, count: int) -> tuple[float, float]:
    """Return seconds by the clock and processor seconds for all files, divided among `count` processes."""
    pool = ProcessPoolExecutor(count, mp_context=get_context("spawn"), initializer=_begin, initargs=(model, files[0]))
    with pool:
        list(pool.map(_work, files[:1] * count * 2))  # every process has begun
        began = time.monotonic()
        results = list(pool.map(_work, files))
        wall = time.monotonic() - began
        list(pool.map(_end, range(count)))
    return wall, sum(seconds for _, seconds in results)


def learned(corpus: Path, folder: Path, count: int) -> Path:
    """Return the folder of a model of at most `count` documents of a corpus."""
    found = load([corpus], most=count)
    assembly.keep_model(train([one.studied for one in found.documents], found.types), folder)
    return folder


def report(tally: Tally) -> Iterator[str]:
    """Yield the lines of the tables."""
    pages = max(1, tally.pages)
    yield f"{tally.files} files, {tally.pages} pages, refused: {dict(tally.refused) or 'none'}"
    if tally.untyped:
        yield f"{tally.untyped} files are of no known type: nothing was looked for in them"
    yield f"{'processor time':<28}{'pages/s':>10}{'ms a page':>11}{'share':>8}"
    whole = max(tally.whole, 1e-9)
    for name, seconds in ((WHOLE, whole), *((stage, tally.seconds[stage]) for stage in STAGES)):
        title = name if name == WHOLE else f"  {name}"
        yield f"{title:<28}{_rate(pages, seconds)}{1000 * seconds / pages:>11.2f}{seconds / whole:>8.0%}"
    for name in RAW:
        seconds = tally.seconds[name]
        yield (
            f"{name:<28}{_rate(pages, seconds)}{1000 * seconds / pages:>11.2f}   the whole pipeline is "
            f"{seconds / whole:.3f} as fast"
        )
    for count, seconds in tally.wall.items():
        yield (
            f"{count} worker{'s' if count > 1 else ''}: {pages / seconds:.1f} pages/s by the clock, "
            f"{pages / tally.busy[count]:.1f} a processor second"
        )
    walls = list(itertools.islice(tally.wall.items(), 2))
    if len(walls) == 2:
        yield f"{walls[1][0]} workers are {walls[0][1] / walls[1][1]:.2f} times as fast as {walls[0][0]}, by the clock"


def _rate(pages: int, seconds: float) -> str:
    return f"{pages / seconds:>10.1f}" if seconds > 0 else f"{'-':>10}"


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="?", type=Path)
    parser.add_argument("--learn", type=int, default=LEARNED, help="learn from so many documents")
    parser.add_argument("--model", type=Path, help="folder of a model; nothing is learned then")
    parser.add_argument("--files", type=int, default=10_000, help="so many files at most")
    parser.add_argument("--images", type=int, default=0, help="read so many pages off their images, bare and by ours")
    parser.add_argument("--workers", default="1,2", help="numbers of workers; none: empty")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="proofdesk-bench-") as temporary:
        own = Path(temporary) / "generated"
        corpus = options.folder if options.folder and (options.folder / "truth.jsonl").exists() else None
        if options.folder is None or (corpus is None and options.model is None):
            write_generated(own, min(options.files, GENERATED))
        folder = options.folder or own
        if options.images:
            print(report_images(measure_images(folder, options.images)))
            return
        files = sorted(folder.rglob("*.pdf"))[: options.files]
        if not files:
            parser.error(f"{folder} has no PDF.")
        model = options.model or learned(corpus or own, Path(temporary) / "model", options.learn)
        tally = measure(files, model)
        for count in map(int, filter(None, options.workers.split(","))):
            tally.wall[count], tally.busy[count] = with_workers(files, model, count)
        for line in report(tally):
            print(line, flush=True)


if __name__ == "__main__":
    main()
