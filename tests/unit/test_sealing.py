"""Secrets in the database: opened by their key, for what they were sealed for, and by nothing else."""

import base64
import os
import stat
from pathlib import Path

import pytest

from pipeline.errors import ConfigurationError
from pipeline.store.sealing import Sealer


def key() -> str:
    return base64.urlsafe_b64encode(os.urandom(32)).decode()


def test_what_was_sealed_is_opened_and_stands_nowhere_in_the_open(tmp_path: Path) -> None:
    sealer = Sealer(tmp_path / "secret.key")
    sealed = sealer.seal("JBSWY3DPEHPK3PXP", "second factor of account 7")
    assert "JBSWY3DP" not in sealed
    assert sealer.seal("JBSWY3DPEHPK3PXP", "second factor of account 7") != sealed
    assert Sealer(tmp_path / "secret.key").open(sealed, "second factor of account 7") == "JBSWY3DPEHPK3PXP"
    assert stat.S_IMODE((tmp_path / "secret.key").stat().st_mode) == 0o600


def test_what_was_sealed_for_one_account_does_not_open_for_another(tmp_path: Path) -> None:
    sealer = Sealer(tmp_path / "secret.key")
    sealed = sealer.seal("secret", "second factor of account 7")
    with pytest.raises(ConfigurationError):
        sealer.open(sealed, "second factor of account 8")
    with pytest.raises(ConfigurationError):
        sealer.open(sealed[:-6] + "AAAAAA", "second factor of account 7")
    with pytest.raises(ConfigurationError):
        sealer.open("nothing of the kind", "second factor of account 7")


def test_new_key_on_top_seals_and_the_old_one_still_opens(tmp_path: Path) -> None:
    path = tmp_path / "keys"
    old, new = key(), key()
    path.write_text(f"# of 2025\n{old}\n")
    before = Sealer(path).seal("secret", "x")
    path.write_text(f"{new}\n\n{old}\n")
    after = Sealer(path).seal("secret", "x")
    assert [Sealer(path).open(each, "x") for each in (before, after)] == ["secret", "secret"]
    path.write_text(new)
    assert Sealer(path).open(after, "x") == "secret"
    with pytest.raises(ConfigurationError, match="backup"):
        Sealer(path).open(before, "x")


def test_file_that_the_operator_names_has_to_be_there_and_to_hold_keys(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="PROOFDESK_SECRET_FILE"):
        Sealer(tmp_path / "missing", is_made=False).seal("secret", "x")
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "short").write_text("c2hvcnQ=\n")
    with pytest.raises(ConfigurationError, match="32 bytes"):
        Sealer(tmp_path / "short", is_made=False).seal("secret", "x")
