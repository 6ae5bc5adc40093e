"""Original bytes: stored once, whole or not at all, whether or not the file system makes files without names."""

import hashlib
import os
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from pathlib import Path

import pytest

from pipeline.errors import BlobStoreUnavailableError
from pipeline.store.blobs import CHUNK, FolderBlobs
from pipeline.store.draft import can_be_unnamed

SMALL = b"%PDF small"
LARGE = os.urandom(CHUNK) + b"x" * CHUNK + b"end"


class CutOff(BytesIO):
    """A file whose second piece cannot be read."""

    def read(self, size: int | None = -1, /) -> bytes:
        if self.tell():
            raise OSError(5, "Input/output error")
        return super().read(size)


def makes_files_without_names(folder: Path) -> bool:
    """Try whether a file without a name is made, and named later; what the store finds out itself is not asked."""
    named = folder / "named"
    try:
        with os.fdopen(os.open(folder, os.O_WRONLY | os.O_TMPFILE), "wb") as file:
            os.link(f"/proc/self/fd/{file.fileno()}", named, src_dir_fd=file.fileno(), follow_symlinks=True)
        named.unlink()
    except (OSError, AttributeError):  # other systems do not even have the flag
        return False
    return True


def test_store_knows_whether_a_file_can_do_without_a_name_and_leaves_nothing_of_its_trial(tmp_path: Path) -> None:
    assert can_be_unnamed(tmp_path) is makes_files_without_names(tmp_path)
    assert not can_be_unnamed(tmp_path / "missing")
    assert list(tmp_path.iterdir()) == []


@pytest.fixture(params=[True, False], ids=["unnamed", "named"])
def blobs(request: pytest.FixtureRequest, tmp_path: Path) -> FolderBlobs:
    if request.param and not makes_files_without_names(tmp_path):
        pytest.skip("this file system makes no files without names")
    return FolderBlobs(tmp_path / "blobs", unnamed=request.param)


def files(blobs: FolderBlobs) -> list[str]:
    return sorted(path.name for path in blobs.root.rglob("*") if path.is_file())


@pytest.mark.parametrize("content", [b"", SMALL, LARGE[:CHUNK], LARGE], ids=["empty", "small", "a chunk", "large"])
def test_bytes_are_stored_under_their_hash_and_only_once(blobs: FolderBlobs, content: bytes) -> None:
    first, again = blobs.put(BytesIO(content)), blobs.put(BytesIO(content))

    assert (first.sha256, first.size) == (hashlib.sha256(content).hexdigest(), len(content))
    assert (first.created, again.created) == (True, False)
    assert blobs.path(first.sha256).read_bytes() == content
    assert files(blobs) == [first.sha256]


def test_stored_bytes_are_not_to_be_written_again(blobs: FolderBlobs) -> None:
    assert blobs.path(blobs.put(BytesIO(SMALL)).sha256).stat().st_mode & 0o777 == 0o400


def test_same_bytes_from_several_at_once_are_stored_once(blobs: FolderBlobs) -> None:
    with ThreadPoolExecutor(8) as pool:
        stored = list(pool.map(lambda _: blobs.put(BytesIO(LARGE)), range(16)))

    assert files(blobs) == [stored[0].sha256]
    assert blobs.path(stored[0].sha256).read_bytes() == LARGE


def test_file_that_cannot_be_read_to_its_end_leaves_nothing(blobs: FolderBlobs) -> None:
    with pytest.raises(BlobStoreUnavailableError, match="Input/output error"):
        blobs.put(CutOff(LARGE))
    assert files(blobs) == []
