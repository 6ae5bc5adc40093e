"""Pages a second of each reader, and how far their words agree.

    python -m bench.reading [FOLDER] [--pages 8]

Readers take turns document by document, so that a busy machine slows all of them; times are processor time, of the
reading process too. Agreement is counted on words as a multiset per page, pdfplumber's being the reference.

With --images N the first pages of as many files are read off their images too, by the bare engine and by this package's
use of it in turn, in this process: what upright turning, straightening and words cost on top.
"""

import argparse
import importlib
import itertools
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pipeline.errors import PipelineError
from pipeline.ports import ReadLimits
from pipeline.readers import pdfium_api, plumber, reading
from pipeline.readers.filekinds import PdfFile, PictureFile
from pipeline.readers.ocr.engine import LARGE_LONGEST, SMALL_LONGEST, SMALL_SIDE
from pipeline.readers.optical import DPI
from pipeline.readers.pdfium_api import Placement
from pipeline.readers.pdfium_shapes import read_shapes
from pipeline.readers.pdfium_words import read_words
from pipeline.readers.raw_page import RawPage
from pipeline.readers.sandbox import SandboxReader, preload
from pipeline.readers.sniff import FileKind, get_kind

DEFAULT = Path(__file__).parent.parent / "fixtures" / "documents"


@dataclass
class Tally:
    """What a run over a folder found."""

    files: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    pages: Counter[str] = field(default_factory=Counter)
    seconds: Counter[str] = field(default_factory=Counter)
    shared: int = 0
    reference: int = 0
    found: int = 0
    same_pages: int = 0


def with_pdfium(path: Path, limit: int, *, lines: bool) -> list[RawPage]:
    pages: list[RawPage] = []
    with pdfium_api.opened(path) as document:
        for number in range(1, min(limit, pdfium_api.page_count(document)) + 1):
            with pdfium_api.loaded(document, number) as handle:
                page = RawPage(number)
                if handle is not None:
                    placement = Placement(handle)
                    page.words = read_words(handle, placement)
                    if lines:
                        page.rules = read_shapes(handle, placement).rules
                pages.append(page)
    return pages


def with_raw_pdfium(path: Path, limit: int) -> list[RawPage]:
    """Read each character and its box by PDFium alone, and nothing else: the floor."""
    api = pdfium_api.api
    pages: list[RawPage] = []
    with pdfium_api.opened(path) as document:
        for number in range(1, min(limit, pdfium_api.page_count(document)) + 1):
            pages.append(RawPage(number))
            page = api.FPDF_LoadPage(document, number - 1)
            text_page = api.FPDFText_LoadPage(page) if page else None
            if not text_page:
                continue
            box = api.FS_RECTF()
            kept: list[tuple[int, float, float, float, float]] = []
            for index in range(api.FPDFText_CountChars(text_page)):
                code = api.FPDFText_GetUnicode(text_page, index)
                api.FPDFText_GetLooseCharBox(text_page, index, box)
                kept.append((code, box.left, box.bottom, box.right, box.top))
            api.FPDFText_ClosePage(text_page)
            api.FPDF_ClosePage(page)
    return pages


def with_judgement(path: Path, limit: int) -> list[RawPage]:
    """Read pages as the reading process does: words, lines, what is seen, whether the image has to be read."""
    return list(itertools.islice(reading.read_pages(path, 10_000), limit))


def with_pdfplumber(path: Path, limit: int) -> list[RawPage]:
    with plumber.opened(path) as document:
        return [plumber.read_page(document, number) for number in range(1, min(limit, len(document.pages)) + 1)]


def measure(folder: Path, limit: int) -> Tally:
    """Return times and agreement over the PDFs of a folder, its subfolders included."""
    tally = Tally()
    preload()
    with SandboxReader(images=False) as reader:
        for path in sorted(folder.rglob("*.pdf")):
            tally.files += 1
            try:
                one(tally, reader, path, limit)
            except PipelineError as error:
                tally.refused[error.code] += 1
    return tally


def one(tally: Tally, reader: SandboxReader, path: Path, limit: int) -> None:
    limits = ReadLimits()
    # what crashes a reader is kept out of this process
    reader.probe(path, limits)
    timed(tally, "raw pdfium characters", lambda: with_raw_pdfium(path, limit))
    found = timed(tally, "pdfium words", lambda: with_pdfium(path, limit, lines=False))
    timed(tally, "pdfium words + lines", lambda: with_pdfium(path, limit, lines=True))
    timed(tally, "words, lines, judgement", lambda: with_judgement(path, limit))
    reference = timed(tally, "pdfplumber words + lines", lambda: with_pdfplumber(path, limit))
    start = time.perf_counter()
    tally.pages["sandbox, whole file, wall"] += len(reader.read(path, limits).pages)
    tally.seconds["sandbox, whole file, wall"] += time.perf_counter() - start
    start = time.perf_counter()
    reader.render(path, 1, 110, limits)
    tally.pages["sandbox, image of page 1, wall"] += 1
    tally.seconds["sandbox, image of page 1, wall"] += time.perf_counter() - start
    for ours, theirs in zip(found, reference, strict=False):
        left, right = (Counter(word.text for word in page.words) for page in (ours, theirs))
        tally.shared += (left & right).total()
        tally.found += left.total()
        tally.reference += right.total()
        tally.same_pages += left == right


def timed(tally: Tally, name: str, read: Callable[[], list[RawPage]]) -> list[RawPage]:
    start = time.process_time()
    pages = read()
    tally.seconds[name] += time.process_time() - start
    tally.pages[name] += len(pages)
    return pages


@dataclass
class ImageTally:
    """Seconds of processor time for the same images by the bare engine and by ours."""

    images: int = 0
    bare: float = 0.0
    ours: float = 0.0
    words: int = 0


def measure_images(folder: Path, count: int) -> ImageTally:
    """Return processor times for reading page images, one after the other, each by both."""
    engine: Any = importlib.import_module("pipeline.readers.ocr.engine").Engine()
    read_image: Any = importlib.import_module("pipeline.readers.ocr.reading").read_image
    tally = ImageTally()
    for path in sorted(folder.rglob("*")):
        if tally.images >= count:
            break
        try:
            file = PictureFile() if get_kind(path, 10**9) is FileKind.PICTURE else PdfFile()
            width, height, grey = file.pixels(path, 1, DPI)
        except PipelineError:
            continue
        pixels = engine.numpy.frombuffer(grey, dtype="uint8").reshape(height, width)
        colour = engine.cv2.cvtColor(pixels, engine.cv2.COLOR_GRAY2BGR)
        if not tally.images:
            read_image(engine, pixels)  # the first run of a session is slower
        engine.rapid.max_side_len = SMALL_LONGEST if max(width, height) < SMALL_SIDE else LARGE_LONGEST
        start = time.process_time()
        engine.rapid(colour)
        tally.bare += time.process_time() - start
        start = time.process_time()
        found = read_image(engine, pixels)
        tally.ours += time.process_time() - start
        tally.words += sum(len(line) for line in found.lines)
        tally.images += 1
    return tally


def report_images(tally: ImageTally) -> str:
    each = max(tally.images, 1)
    return (
        f"{tally.images} images, {tally.words} words: {tally.bare / each:.2f} s of processor time an image by the bare "
        f"engine, {tally.ours / each:.2f} s by ours, {tally.ours / (tally.bare or 1):.2f} times as long"
    )


def report(tally: Tally) -> str:
    lines = [f"{tally.files} files, refused: {dict(tally.refused) or 'none'}"]
    base = tally.pages["pdfplumber words + lines"] / (tally.seconds["pdfplumber words + lines"] or 1)
    raw = tally.pages["raw pdfium characters"] / (tally.seconds["raw pdfium characters"] or 1)
    for name, seconds in tally.seconds.items():
        rate = tally.pages[name] / seconds if seconds else 0.0
        ratio = f"{rate / base:6.1f} x pdfplumber" if base else ""
        ratio += f" {rate / raw:6.2f} x raw" if raw else ""
        lines.append(f"{name:32} {tally.pages[name]:6} pages {rate:8.1f} pages/s {ratio}")
    if tally.reference:
        lines.append(
            f"words of pdfplumber also found by pdfium: {tally.shared / tally.reference:.4f}; words of pdfium also "
            f"found by pdfplumber: {tally.shared / max(tally.found, 1):.4f}; pages with the same words: "
            f"{tally.same_pages} of {tally.pages['pdfium words']}"
        )
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description="Pages a second of each reader, and how far their words agree.")
    parser.add_argument("folder", nargs="?", type=Path, default=DEFAULT)
    parser.add_argument("--pages", type=int, default=8, help="pages read of each file by each reader")
    parser.add_argument("--images", type=int, default=0, help="read the first page of so many files off its image")
    arguments = parser.parse_args()
    if arguments.images:
        print(report_images(measure_images(arguments.folder, arguments.images)))
    else:
        print(report(measure(arguments.folder, arguments.pages)))


if __name__ == "__main__":
    main()
