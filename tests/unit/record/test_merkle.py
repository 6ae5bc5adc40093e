"""Proofs hold for every event and every earlier size of small trees, and for nothing else."""

import pytest

from pipeline.record.merkle import MerkleProofs
from pipeline.record.verify import MerkleTree, is_continued, is_included, sha256_hex

SIZES = (1, 2, 3, 4, 5, 6, 7, 8, 9, 15, 16, 17, 33)


def hashes(size: int) -> list[str]:
    return [sha256_hex(bytes([number])) for number in range(size)]


@pytest.mark.parametrize("size", SIZES)
def test_root_is_the_one_that_checkpoints_hold(size: int) -> None:
    tree, proofs = MerkleTree(), MerkleProofs(hashes(size))
    for number, one in enumerate(hashes(size), start=1):
        tree.add(one)
        assert proofs.root(number) == tree.root()
    assert MerkleProofs([]).root() == MerkleTree().root()


@pytest.mark.parametrize("size", SIZES)
def test_every_event_is_proved_at_its_own_place_alone(size: int) -> None:
    leaves, proofs = hashes(size), MerkleProofs(hashes(size))
    root = proofs.root()
    for seq, leaf in enumerate(leaves, start=1):
        path = proofs.inclusion(seq)
        assert is_included(leaf, seq, path, size, root)
        assert not is_included(sha256_hex(b"another"), seq, path, size, root)
        assert not is_included(leaf, seq, path, size, sha256_hex(b"another"))
        assert not is_included(leaf, seq, [*path, leaf], size, root)
        assert not any(is_included(leaf, other, path, size, root) for other in range(size + 2) if other != seq)
        for place in range(len(path)):
            assert not is_included(leaf, seq, path[:place] + path[place + 1 :], size, root)


@pytest.mark.parametrize("size", SIZES)
def test_every_earlier_tree_is_proved_to_be_continued(size: int) -> None:
    proofs = MerkleProofs(hashes(size))
    root = proofs.root()
    for earlier in range(1, size + 1):
        before, path = proofs.root(earlier), proofs.consistency(earlier)
        assert is_continued(earlier, before, size, root, path)
        assert not is_continued(earlier, sha256_hex(b"another"), size, root, path)
        assert not is_continued(earlier, before, size, sha256_hex(b"another"), path)
        assert not is_continued(earlier, before, size, root, [*path, before])
        if earlier < size:
            rebuilt = MerkleProofs([sha256_hex(b"forged"), *hashes(size)[1:]])
            assert not is_continued(earlier, before, size, rebuilt.root(), rebuilt.consistency(earlier))


def test_what_is_not_there_has_no_proof() -> None:
    proofs = MerkleProofs(hashes(3))
    for wrong in (0, 4):
        with pytest.raises(IndexError):
            proofs.inclusion(wrong)
        with pytest.raises(IndexError):
            proofs.consistency(wrong)
    assert not is_included("zz", 1, [], 1, "00")
    assert not is_continued(0, "00", 3, proofs.root(), [])
