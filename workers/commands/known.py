"""Options of the commands that begin with documents whose values are known."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

Command = TypeVar("Command", bound=Callable[..., Any])

_OPTIONS = (
    click.option(
        "--truth",
        "truths",
        metavar="FILE",
        multiple=True,
        required=True,
        type=click.Path(path_type=Path, dir_okay=False),
        help="Known values: .jsonl, or .csv with a column for each field. May be given several times.",
    ),
    click.option(
        "--files",
        metavar="DIR",
        type=click.Path(path_type=Path, file_okay=False),
        help="Folder that the file names start from; the truth file's own if not given.",
    ),
    click.option("--jobs", type=click.IntRange(min=1), help="Processes to read with; one for each core if not given."),
)


def known_options(command: Command) -> Command:
    """Add --truth, --files and --jobs, which arrive as `truths`, `files` and `jobs`."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command
