"""The keys of documents: what is sealed under one opens under it alone, in its place, and never again without it."""

import copy
import os
import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from pipeline.errors import ConfigurationError
from pipeline.store.sealing import Sealer
from pipeline.store.vault import Vault


@pytest.fixture
def vault(tmp_path: Path) -> Iterator[Vault]:
    made = Vault(f"sqlite:///{tmp_path / 'vault' / 'keys.db'}", Sealer(tmp_path / "secret.key"))
    yield made
    made.close()


def test_what_is_sealed_opens_under_its_key_and_in_its_place_alone(vault: Vault) -> None:
    one, other = vault.take(), vault.take()
    sealed = vault.seal(one, "Müller", "fields.value")
    assert "ller" not in sealed
    assert vault.open(one, sealed, "fields.value") == "Müller"
    assert vault.open(other, sealed, "fields.value") is None
    assert vault.open(one, sealed, "fields.comment") is None
    assert vault.open(one, sealed[:-8] + "AAAAAAA=", "fields.value") is None
    assert vault.seal(one, "Müller", "fields.value") != sealed


def test_another_process_opens_it_too_with_the_same_secret_file(vault: Vault, tmp_path: Path) -> None:
    key = vault.take()
    sealed = vault.seal(key, "Müller", "x")
    again = Vault(vault.url, Sealer(tmp_path / "secret.key"))
    again.load([key, "unknown"])
    assert again.open(key, sealed, "x") == "Müller"
    foreign = Vault(vault.url, Sealer(tmp_path / "another.key"))
    with pytest.raises(ConfigurationError, match="can't be opened"):
        foreign.open(key, sealed, "x")
    again.close()
    foreign.close()


def test_destroyed_key_is_gone_from_the_file_itself(vault: Vault, tmp_path: Path) -> None:
    key, kept = vault.take(), vault.take()
    sealed = vault.seal(key, "Müller", "x")
    file = tmp_path / "vault" / "keys.db"
    with sqlite3.connect(file) as database:
        [(secret,)] = database.execute("SELECT sealed FROM keys WHERE name = ?", (key,)).fetchall()
    assert secret.encode() in file.read_bytes()
    assert vault.count([key, kept]) == 2
    assert vault.destroy([key]) == 1
    assert vault.destroy([key]) == 0
    assert vault.open(key, sealed, "x") is None
    assert vault.count([key, kept]) == 1
    left = b"".join(path.read_bytes() for path in file.parent.iterdir())
    assert secret.encode() not in left
    assert key.encode() not in left


def test_nothing_is_saved_under_a_key_that_is_missing(vault: Vault) -> None:
    with pytest.raises(ConfigurationError, match="key is missing from the vault"):
        vault.seal("0" * 32, "Müller", "x")


def test_keys_that_many_take_at_once_are_all_different(vault: Vault) -> None:
    with ThreadPoolExecutor(8) as pool:
        names = list(pool.map(lambda _: vault.take(), range(200)))
    assert len(set(names)) == 200
    assert vault.count(names) == 200


def test_key_of_stored_bytes_is_theirs_alone_and_all_that_they_had_go_together(vault: Vault) -> None:
    first, second, other = (vault.take() for _ in range(3))
    vault.bind({first: "a" * 64, other: "b" * 64})
    vault.bind({second: "a" * 64, first: "b" * 64})
    vault.bind({})

    assert vault.find_bound(first, "a" * 64) not in (None, vault.find_bound(second, "a" * 64))
    assert vault.find_bound(first, "b" * 64) is None, "it was bound before"
    assert vault.find_bound(vault.take(), "a" * 64) is None
    assert vault.forget("a" * 64) == 2
    assert vault.forget("a" * 64) == 0
    assert vault.find_bound(first, "a" * 64) is None
    assert vault.find_bound(other, "b" * 64) is not None
    with pytest.raises(ConfigurationError, match="destroyed before it was used"):
        vault.cipher(first)


def test_several_who_bind_the_same_at_once_agree(vault: Vault) -> None:
    keys = {vault.take(): f"{number:064}" for number in range(50)}
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: vault.bind(keys), range(8)))
    assert all(vault.find_bound(key, sha256) for key, sha256 in keys.items())


def test_process_that_was_forked_hands_out_keys_of_its_own(vault: Vault, monkeypatch: pytest.MonkeyPatch) -> None:
    vault.take()
    child = copy.copy(vault)
    child._stock = list(vault._stock)  # pyright: ignore[reportPrivateUsage]
    monkeypatch.setattr(os, "getpid", lambda: -1)
    taken = {child.take() for _ in range(3)}
    monkeypatch.undo()
    assert not taken & {vault.take() for _ in range(len(vault._stock))}  # pyright: ignore[reportPrivateUsage]
