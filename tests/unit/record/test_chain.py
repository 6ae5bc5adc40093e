from dataclasses import replace

import pytest

from pipeline.domain.audit import AuditTag
from pipeline.record.chain import ChainReport, check_chain
from pipeline.record.checkpoint import write_checkpoint
from pipeline.record.verify import GENESIS, Checkpoint, MerkleTree, StoredEvent, parse_checkpoint, sha256_hex
from tests.chains import INTRODUCED, KEY, START, chain, event, head


@pytest.fixture
def stored() -> list[StoredEvent]:
    return chain(*(event(number) for number in range(1, 8)))


def check(stored: list[StoredEvent], checkpoint: Checkpoint | None = None) -> tuple[str, ...]:
    return check_chain(stored, head(stored), checkpoint).problems


def checkpoint_of(stored: list[StoredEvent]) -> Checkpoint:
    return parse_checkpoint(write_checkpoint(check_chain(stored, head(stored)), START, KEY, [INTRODUCED]))


def test_untouched_chain_holds(stored: list[StoredEvent]) -> None:
    report = check_chain(stored, head(stored))
    assert report.problems == ()
    assert (report.events, report.seq, report.hash) == (7, 7, stored[-1].hash)


def test_empty_chain_holds() -> None:
    assert check_chain([], (0, GENESIS)).problems == ()


def test_event_taken_out_of_the_middle_is_named(stored: list[StoredEvent]) -> None:
    del stored[3]
    assert check(stored) == ("Event 4 is missing.",)


def test_several_events_taken_out_are_named_together(stored: list[StoredEvent]) -> None:
    del stored[2:5]
    assert check(stored) == ("Events 3 to 5 are missing.",)


def test_beginning_that_was_taken_away_is_named(stored: list[StoredEvent]) -> None:
    assert check(stored[2:]) == ("Events 1 to 2 are missing.",)


def test_swapped_events_are_found(stored: list[StoredEvent]) -> None:
    stored[2], stored[3] = stored[3], stored[2]
    assert any("the order was changed" in problem for problem in check(stored))


def test_swapped_events_with_exchanged_numbers_are_found(stored: list[StoredEvent]) -> None:
    stored[2], stored[3] = stored[3]._replace(seq=3), stored[2]._replace(seq=4)
    problems = check(stored)
    assert "Event 3: its text says that it is event 4." in problems


def test_end_that_was_cut_off_is_found_by_the_head_row(stored: list[StoredEvent]) -> None:
    problems = check_chain(stored[:5], head(stored)).problems
    assert problems == ("Events 6 to 7 are missing at the end of the record.",)


def test_head_row_that_was_changed_or_lost_is_found(stored: list[StoredEvent]) -> None:
    assert "its head says event 7" in check_chain(stored, (7, "0" * 64)).problems[0]
    assert "is missing from the database" in check_chain(stored, None).problems[0]


def test_rewritten_event_breaks_the_link_even_with_a_new_hash(stored: list[StoredEvent]) -> None:
    forged = stored[2].text.replace(b"1203", b"9999")
    stored[2] = stored[2]._replace(text=forged, hash=sha256_hex(forged))
    assert check(stored) == ("Event 4 does not follow from event 3: one of them was replaced.",)


def test_column_that_does_not_say_what_the_text_says_is_named(stored: list[StoredEvent]) -> None:
    stored[1] = stored[1]._replace(columns={**stored[1].columns, "by": "okafor"})
    assert check(stored) == ("Event 2: the column “by” does not say what its text says.",)


def test_changed_and_added_values_are_named(stored: list[StoredEvent]) -> None:
    name, salt, _ = stored[0].values[0]
    changed = ((name, salt, b'"9999.00"'), *stored[0].values[1:], ("extra", salt, b'"x"'))
    stored[0] = stored[0]._replace(values=changed)
    assert check(stored) == (
        "Event 1: the value “before” or its salt was changed after it was written.",
        "Event 1: the value “extra” was added after it was written.",
    )


def test_value_that_is_gone_without_an_erasure_is_named(stored: list[StoredEvent]) -> None:
    stored[4] = stored[4]._replace(values=stored[4].values[1:])
    assert check(stored) == ("Event 5: a value of it is gone, though no erasure of it is on record.",)


def test_erased_document_leaves_a_chain_that_holds() -> None:
    erasure = event(3, tag=AuditTag.ERASURE_EXECUTE, document_id=1, file_id=1, field=None, values={})
    stored = chain(event(1), event(2), erasure)
    stored[0] = stored[0]._replace(values=())
    report = check_chain(stored, head(stored))
    assert report.problems == ()
    assert report.erased == 3


def test_erasure_of_another_document_excuses_nothing() -> None:
    erasure = event(3, tag=AuditTag.ERASURE_EXECUTE, document_id=2, file_id=2, field=None, values={})
    stored = chain(event(1), event(2), erasure)
    stored[0] = stored[0]._replace(values=())
    assert len(check(stored)) == 1


def test_text_that_is_no_json_is_named_and_the_rest_still_checked(stored: list[StoredEvent]) -> None:
    stored[1] = stored[1]._replace(text=b"\xff\xfe")
    problems = check(stored)
    assert "Event 2: its text cannot be read." in problems
    assert len(problems) == 2


def test_many_problems_are_counted_after_the_first_hundred() -> None:
    stored = [one._replace(hash="0" * 64) for one in chain(*(event(number) for number in range(1, 200)))]
    problems = check(stored)
    assert len(problems) == 101
    assert problems[-1].startswith("There are ")


def test_chain_that_grew_agrees_with_its_checkpoint(stored: list[StoredEvent]) -> None:
    assert check(stored, checkpoint_of(stored[:4])) == ()
    assert check(stored, checkpoint_of([])) == ()


def test_cut_chain_with_a_matching_head_is_found_by_the_checkpoint(stored: list[StoredEvent]) -> None:
    known = checkpoint_of(stored)
    assert check(stored[:6]) == ()
    [problem] = check(stored[:6], known)
    assert "its end was cut off since" in problem


def test_rebuilt_chain_is_found_by_the_checkpoint(stored: list[StoredEvent]) -> None:
    known = checkpoint_of(stored[:5])
    rebuilt = chain(*(event(number, by="okafor") for number in range(1, 8)))
    assert check(rebuilt) == ()
    [problem] = check(rebuilt, known)
    assert "made anew" in problem


def test_checkpoint_with_another_merkle_root_does_not_agree(stored: list[StoredEvent]) -> None:
    known = checkpoint_of(stored)._replace(merkle_root="0" * 64)
    assert len(check(stored, known)) == 1


@pytest.mark.parametrize(
    "data",
    [b"", b"\xff", b"[]", b"{}", b'{"kind":"proofdesk-checkpoint","format":2}'],
)
def test_file_that_is_no_checkpoint_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError):
        parse_checkpoint(data)


def test_checkpoint_with_a_damaged_number_is_refused(stored: list[StoredEvent]) -> None:
    report = check_chain(stored, head(stored))
    for broken in (replace(report, events=8), replace(report, hash="zz"), replace(report, merkle_root="12")):
        with pytest.raises(ValueError, match="damaged"):
            parse_checkpoint(write_checkpoint(broken, START, KEY, [INTRODUCED]))


def test_merkle_root_is_the_one_of_rfc_6962() -> None:
    """The test vectors of the RFC's reference code, its leaves hashed by us with the leaf prefix."""
    tree = MerkleTree()
    assert tree.root() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    leaves = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]
    roots = []
    for leaf in leaves:
        tree.add(leaf)
        roots.append(tree.root())
    assert roots[0] == "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"
    assert roots[1] == "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"
    assert roots[2] == "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77"
    assert roots[4] == "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4"
    assert roots[7] == "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"


def test_report_of_a_chain_is_what_its_checkpoint_says(stored: list[StoredEvent]) -> None:
    report: ChainReport = check_chain(stored, head(stored))
    known = checkpoint_of(stored)
    assert (known.seq, known.hash, known.merkle_root) == (report.seq, report.hash, report.merkle_root)
