"""Who signed: by the vectors of RFC 8032, by the library that signs, and against everything a forger may try."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from pipeline.errors import ConfigurationError
from pipeline.record.canonical import canonical_json
from pipeline.record.chain import check_chain
from pipeline.record.checkpoint import write_checkpoint
from pipeline.record.keys import SigningKey, introduce
from pipeline.record.verify import follow_keys, is_signed, parse_checkpoint
from pipeline.store.keyring import FolderKeys
from tests.chains import INTRODUCED, KEY, START, chain, event, head

VECTORS = [
    (
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24"
        "655141438e7a100b",
    ),
    (
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aee"
        "b00d291612bb0c00",
    ),
]
"""Tests 1 and 2 of RFC 8032, section 7.1."""
ORDER = 2**252 + 27742317777372353535851937790883648493


@pytest.mark.parametrize(("key", "text", "signature"), VECTORS)
def test_signatures_of_the_standard_hold(key: str, text: str, signature: str) -> None:
    assert is_signed(key, bytes.fromhex(text), signature)
    assert not is_signed(key, bytes.fromhex(text) + b"x", signature)


def test_what_the_library_signs_holds_and_no_bit_of_it_can_be_changed() -> None:
    for number in range(8):
        private, text = Ed25519PrivateKey.generate(), bytes([number]) * number * 40
        key, signature = SigningKey(private).public, private.sign(text)
        assert is_signed(key, text, signature.hex())
        for place in range(number, 64, 8):
            changed = bytearray(signature)
            changed[place] ^= 1 << number
            assert not is_signed(key, text, changed.hex())


def test_a_signature_has_one_form_alone() -> None:
    """With the order of the group added, the same equation would hold: a second signature that nobody made."""
    key, text, signature = VECTORS[0]
    signed = bytes.fromhex(signature)
    second = signed[:32] + (int.from_bytes(signed[32:], "little") + ORDER).to_bytes(32, "little")
    assert not is_signed(key, bytes.fromhex(text), second.hex())


@pytest.mark.parametrize("bad", ["", "zz", "00", "ff" * 32, "ff" * 64])
def test_what_is_no_key_and_no_signature_signs_nothing(bad: str) -> None:
    assert not is_signed(bad, b"", VECTORS[0][2])
    assert not is_signed(VECTORS[0][0], b"", bad)


def checkpoint(key: SigningKey = KEY, statements: tuple[dict[str, Any], ...] = (INTRODUCED,)) -> dict[str, Any]:
    stored = chain(*(event(number) for number in range(1, 4)))
    return dict(json.loads(write_checkpoint(check_chain(stored, head(stored)), START, key, statements)))


def parsed(said: dict[str, Any], known: str | None = None) -> str | None:
    return parse_checkpoint(canonical_json(said).encode(), known).signed_by


def test_checkpoint_says_who_signed_it() -> None:
    assert parsed(checkpoint()) == parsed(checkpoint(), KEY.public) == KEY.public


def test_changed_checkpoint_is_refused() -> None:
    for name, value in (("at", "2020-01-01T00:00:00.000000Z"), ("hash", "1" * 64), ("merkle_root", "2" * 64)):
        with pytest.raises(ValueError, match="changed after it was signed"):
            parsed(checkpoint() | {name: value})


def test_checkpoint_by_somebody_else_is_refused_where_the_key_is_known() -> None:
    forger = SigningKey.make()
    theirs = introduce(forger, START, 1, None)
    with pytest.raises(ValueError, match="does not go back"):
        parsed(checkpoint(forger, (theirs,)), KEY.public)
    with pytest.raises(ValueError, match="not among its keys"):
        parsed(checkpoint(forger))
    with pytest.raises(ValueError, match="not introduced"):
        parsed(checkpoint(forger, (INTRODUCED, theirs)), KEY.public)
    claimed = theirs | {"previous": KEY.public}
    with pytest.raises(ValueError, match="damaged"):
        parsed(checkpoint(forger, (INTRODUCED, claimed)), KEY.public)


def test_checkpoint_whose_signature_was_taken_off_is_refused_where_the_key_is_known() -> None:
    bare = {name: value for name, value in checkpoint().items() if name not in ("signatures", "keys")}
    assert parsed(bare) is None
    with pytest.raises(ValueError, match="not signed"):
        parsed(bare, KEY.public)


def test_a_new_key_is_believed_by_whoever_knows_an_earlier_one(tmp_path: Path) -> None:
    ring = FolderKeys(tmp_path / "keys")
    assert ring.current() is None
    keys: list[SigningKey] = []
    for day in range(3):
        ring.add(START + timedelta(days=day))
        found = ring.current()
        assert found is not None
        keys.append(found)
    statements = ring.statements()
    assert [one["number"] for one in statements] == [1, 2, 3]
    said = checkpoint(keys[2], tuple(statements))
    for number, key in enumerate(keys):
        assert parsed(said, key.public) == keys[2].public
        assert follow_keys(statements, key.public) == tuple(one.public for one in keys[number:])
    with pytest.raises(ValueError, match="not introduced"):
        follow_keys([statements[0], statements[2]], None)


def test_private_halves_are_for_their_owner_alone_and_a_lost_one_is_told(tmp_path: Path) -> None:
    ring = FolderKeys(tmp_path / "keys")
    ring.add(START)
    private = tmp_path / "keys" / "0001.key"
    assert (private.stat().st_mode & 0o777, private.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    private.unlink()
    with pytest.raises(ConfigurationError, match="Restore that folder"):
        ring.current()


def test_key_that_another_process_left_without_its_statement_is_introduced(tmp_path: Path) -> None:
    ring = FolderKeys(tmp_path / "keys")
    ring.add(START)
    (tmp_path / "keys" / "0001.json").unlink()
    statement = ring.add(START)
    found = ring.current()
    assert found is not None
    assert statement["key"] == found.public
    assert [one["key"] for one in ring.statements()] == [found.public]
