"""Sentences that wait for the next page: what was done, or why it was not."""

from flask import flash
from markupsafe import Markup


def say(sentence: str | Markup) -> None:
    flash(sentence, "settled")


def warn(sentence: str | Markup) -> None:
    flash(sentence, "check")
