"""What lists go by lies under a key that goes, and what came before there were keys is sealed by and by."""

from typing import Any

import pytest
from sqlalchemy import select, text

from pipeline.domain.actors import Actor, Role
from pipeline.domain.documents import DocumentState
from pipeline.domain.erasure import ErasureBasis
from pipeline.ports import Job
from pipeline.services import relisting
from pipeline.services.views import DocumentView, QueueFilter
from pipeline.store import listing
from pipeline.store.tables import ApprovalRow, DocumentRow, ListCodingRow
from tests import builders
from tests.builders import MACHINE
from tests.desk import Office
from tests.integration.test_erasure import erase, found_in, signed

PARTIES = ("Zabel Ltd", "ärger & Co", "Bruno GmbH", "bruno gmbh")


@pytest.fixture
def boss(office: Office) -> Actor:
    return office.hire("boss", Role.ADMINISTRATOR)


def receive(office: Office) -> list[DocumentView]:
    amounts = ("20.00", "100.00", "3.50", "-7.00")
    return [
        office.receive(
            builders.extraction({"seller_name": party, "invoice_number": f"N-{number}", "gross_total": amount})
        )
        for number, (party, amount) in enumerate(zip(PARTIES, amounts, strict=True))
    ]


def listed(office: Office, by: Actor, search: str = "", sort: str = "party") -> list[str | None]:
    wanted = QueueFilter(states=(DocumentState.REVIEW,), search=search, sort=sort)
    return [row.party for row in office.reviewing.list_queue(wanted, by=by).rows]


def rows_of(office: Office, *tables: str) -> str:
    with office.store.engine.connect() as connection:
        rows = [row for name in tables for row in connection.execute(text(f"SELECT * FROM {name}"))]
    return "\n".join(sorted(map(repr, rows)))


def record_of(office: Office, document_id: int) -> dict[str, Any]:
    with office.store.reading() as session:
        return session.scalars(select(ApprovalRow.record).where(ApprovalRow.document_id == document_id)).one()


def generations(office: Office) -> tuple[int, int]:
    with office.store.reading() as session:
        row = session.get_one(ListCodingRow, 1)
        return row.oldest, row.newest


def test_lists_sort_and_find_what_only_lies_there_under_a_key(office: Office, rowe: Actor) -> None:
    receive(office)
    assert listed(office, rowe) == ["ärger & Co", "Bruno GmbH", "bruno gmbh", "Zabel Ltd"]
    assert listed(office, rowe, sort="amount") == ["bruno gmbh", "Bruno GmbH", "Zabel Ltd", "ärger & Co"]
    assert listed(office, rowe, sort="number") == list(PARTIES)
    assert sorted(listed(office, rowe, "bru")) == ["Bruno GmbH", "bruno gmbh"]
    assert listed(office, rowe, "100,00") == ["ärger & Co"]
    stored = rows_of(office, "documents", "search_terms", "file_terms", "files").lower()
    for word in ("zabel", "bruno", "rger", "100.0", "n-1"):
        assert word not in stored, word


def test_files_are_found_by_words_of_their_names(office: Office, rowe: Actor) -> None:
    for number, name in enumerate(("2026/Leeds_scan 12.pdf", "york.pdf", "broken.pdf")):
        content = b"no PDF" if name == "broken.pdf" else f"%PDF {number}".encode()
        office.intake.claim([office.put(name, content)], by=MACHINE)

    def found(typed: str) -> list[str]:
        return [row.name for row in office.files.list_files(by=rowe, search=typed).rows]

    for typed in ("leeds", "LEEDS_scan", "2026/leeds", "12", "leeds york.pdf 2"):
        expected = [] if "york" in typed else ["2026/Leeds_scan 12.pdf"]
        assert found(typed) == expected, typed
    # York's is the second file
    assert found("2") == ["york.pdf", "2026/Leeds_scan 12.pdf"]
    assert found("pdf") == ["broken.pdf", "york.pdf", "2026/Leeds_scan 12.pdf"]
    assert found("eeds") == []


def test_after_an_erasure_everything_lies_under_another_key(
    office: Office, rowe: Actor, okafor: Actor, boss: Actor
) -> None:
    gone = signed(office, rowe, okafor)
    receive(office)
    vault = office.store.vault
    assert vault is not None
    assert generations(office) == (1, 1)
    old = vault.find_code(1)
    assert old is not None
    with office.store.reading() as session:
        kept = session.scalar(select(DocumentRow.party_order).where(DocumentRow.id == gone.id))
    before = rows_of(office, "search_terms", "file_terms")
    assert kept is not None and kept[2:] == old.encode(b"quillfeather")

    erase(office, gone.id, boss)
    office.work()

    assert generations(office) == (2, 2)
    assert vault.find_code(1) is None
    after = rows_of(office, "search_terms", "file_terms")
    assert not {each for each in after.split("'") if len(each) > 8} & set(before.split("'"))
    assert listed(office, rowe) == ["ärger & Co", "Bruno GmbH", "bruno gmbh", "Zabel Ltd"]
    assert listed(office, rowe, "zab") == ["Zabel Ltd"]


def test_second_erasure_of_a_day_waits_for_the_next_one(
    office: Office, rowe: Actor, okafor: Actor, boss: Actor
) -> None:
    erase(office, signed(office, rowe, okafor).id, boss)
    office.work()
    other = office.reviewing.claim(receive(office)[0].id, by=rowe)
    office.reviewing.reject(other.id, "a wrong scan", by=rowe, revision=other.revision)
    number = office.erasing.request(other.id, ErasureBasis.UNLAWFUL, "INC-1", "a wrong scan", by=boss)
    office.erasing.execute(number, by=boss)
    office.work()
    office.work()
    assert generations(office) == (2, 2)
    assert not office.relisting.is_due(by=MACHINE)
    office.clock.advance(days=1)
    office.sweeping.sweep(by=MACHINE)
    assert (Job.RELIST, 0) in office.queue.rung
    office.relisting.renew(by=MACHINE)
    assert generations(office) == (3, 3)


def test_lists_work_all_through_writing_anew(
    office: Office, rowe: Actor, okafor: Actor, boss: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relisting, "AT_ONCE", 1)
    monkeypatch.setattr(relisting, "MOST", 1)
    gone = signed(office, rowe, okafor)
    receive(office)
    erase(office, gone.id, boss)
    for _ in range(3):
        assert sorted(listed(office, rowe, "bru")) == ["Bruno GmbH", "bruno gmbh"]
        assert len(listed(office, rowe)) == 4
        office.relisting.renew(by=MACHINE)
        assert generations(office) == (1, 2)
    came = office.receive(builders.extraction({"seller_name": "Brunhild", "invoice_number": "N-9"}))
    assert sorted(map(str, listed(office, rowe, "brun"))) == ["Brunhild", "Bruno GmbH", "bruno gmbh"]
    office.work()
    office.work()
    while office.relisting.is_due(by=MACHINE):
        office.relisting.renew(by=MACHINE)
    assert generations(office) == (2, 2)
    assert listed(office, rowe, "n-9") == [came.party] == ["Brunhild"]
    assert listed(office, rowe) == ["ärger & Co", "Brunhild", "Bruno GmbH", "bruno gmbh", "Zabel Ltd"]


def test_same_number_of_the_same_party_is_noticed_under_either_key(office: Office, rowe: Actor) -> None:
    first = office.receive(builders.extraction({"seller_name": "Zabel", "invoice_number": "Z-1"}))
    vault = office.store.vault
    assert vault is not None
    with office.store.writing() as session:
        listing.begin(session, session.get_one(ListCodingRow, 1), vault)
    second = office.receive(builders.extraction({"seller_name": "Zabel", "invoice_number": "Z-1"}))
    assert second.duplicates == (first.id,)


def test_database_whose_key_of_lists_is_gone_gets_another(office: Office, rowe: Actor) -> None:
    receive(office)
    vault = office.store.vault
    assert vault is not None
    vault.destroy_codes(2)
    assert listed(office, rowe, "bru") == []
    office.sweeping.sweep(by=MACHINE)
    office.work()
    assert generations(office) == (2, 2)
    assert sorted(map(str, listed(office, rowe, "bru"))) == ["Bruno GmbH", "bruno gmbh"]


def test_what_came_before_there_were_keys_is_sealed_and_nothing_changes(
    office: Office, rowe: Actor, okafor: Actor, boss: Actor
) -> None:
    vault = office.store.vault
    office.store.seal_under(None)
    document = signed(office, rowe, okafor)
    receive(office)
    office.certifying.write(by=boss)
    history = office.auditing.history(document.id, by=MACHINE)
    record = record_of(office, document.id)
    assert "Quillfeather" in rows_of(office, "documents", "fields", "event_values", "approvals")

    office.store.seal_under(vault)
    assert listed(office, rowe, "zabel") == ["Zabel Ltd"]
    office.sweeping.sweep(by=MACHINE)
    office.work()

    assert generations(office) == (1, 1)
    assert not [place for place in found_in(office) if place.startswith("table")]
    assert office.auditing.history(document.id, by=MACHINE) == history
    assert record_of(office, document.id) == record
    assert office.auditing.verify(by=MACHINE).problems == ()
    assert listed(office, rowe, "zabel") == ["Zabel Ltd"]
    assert listed(office, rowe) == ["ärger & Co", "Bruno GmbH", "bruno gmbh", "Zabel Ltd"]
    erase(office, document.id, boss)
    assert office.auditing.verify(by=MACHINE).problems == ()


def test_sealing_what_was_signed_is_all_that_the_database_lets_happen_to_it(
    office: Office, rowe: Actor, okafor: Actor
) -> None:
    document = signed(office, rowe, okafor)
    for content in ("'\"sealed.1.other\"'", "'{\"fields\": 1}'", "'{}'"):
        with pytest.raises(Exception, match="signed approval"), office.store.writing() as session:
            session.execute(text(f"UPDATE approvals SET record = {content} WHERE document_id = {document.id}"))


def test_what_an_older_version_sealed_is_left_as_it_is(office: Office, rowe: Actor, okafor: Actor) -> None:
    document = signed(office, rowe, okafor)
    # as the version before lists went by codes left it
    with office.store.writing() as session:
        session.execute(text("UPDATE documents SET number = 'QF-77812', party = 'Quillfeather'"))
        session.execute(text("UPDATE list_coding SET newest = 0, oldest = 0"))
    before = rows_of(office, "approvals", "fields", "event_values")
    office.sweeping.sweep(by=MACHINE)
    office.work()
    assert not [place for place in found_in(office) if place.startswith("table")]
    assert rows_of(office, "approvals", "fields", "event_values") == before
    assert office.reviewing.get_document(document.id, by=MACHINE).number == "QF-77812"
    assert office.auditing.verify(by=MACHINE).problems == ()
