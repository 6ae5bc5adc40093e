"""Sentences that wait for the next page: what was done, or why it was not."""

from flask import flash


def say(sentence: str) -> None:
    flash(sentence, "settled")


def warn(sentence: str) -> None:
    flash(sentence, "check")
