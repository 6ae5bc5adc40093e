"""A file that is written before it has its name."""

import os
import secrets
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

_MODE = 0o400
"""Nobody writes it again."""


class Draft:
    """A file under way; `keep` makes its bytes last and gives it its name, or else nothing of it stays.

    Without a name of any kind, where the file system can: then a killed process leaves nothing behind.
    """

    def __init__(self, folder: Path, stand_in: Path, *, unnamed: bool) -> None:
        """Open it for writing.

        Args:
            folder: where its name will be, or at least on the same file system.
            stand_in: what it is called meanwhile, where it must be called something.
            unnamed: whether it can do without; see `can_be_unnamed`.

        Raises:
            OSError: it can't be made.
        """
        self._stand_in = None if unnamed else stand_in
        flags = os.O_WRONLY | os.O_CLOEXEC
        if unnamed:
            descriptor = os.open(folder, flags | os.O_TMPFILE, _MODE)
        else:
            descriptor = os.open(stand_in, flags | os.O_CREAT | os.O_EXCL, _MODE)
        self.file = os.fdopen(descriptor, "wb")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        # closing flushes, which fails again where the disk is full: what went wrong is told already
        with suppress(OSError):
            self.file.close()
        if self._stand_in is not None:
            with suppress(OSError):
                self._stand_in.unlink(missing_ok=True)

    def keep(self, final: Path) -> bool:
        """Flush to the disk, and name it; return False where a file that has this name already stays.

        A file under a stand-in's name takes the other one's place.

        Raises:
            OSError: the disk refuses.
        """
        self.file.flush()
        descriptor = self.file.fileno()
        os.fsync(descriptor)
        if self._stand_in is not None:
            self._stand_in.rename(final)
            return True
        try:
            # given any descriptor, Python follows the link that /proc has for the open file, and names the file itself
            os.link(f"/proc/self/fd/{descriptor}", final, src_dir_fd=descriptor, follow_symlinks=True)
        except FileExistsError:  # named by its hash: these are the same bytes
            return False
        return True


def can_be_unnamed(folder: Path) -> bool:
    """Return whether the folder's file system makes files without names, and this system names them later."""
    trial = folder / secrets.token_hex(12)
    try:
        with Draft(folder, trial, unnamed=True) as made:
            made.keep(trial)
        trial.unlink()
    except (OSError, AttributeError):  # other systems do not even have the flag
        return False
    return True
