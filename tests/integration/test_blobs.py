"""Original bytes: stored once, sealed, whole or not at all, with or without files that have no name yet."""

import hashlib
import os
import shutil
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from pipeline.errors import BlobStoreUnavailableError, DamagedFileError, NotFoundError
from pipeline.sealed_file import PIECE, SealedFile
from pipeline.store import blobs as module
from pipeline.store.blobs import CHUNK, FolderBlobs
from pipeline.store.draft import can_be_unnamed
from pipeline.store.sealing import Sealer
from pipeline.store.vault import Vault
from tests.kills import run_to

KILLS = 20
"""Lines at which a process is killed."""
MARK = b"Quillfeather QF-77812"
SMALL = b"%PDF small " + MARK
LARGE = os.urandom(CHUNK) + MARK * (CHUNK // len(MARK)) + b"end"


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


def vault_in(folder: Path) -> Vault:
    return Vault(f"sqlite:///{folder / 'vault' / 'keys.db'}", Sealer(folder / "secret.key"))


@pytest.fixture
def vault(tmp_path: Path) -> Vault:
    return vault_in(tmp_path)


@pytest.fixture(params=[None, False], ids=["as the file system can", "named"])
def blobs(request: pytest.FixtureRequest, tmp_path: Path, vault: Vault) -> FolderBlobs:
    return FolderBlobs(tmp_path / "blobs", vault, unnamed=request.param)


def plain(blobs: FolderBlobs) -> FolderBlobs:
    """Return the same folder as it was before bytes were sealed."""
    return FolderBlobs(blobs.root)


def files(blobs: FolderBlobs) -> list[str]:
    return sorted(path.name for path in blobs.root.rglob("*") if path.is_file())


def place(blobs: FolderBlobs, sha256: str) -> Path:
    [found] = blobs.root.glob(f"??/{sha256}")
    return found


def shows_in(folder: Path) -> list[str]:
    """Return the files that show the content's mark; the vault's are among them."""
    return [str(path) for path in folder.rglob("*") if path.is_file() and MARK in path.read_bytes()]


LENGTHS = {
    "empty": b"",
    "a byte": b"1",
    "small": SMALL,
    "short of a piece": LARGE[: PIECE - 1],
    "a piece": LARGE[:PIECE],
    "more than a piece": LARGE[: PIECE + 1],
    "short of a chunk": LARGE[: CHUNK - 1],
    "a chunk": LARGE[:CHUNK],
    "more than a chunk": LARGE[: CHUNK + 1],
    "large": LARGE,
    "three chunks": (LARGE * 2)[: 3 * CHUNK],
}


@pytest.mark.parametrize("content", LENGTHS.values(), ids=LENGTHS)
def test_bytes_are_stored_under_their_hash_and_only_once(blobs: FolderBlobs, content: bytes) -> None:
    first, again = blobs.put(BytesIO(content)), blobs.put(BytesIO(content))

    assert (first.sha256, first.size) == (hashlib.sha256(content).hexdigest(), len(content))
    assert (first.created, again.created) == (True, False)
    assert blobs.get(first.sha256).read_bytes() == content
    assert blobs.size(first.sha256) == len(content)
    assert files(blobs) == [first.sha256]


def test_stored_bytes_are_not_to_be_written_again(blobs: FolderBlobs) -> None:
    assert place(blobs, blobs.put(BytesIO(SMALL)).sha256).stat().st_mode & 0o777 == 0o400


def test_same_bytes_from_several_at_once_are_stored_once(blobs: FolderBlobs) -> None:
    with ThreadPoolExecutor(8) as pool:
        stored = list(pool.map(lambda _: blobs.put(BytesIO(LARGE)), range(16)))

    assert files(blobs) == [stored[0].sha256]
    assert blobs.get(stored[0].sha256).read_bytes() == LARGE


def test_file_that_cannot_be_read_to_its_end_leaves_nothing(blobs: FolderBlobs) -> None:
    with pytest.raises(BlobStoreUnavailableError, match="Input/output error"):
        blobs.put(CutOff(LARGE))
    assert files(blobs) == []


@pytest.mark.parametrize("content", [SMALL, LARGE], ids=["small", "large"])
def test_nothing_of_the_bytes_is_to_be_seen_on_disk(blobs: FolderBlobs, content: bytes) -> None:
    blobs.put(BytesIO(content))
    assert shows_in(blobs.root.parent) == []


def test_removal_closes_every_copy_of_the_folder(blobs: FolderBlobs, vault: Vault, tmp_path: Path) -> None:
    gone, kept = (blobs.put(BytesIO(content)).sha256 for content in (SMALL, LARGE))
    shutil.copytree(blobs.root, tmp_path / "copy")
    copy = FolderBlobs(tmp_path / "copy", vault)
    assert copy.get(gone).read_bytes() == SMALL

    assert blobs.remove(gone)
    assert not blobs.remove(gone)
    assert not blobs.has(gone)
    with pytest.raises(DamagedFileError, match="Nothing opens the stored file"):
        copy.get(gone)
    assert copy.get(kept).read_bytes() == LARGE
    # nor does a copy that is put back
    shutil.copyfile(place(copy, gone), blobs.root / gone[:2] / gone)
    with pytest.raises(DamagedFileError):
        blobs.get(gone)
    assert blobs.remove(gone)


def test_key_goes_even_where_somebody_removed_the_file_by_hand(
    blobs: FolderBlobs, vault: Vault, tmp_path: Path
) -> None:
    sha256 = blobs.put(BytesIO(SMALL)).sha256
    shutil.copytree(blobs.root, tmp_path / "copy")
    place(blobs, sha256).unlink()
    # and the same bytes came again, under another key
    assert blobs.put(BytesIO(SMALL)).created
    shutil.copytree(blobs.root, tmp_path / "another")
    place(blobs, sha256).unlink()

    assert not blobs.remove(sha256)
    for folder in ("copy", "another"):
        with pytest.raises(DamagedFileError):
            FolderBlobs(tmp_path / folder, vault).get(sha256)


def test_removal_that_was_killed_half_way_is_repeated_to_its_end(
    blobs: FolderBlobs, vault: Vault, tmp_path: Path
) -> None:
    sha256 = blobs.put(BytesIO(SMALL)).sha256
    shutil.copytree(blobs.root, tmp_path / "copy")
    lines = run_to(lambda: FolderBlobs(tmp_path / "copy", vault_in(tmp_path)).remove("ab" * 32), None)
    assert lines > 5
    for line in range(1, 60):
        run_to(lambda: FolderBlobs(blobs.root, vault_in(tmp_path)).remove(sha256), line)
    blobs.remove(sha256)
    assert not blobs.has(sha256)
    with pytest.raises(DamagedFileError):
        FolderBlobs(tmp_path / "copy", vault).get(sha256)


def test_same_bytes_can_come_again_after_a_removal(blobs: FolderBlobs) -> None:
    sha256 = blobs.put(BytesIO(SMALL)).sha256
    blobs.remove(sha256)
    assert blobs.put(BytesIO(SMALL)).created
    assert blobs.get(sha256).read_bytes() == SMALL


def test_bytes_open_under_their_own_name_alone(blobs: FolderBlobs) -> None:
    one, two = (blobs.put(BytesIO(content)).sha256 for content in (SMALL, LARGE))
    for target, source in ((one, two), (two, one)):
        place(blobs, source).rename(blobs.root / f"was {target}")
    for target in (one, two):
        (blobs.root / f"was {target}").rename(blobs.root / target[:2] / target)
    for sha256 in (one, two):
        with pytest.raises(DamagedFileError):
            blobs.get(sha256)

    blobs.remove(one)
    (blobs.root / two[:2] / two).rename(blobs.root / one[:2] / one)
    with pytest.raises(DamagedFileError):  # nor was the other's key taken for its own
        blobs.get(one)


def test_other_s_key_stays_where_its_file_was_put_in_the_place_of_one_that_is_removed(
    blobs: FolderBlobs, tmp_path: Path
) -> None:
    one, two = (blobs.put(BytesIO(content)).sha256 for content in (SMALL, LARGE))
    shutil.copyfile(place(blobs, two), tmp_path / "two")
    place(blobs, one).unlink()
    shutil.copyfile(tmp_path / "two", blobs.root / one[:2] / one)

    assert blobs.remove(one)
    assert blobs.get(two).read_bytes() == LARGE


def test_missing_cut_and_locked_files_say_what_to_do(blobs: FolderBlobs, vault: Vault) -> None:
    sha256 = blobs.put(BytesIO(LARGE)).sha256
    with pytest.raises(DamagedFileError, match="the vault has no key"):
        FolderBlobs(blobs.root).get(sha256)
    os.truncate(place(blobs, sha256), PIECE * 3)
    assert blobs.size(sha256) < len(LARGE)
    with pytest.raises(DamagedFileError, match="Restore it from a backup"):
        blobs.get(sha256).read_bytes()
    os.truncate(place(blobs, sha256), 9)
    with pytest.raises(DamagedFileError, match="Restore it from a backup"):
        blobs.size(sha256)
    assert not blobs.put(BytesIO(LARGE)).created
    place(blobs, sha256).unlink()
    for ask in (blobs.get, blobs.size):
        with pytest.raises(NotFoundError, match=r"is missing from .* Restore it from a backup"):
            ask(sha256)


def test_put_that_was_killed_anywhere_leaves_nothing_in_plain_and_the_next_one_opens(tmp_path: Path) -> None:
    content = LARGE[CHUNK - 40 :]  # more than a chunk, so that it lies in the folder for what is under way
    root, ways = tmp_path / "blobs", (True, False) if makes_files_without_names(tmp_path) else (False,)
    vault_in(tmp_path).destroy([])  # its table is made

    def put(unnamed: bool) -> object:
        return FolderBlobs(root, vault_in(tmp_path), unnamed).put(BytesIO(content))

    for unnamed in ways:
        lines = run_to(lambda unnamed=unnamed: put(unnamed), None)  # type: ignore[misc]
        assert lines > 40
        for line in range(1, lines + 1, lines // KILLS):
            shutil.rmtree(root)
            run_to(lambda unnamed=unnamed: put(unnamed), line)  # type: ignore[misc]
            assert shows_in(tmp_path) == [], line
            again = FolderBlobs(root, vault_in(tmp_path), unnamed)
            assert again.get(again.put(BytesIO(content)).sha256).read_bytes() == content, line


def test_file_from_before_is_read_as_it_is_and_sealed_by_and_by(blobs: FolderBlobs) -> None:
    old = plain(blobs)
    stored = [old.put(BytesIO(content)).sha256 for content in (b"", SMALL, LARGE)]
    assert shows_in(blobs.root) != []
    assert blobs.get(stored[1]).read_bytes() == SMALL
    assert not isinstance(blobs.get(stored[1]), SealedFile)
    reading = blobs.get(stored[2]).open("rb")
    assert not blobs.put(BytesIO(SMALL)).created

    assert blobs.seal_some() == 3

    assert shows_in(blobs.root) == []
    assert [blobs.get(sha256).read_bytes() for sha256 in stored] == [b"", SMALL, LARGE]
    assert [blobs.size(sha256) for sha256 in stored] == [0, len(SMALL), len(LARGE)]
    assert place(blobs, stored[1]).stat().st_mode & 0o777 == 0o400
    with reading:
        assert reading.read() == LARGE, "whoever was reading it goes on"
    assert [name for name in files(blobs) if name not in stored] == [".all-sealed"]


def test_once_all_are_sealed_nothing_is_looked_at_for_a_week(
    blobs: FolderBlobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    blobs.put(BytesIO(SMALL))
    assert blobs.seal_some() == 0
    restored = plain(blobs).put(BytesIO(LARGE)).sha256

    assert (blobs.seal_some(), FolderBlobs(blobs.root, vault_in(blobs.root.parent)).seal_some()) == (0, 0)
    os.utime(blobs.root / ".all-sealed", (0, time.time() - module.LOOK_AGAIN_SECONDS - 1))
    assert blobs.seal_some() == 1
    assert isinstance(blobs.get(restored), SealedFile)


def test_a_call_seals_for_a_moment_only_and_the_next_goes_on(
    blobs: FolderBlobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "SEALING_SECONDS", 0.0)
    stored = [plain(blobs).put(BytesIO(str(number).encode())).sha256 for number in range(5)]

    assert [blobs.seal_some() for _ in range(7)] == [1, 1, 1, 1, 1, 0, 0]
    assert [blobs.get(sha256).read_bytes() for sha256 in stored] == [b"0", b"1", b"2", b"3", b"4"]


def test_what_is_not_the_bytes_that_came_is_left_as_it_is(blobs: FolderBlobs) -> None:
    sha256 = plain(blobs).put(BytesIO(SMALL)).sha256
    place(blobs, sha256).chmod(0o600)
    place(blobs, sha256).write_bytes(b"another")

    assert blobs.seal_some() == 0
    assert place(blobs, sha256).read_bytes() == b"another"


def test_without_a_vault_nothing_is_sealed(blobs: FolderBlobs) -> None:
    old = plain(blobs)
    sha256 = old.put(BytesIO(SMALL)).sha256
    assert old.seal_some() == 0
    assert old.get(sha256).read_bytes() == SMALL
    assert old.remove(sha256)


def test_sealing_that_was_killed_anywhere_leaves_the_bytes_and_nothing_else_in_plain(tmp_path: Path) -> None:
    root = tmp_path / "blobs"
    vault_in(tmp_path).destroy([])

    def seal() -> object:
        return FolderBlobs(root, vault_in(tmp_path)).seal_some()

    sha256 = FolderBlobs(root).put(BytesIO(SMALL)).sha256
    lines = run_to(seal, None)
    assert lines > 40
    for line in range(1, lines + 1, lines // KILLS):
        shutil.rmtree(root)
        FolderBlobs(root).put(BytesIO(SMALL))
        run_to(seal, line)
        blobs = FolderBlobs(root, vault_in(tmp_path))
        assert shows_in(root) in ([], [str(place(blobs, sha256))]), line
        assert blobs.get(sha256).read_bytes() == SMALL, line
        blobs.seal_some()
        assert shows_in(root) == [], line


class Interrupting(Vault):
    """A vault at whose call of that name something else happens first, once."""

    at = ""
    happens: Callable[[], object] = staticmethod(lambda: None)

    def __getattribute__(self, name: str) -> object:
        if name == object.__getattribute__(self, "at"):
            self.at = ""
            self.happens()
        return object.__getattribute__(self, name)


@pytest.mark.parametrize("at", ["take", "bind", "cipher", "find_bound"])
def test_erasure_in_the_midst_of_sealing_wins(tmp_path: Path, at: str) -> None:
    root = tmp_path / "blobs"
    vault = Interrupting(f"sqlite:///{tmp_path / 'vault' / 'keys.db'}", Sealer(tmp_path / "secret.key"))
    sha256 = FolderBlobs(root).put(BytesIO(SMALL)).sha256
    vault.happens = lambda: FolderBlobs(root, vault_in(tmp_path)).remove(sha256)
    vault.at = at

    FolderBlobs(root, vault).seal_some()

    assert vault.at == "", "it did happen"
    assert not FolderBlobs(root).has(sha256)
    assert vault_in(tmp_path).forget(sha256) == 0, "and no key is left"


def test_vault_may_be_a_server_s_and_one_from_before_there_were_keys_of_files(empty_url: str, tmp_path: Path) -> None:
    engine = create_engine(empty_url)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE keys (name VARCHAR(32) PRIMARY KEY, sealed TEXT NOT NULL)"))
    engine.dispose()
    vault = Vault(empty_url, Sealer(tmp_path / "secret.key"))
    blobs = FolderBlobs(tmp_path / "blobs", vault)

    with ThreadPoolExecutor(4) as pool:
        [sha256] = {stored.sha256 for stored in pool.map(lambda _: blobs.put(BytesIO(SMALL)), range(8))}
    assert blobs.get(sha256).read_bytes() == SMALL
    assert blobs.remove(sha256)
    assert vault.forget(sha256) == 0
    vault.close()
