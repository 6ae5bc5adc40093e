"""Names that programs give to files they are not done with."""

TEMPORARY_SUFFIXES = (
    ".part",
    ".tmp",
    ".temp",
    ".filepart",
    ".crdownload",
    ".download",
    ".partial",
    ".swp",
    ".swx",
    "~",
)
TEMPORARY_PREFIXES = (".", "~$")
"""Hidden files, and the lock files of office programs."""


def is_temporary(name: str) -> bool:
    """Return whether the name is one that programs give to files they are still writing, or that is hidden."""
    lowered = name.lower()
    return lowered.startswith(TEMPORARY_PREFIXES) or lowered.endswith(TEMPORARY_SUFFIXES)
