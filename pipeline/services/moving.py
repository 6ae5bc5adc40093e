"""Moves within the drop folder: nothing is overwritten, no link is followed, no other process is hurt."""

import errno
import os
import stat
from contextlib import suppress
from datetime import datetime
from pathlib import Path, PurePosixPath

import structlog

from pipeline.services import naming

log = structlog.get_logger()


def into_new_folder(path: Path, target: Path) -> None:
    """Rename into a folder made for it, though another process may tidy that empty folder away meanwhile.

    Raises:
        OSError: the source is gone, or the rename is refused.
    """
    for _ in range(20):
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            path.rename(target)
        except FileNotFoundError:
            if target.parent.is_dir() or not os.path.lexists(path):
                raise
        else:
            return
    raise FileNotFoundError(errno.ENOENT, "the folder keeps disappearing")


def put_away(path: Path, root: Path, folder: str, name: str, file_id: int) -> None:
    """Move without overwriting: a name that is taken gets the file's id before its ending.

    Raises:
        OSError: it can't be put there; a link below `root` counts as such.
    """
    if not os.path.lexists(path):
        log.info("intake.already_moved", file_id=file_id)
        return
    for number in range(100):
        target = naming.free(root / folder / name, file_id, number)
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
        except (FileExistsError, NotADirectoryError):
            # a file stands where a folder is needed: the bytes matter more than their folder
            target = naming.free(root / folder / PurePosixPath(name).name, file_id, number + 1)
            target.parent.mkdir(parents=True, exist_ok=True)
        if not is_really_in(target.parent, root):
            raise OSError(errno.ELOOP, "a folder of the drop folder is a link")
        if _rename_if_free(path, target):
            return
    raise FileExistsError(errno.EEXIST, "no free name")


def _rename_if_free(path: Path, target: Path) -> bool:
    """Rename unless the name is taken; two processes can't both win it."""
    try:
        os.link(path, target, follow_symlinks=False)
    except FileExistsError:
        if not path.samefile(target):
            return False
    except OSError as error:
        if error.errno not in (errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK):
            raise
        if os.path.lexists(target):  # a file system without hard links: next best
            return False
        path.rename(target)
        return True
    path.unlink()
    return True


def is_really_in(folder: Path, root: Path) -> bool:
    """Return whether no link, and no way up, lies between `root` and `folder`."""
    current = root
    for part in folder.relative_to(root).parts:
        current = current / part
        if part == ".." or stat.S_ISLNK(current.lstat().st_mode):
            return False
    return True


def size_of(path: Path) -> int:
    try:
        return path.lstat().st_size
    except FileNotFoundError:
        return 0


def remove_empty_up(folder: Path, stop: Path) -> None:
    """Remove `folder` and its parents below `stop` while they are empty."""
    while folder != stop and stop in folder.parents:
        try:
            folder.rmdir()
        except OSError:
            return
        folder = folder.parent


def remove_empty_below(folder: Path) -> None:
    """Remove a folder tree of empty folders; never a file that another process moves in meanwhile."""
    for inner in sorted((path for path in folder.rglob("*") if path.is_dir()), reverse=True):
        with suppress(OSError):
            inner.rmdir()
    with suppress(OSError):
        folder.rmdir()


def remove_older(folder: Path, before: datetime) -> None:
    """Remove the files of a folder that were last written before a time."""
    for path in folder.iterdir() if folder.is_dir() else ():
        with suppress(OSError):
            if path.lstat().st_mtime < before.timestamp():
                path.unlink()
