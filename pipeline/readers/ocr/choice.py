"""Which engine reads images, and in which version: the operator's choice."""

import shutil
import subprocess
from functools import cache
from importlib import metadata
from typing import Literal, NamedTuple

from pipeline.errors import ConfigurationError

EngineName = Literal["rapidocr", "tesseract"]

RAPIDOCR_EDITION = 1
TESSERACT_EDITION = 1
"""Counted up when the same pixels would be read otherwise: kept readings of earlier editions are made anew."""
ANSWER_SECONDS = 20.0

MISSING_SENTENCE = (
    "PROOFDESK_OCR_ENGINE is tesseract, but there is no program tesseract on the PATH. Install it (Debian 12: apt "
    "install tesseract-ocr), or unset PROOFDESK_OCR_ENGINE."
)
ODD_SENTENCE = (
    "PROOFDESK_OCR_ENGINE is tesseract, but {0} does not say its version and its languages. Install Tesseract 4 or "
    "newer (Debian 12: apt install tesseract-ocr), or unset PROOFDESK_OCR_ENGINE."
)
LANGUAGE_SENTENCE = (
    "PROOFDESK_OCR_LANGUAGES asks for {0}, which Tesseract does not have here. Install it (Debian 12: apt install "
    "tesseract-ocr-{0}), or choose among {1}."
)


class EngineChoice(NamedTuple):
    """An engine that is there."""

    version: str
    """Name, version and whatever else decides how it reads; part of the key of kept readings."""
    program: str = ""
    """Tesseract's path; nothing for RapidOCR, which is a library."""
    languages: str = ""
    """What Tesseract reads, as its option takes them; RapidOCR's one model needs no such choice."""


def choose(name: EngineName, languages: str = "eng") -> EngineChoice:
    """Return the engine of that name.

    Args:
        name: as the setting has it.
        languages: that Tesseract reads, joined by `+`.

    Raises:
        ConfigurationError: Tesseract or one of the languages is not installed; the sentence says how to get it.
    """
    if name == "rapidocr":
        return EngineChoice(f"rapidocr {metadata.version('rapidocr')}-{RAPIDOCR_EDITION}")
    program = shutil.which("tesseract")
    if program is None:
        raise ConfigurationError(MISSING_SENTENCE)
    version, known = _facts(program)
    for language in languages.split("+"):
        if language not in known:
            raise ConfigurationError(LANGUAGE_SENTENCE.format(language, ", ".join(sorted(known))))
    return EngineChoice(f"tesseract {version} {languages}-{TESSERACT_EDITION}", program, languages)


@cache
def _facts(program: str) -> tuple[str, frozenset[str]]:
    """Return a Tesseract's version and languages; asked once a process.

    Raises:
        ConfigurationError: it is no Tesseract, or does not work.
    """
    first, _, _ = _said(program, "--version").partition("\n")
    name, _, version = first.partition(" ")
    languages = _said(program, "--list-langs").splitlines()[1:]
    if name != "tesseract" or not version or not languages:
        raise ConfigurationError(ODD_SENTENCE.format(program))
    return version.strip()[:40], frozenset(line.strip() for line in languages)


def _said(program: str, option: str) -> str:
    try:
        done = subprocess.run(
            [program, option],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=ANSWER_SECONDS,
            check=True,
            text=True,
            errors="replace",
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise ConfigurationError(ODD_SENTENCE.format(program)) from error
    return done.stdout
