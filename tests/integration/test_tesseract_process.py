"""The OCR process with Tesseract: what the program may do, how long it may take, and that images are read side by side.

A script stands in for the program; the last tests are for the real one, where it is installed.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from PIL import Image

from pipeline.assembly import offline
from pipeline.errors import ConfigurationError
from pipeline.readers.ocr.choice import EngineChoice, choose
from pipeline.readers.ocr.client import OcrClient, PageNotReadError
from pipeline.settings import Settings
from tests.integration.test_ocr_process import packed, sheet, text
from workers.doctor import State, examine

linux = pytest.mark.skipif(sys.platform != "linux", reason="the filter of system calls is Linux's")


def data_here() -> set[str]:
    """Return what an installed Tesseract has data for, by its own word; nothing where none is installed."""
    if shutil.which("tesseract") is None:
        return set()
    said = subprocess.run(["tesseract", "--list-langs"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    return set(said.stdout.split())


DATA = data_here()
reads = pytest.mark.skipif("eng" not in DATA, reason="Tesseract, or its data for English, is not installed here")
tells_how_a_page_lies = pytest.mark.skipif("osd" not in DATA, reason="Tesseract's data for it is not installed here")

READS, FAILS, HANGS, WAITS = 250, 1, 2, 3
"""What the script does, by the shade of the image's first pixel."""

SCRIPT = """#!{python} -S
import errno, os, socket, sys
if sys.argv[1] == "--version":
    print("tesseract 5.9.1"); sys.exit()
if sys.argv[1] == "--list-langs":
    print("List of available languages (1):"); print("eng"); sys.exit()
kind, size, depth, pixels = sys.stdin.buffer.read().split(b"\\n", 3)
width, height = map(int, size.split())
assert kind == b"P5" and depth == b"255" and len(pixels) == width * height
if pixels[0] == 1:
    sys.exit(1)
if pixels[0] == 2:
    import time; time.sleep(600)
if pixels[0] == 3:
    open({gate!r}).read()

def attempt(act):
    try:
        act()
    except OSError as error:
        return errno.errorcode[error.errno]
    return "done"

words = [f"{{width}}x{{height}}", *sys.argv[1:], *os.environ]
words.append("fork=" + attempt(os.fork))
words.append("network=" + attempt(lambda: socket.socket(socket.AF_INET)))
words.append("write=" + attempt(lambda: open({gate!r} + ".out", "w")))
words.append("signal=" + attempt(lambda: os.kill(os.getppid(), 0)))
for number, word in enumerate(words):
    print("5", 1, 1, 1, 1, number, 10 * number, 20, 9, 10, 90.0, word, sep="\\t")
"""


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    # not under pytest's own folder: its path is too long for a socket
    with tempfile.TemporaryDirectory(prefix="pd-tes-") as place:
        yield Path(place)


@pytest.fixture(scope="module")
def program(folder: Path) -> Path:
    """The script; two kinds of images make it wait, one of them at a gate that the tests open."""
    path = folder / "bin" / "tesseract"
    path.parent.mkdir()
    os.mkfifo(folder / "gate")
    path.write_text(SCRIPT.format(python=sys.executable, gate=str(folder / "gate")))
    path.chmod(0o755)
    return path


@pytest.fixture(scope="module")
def eye(folder: Path, program: Path) -> OcrClient:
    return OcrClient(folder / "ocr", threads=2, engine=EngineChoice("tesseract 5.9.1 eng-1", str(program), "eng"))


def image(shade: int) -> bytes:
    return packed(Image.new("L", (600, 90), shade))


def test_program_gets_the_pixels_and_its_words_come_back(eye: OcrClient) -> None:
    found = eye.read(image(READS), 60, 60)
    (line,) = found.lines
    words = [word.text for word in line]
    assert words[:8] == ["600x90", "stdin", "stdout", "-l", "eng", "--psm", "6", "tsv"]
    assert (found.width, found.height, found.frame) == (600, 90, None)
    assert (line[0].x0, line[0].bottom, line[0].score) == (0, 30, 0.9)


@linux
def test_program_may_compute_and_nothing_else(eye: OcrClient) -> None:
    words = text(eye.read(image(READS), 60, 60)).split()
    assert words[8:10] == ["LC_ALL", "OMP_THREAD_LIMIT"], "it knows nothing of the environment"
    assert words[-4:] == ["fork=EPERM", "network=EPERM", "write=EPERM", "signal=EPERM"]
    assert eye.network_isolated()


def test_program_that_fails_or_hangs_costs_its_image_alone(eye: OcrClient) -> None:
    before = eye.process_id()
    with pytest.raises(PageNotReadError):
        eye.read(image(FAILS), 60, 60)
    with pytest.raises(PageNotReadError):
        eye.read(image(HANGS), 0.5, 60)
    assert text(eye.read(image(READS), 60, 60)).startswith("600x90")
    assert eye.process_id() == before


def test_images_are_read_side_by_side(eye: OcrClient, folder: Path) -> None:
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(eye.read, image(WAITS), 60, 60)
        with (folder / "gate").open("w"):  # returns once the other image's program has come to the gate
            assert text(eye.read(image(READS), 60, 60)).startswith("600x90")
            assert not waiting.done()
        assert text(waiting.result()).startswith("600x90")


def test_setting_chooses_the_program_and_missing_it_is_told_with_what_to_do(
    program: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = Settings(data=tmp_path, ocr_engine="tesseract")
    monkeypatch.setenv("PATH", str(program.parent))
    opened = offline(settings)
    opened.close()
    assert "tesseract 5.9.1 eng" in opened.reader.version

    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ConfigurationError, match="no program tesseract on the PATH"):
        offline(settings)
    told = {check.part: check for check in examine(settings) if "tesseract" in check.mend}
    assert set(told) == {"OCR"}
    assert (told["OCR"].state, told["OCR"].found) == (State.BAD, "can't be used")
    offline(settings.model_copy(update={"read_images": False})).close()


TURNS = (Image.Transpose.ROTATE_90, Image.Transpose.ROTATE_180, Image.Transpose.ROTATE_270)


@reads
@pytest.mark.parametrize("turn", [None, *(pytest.param(turn, marks=tells_how_a_page_lies) for turn in TURNS)])
def test_real_program_reads_print_however_the_sheet_lies(folder: Path, turn: Image.Transpose | None) -> None:
    eye = OcrClient(folder / "real", engine=choose("tesseract"))
    drawn = sheet() if turn is None else sheet().transpose(turn)
    found = eye.read(packed(drawn), 60, 60)
    assert text(found) == "Eschenrieder GmbH Invoice number 4711 Date 14/02/2024 Total EUR 1,234.50"
    assert (found.width, found.height) == (700, 500)
    assert (found.frame is None) == (turn is None)
    first = found.lines[0][0]
    assert abs(first.x0 - 60) < 12
    assert 50 < first.top < 80 < first.bottom < 120
