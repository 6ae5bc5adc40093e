"""What Tesseract says, as rows of words; and whether it is there at all."""

from pathlib import Path

import pytest

from pipeline.errors import ConfigurationError
from pipeline.readers.ocr.choice import choose
from pipeline.readers.ocr.protocol import image_key
from pipeline.readers.ocr.tesseract import rows_of
from pipeline.settings import Settings

HEAD = "level\tpage_num\tblock_num\tpar_num\tline_num\tword_num\tleft\ttop\twidth\theight\tconf\ttext\n"


def line(level: int, row: int, left: int, conf: str, text: str, width: int = 40) -> str:
    return f"{level}\t1\t1\t1\t{row}\t1\t{left}\t20\t{width}\t10\t{conf}\t{text}\n"


def test_words_of_one_line_are_a_row_with_their_boxes_and_scores() -> None:
    said = HEAD + line(4, 1, 0, "-1", "") + line(5, 1, 5, "96.5", "Invoice") + line(5, 1, 60, "91", "4711")
    said += line(5, 2, 5, "88", "Total")
    rows = rows_of(said, 200, 100)
    assert [[word.text for word in row] for row in rows] == [["Invoice", "4711"], ["Total"]]
    first = rows[0][0]
    assert (first.x0, first.top, first.x1, first.bottom, first.score) == (5, 20, 45, 30, 0.965)


def test_tabs_and_quotes_in_a_word_are_the_word_s_own() -> None:
    ((word,),) = rows_of(HEAD + line(5, 1, 5, "90", '"a\tb'), 200, 100)
    assert word.text == '"a\tb'


def test_what_is_no_word_or_lies_off_the_image_is_left_out() -> None:
    said = HEAD + line(5, 1, 5, "-1", "x") + line(5, 1, 5, "90", "  ") + line(5, 1, 300, "90", "off")
    said += line(5, 1, 5, "many", "x") + "5\t1\t1\n" + line(5, 1, 180, "120", "edge")
    ((edge,),) = rows_of(said, 200, 100)
    assert (edge.text, edge.x1, edge.score) == ("edge", 200, 1.0)


def program(folder: Path, script: str) -> str:
    """Put a program called tesseract into a folder of its own; return the folder."""
    folder.mkdir()
    (folder / "tesseract").write_text(f"#!/bin/sh\n{script}\n")
    (folder / "tesseract").chmod(0o755)
    return str(folder)


def with_path(monkeypatch: pytest.MonkeyPatch, path: str) -> None:
    monkeypatch.setenv("PATH", path)


ANSWERS = """case "$1" in
--version) echo "tesseract 5.{0}.0";;
--list-langs) echo "List of available languages (2):"; echo deu; echo eng;;
esac"""


def test_engine_version_and_languages_are_part_of_the_key_of_kept_readings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    versions = {choose("rapidocr").version}
    for number, languages in enumerate(("eng", "deu", "eng+deu", "eng")):
        with_path(monkeypatch, program(tmp_path / str(number), ANSWERS.format(number // 3)))
        choice = choose("tesseract", languages)
        assert choice.program == str(tmp_path / str(number) / "tesseract")
        versions.add(choice.version)
    assert len({image_key(version, b"pixels") for version in versions}) == 5


def test_missing_program_says_how_to_get_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with_path(monkeypatch, str(tmp_path))
    with pytest.raises(ConfigurationError, match=r"no program tesseract on the PATH\. Install it"):
        choose("tesseract")


def test_missing_language_says_which_ones_there_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with_path(monkeypatch, program(tmp_path / "bin", ANSWERS.format(3)))
    with pytest.raises(ConfigurationError, match=r"asks for fra, .* tesseract-ocr-fra.*, or choose among deu, eng"):
        choose("tesseract", "eng+fra")


@pytest.mark.parametrize("script", ["exit 3", "echo hello", "echo tesseract 5.3.0"])
def test_program_that_is_no_tesseract_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    with_path(monkeypatch, program(tmp_path / "bin", script))
    with pytest.raises(ConfigurationError, match="does not say its version and its languages"):
        choose("tesseract")


@pytest.mark.parametrize("languages", ["", "eng+", "eng deu", "--psm", "../eng"])
def test_languages_are_names_joined_by_plus_signs(languages: str) -> None:
    with pytest.raises(ValueError, match="ocr_languages"):
        Settings(ocr_engine="tesseract", ocr_languages=languages)
