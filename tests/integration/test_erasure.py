"""Erasing a document: nothing of its content is found anywhere afterwards, and everything signed still holds."""

import gzip
import io
import shutil
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, inspect, select, text

from pipeline.domain.actors import Actor, Role
from pipeline.domain.audit import AuditTag
from pipeline.domain.erasure import ErasureBasis, ErasureState, Retention
from pipeline.domain.review import Decision, Settlement
from pipeline.errors import (
    AccessDeniedError,
    BlobStoreUnavailableError,
    DamagedFileError,
    ErasedError,
    InvalidTransitionError,
    NotFoundError,
    ReviewError,
)
from pipeline.ports import Job
from pipeline.record.verify import PackCheck, check_export
from pipeline.services.exports.filter import ExportFilter, ExportFormat
from pipeline.services.health import Health
from pipeline.services.lessons import list_lessons
from pipeline.services.views import DocumentView
from pipeline.store.blobs import FolderBlobs
from pipeline.store.tables import ApprovalRow, DocumentRow, ErasureRow, FieldRow, ModelRow
from pipeline.store.vault import Vault
from tests import builders, lessons
from tests.builders import MACHINE
from tests.desk import Office
from tests.integration.test_groups import enter, limit

SECRETS = ("Quillfeather", "QF-77812", "471183.29", "Ottoline", "zinnober", "brimblecombe")
"""Party, number and amount as printed; who is spoken of in comments; a draft; the name of the file."""
CONTENT = b"%PDF 1\nQuillfeather QF-77812 471183.29"


@pytest.fixture
def boss(office: Office) -> Actor:
    """An administrator."""
    return office.hire("boss", Role.ADMINISTRATOR)


def signed(office: Office, rowe: Actor, okafor: Actor) -> DocumentView:
    """Return a document that left a trace in every place that there is, signed and delivered."""
    office.engine.answer = builders.extraction(
        {"seller_name": "Quillfeather", "invoice_number": "QF-77812", "gross_total": "471183.20", "net_total": None,
         "tax_total": None},
        unsure={"gross_total": 0.3},
    )  # fmt: skip
    office.put("2026/brimblecombe.pdf", CONTENT)
    office.intake.claim([office.drop / "2026" / "brimblecombe.pdf"], by=MACHINE)
    [document_id] = office.work()
    office.intake.claim([office.put("brimblecombe again.pdf", CONTENT)], by=MACHINE)
    office.work()
    document = office.reviewing.claim(document_id, by=rowe)
    office.pages.image(document_id, 1, by=rowe)
    office.talking.write(document_id, "ask Ottoline at Quillfeather", by=rowe)
    office.drafting.keep(document_id, "seller_name", {"value": ["zinnober"]}, by=rowe)
    fixed = Settlement(
        field="gross_total", decision=Decision.CORRECT, value="471183.29", comment="Ottoline of Quillfeather said so"
    )
    document = office.reviewing.settle(document_id, fixed, by=rowe, revision=document.revision)
    for name in [each.record.name for each in document.fields if each.record.state == "open"]:
        decided = Settlement(field=name, decision=Decision.ABSENT)
        document = office.reviewing.settle(document_id, decided, by=rowe, revision=document.revision)
    office.reviewing.validate(document_id, by=rowe, revision=document.revision)
    document = office.reviewing.get_document(document_id, by=rowe)
    document = office.approving.approve(document_id, by=okafor, revision=document.revision)
    office.work()
    return office.reviewing.get_document(document_id, by=MACHINE)


def erase(office: Office, document_id: int, by: Actor, basis: ErasureBasis = ErasureBasis.ASKED) -> int:
    number = office.erasing.request(document_id, basis, "DSR-12", "Ottoline Quillfeather asked", by=by)
    office.erasing.execute(number, by=by)
    office.work()
    return number


def everything_in(office: Office) -> Iterator[tuple[str, bytes]]:
    """Yield whatever lies in the office's folder and in its database, unpacked, by where it is."""
    for path in sorted(office.folder.rglob("*")):
        yield str(path.relative_to(office.folder)), str(path.relative_to(office.folder)).encode()
        if path.is_file():
            content = path.read_bytes()
            yield str(path), content
            with suppress(OSError, EOFError, zlib.error):
                yield f"{path}, unpacked", gzip.decompress(content)
    if office.store.is_sqlite:
        database = Path(str(office.store.engine.url.database))
        for path in sorted(database.parent.glob(f"{database.name}*")):
            yield str(path), path.read_bytes()
    with office.store.engine.connect() as connection:
        for name in inspect(connection).get_table_names():
            for row in connection.execute(text(f"SELECT * FROM {name}")):
                yield f"table {name}", repr(tuple(row)).encode()


def found_in(office: Office) -> set[str]:
    """Return where any of the secrets is, in any usual form."""
    bare = [secret.replace(sign, "") for secret in SECRETS for sign in ".-"]
    plain = {form for secret in (*SECRETS, *bare) for form in (secret, secret.lower())}
    needles = {form for each in plain for form in (each.encode(), each.encode("utf-16-le"))}
    return {place for place, content in everything_in(office) if any(needle in content for needle in needles)}


def test_nothing_of_an_erased_document_is_left_anywhere(
    office: Office, rowe: Actor, okafor: Actor, boss: Actor
) -> None:
    document = signed(office, rowe, okafor)
    wanted = ExportFilter(documents=(document.id,))
    for form in ExportFormat:
        assert b"".join(office.auditing.export(form, wanted, by=MACHINE))
    assert b"".join(office.packing.write(wanted, originals=True, by=MACHINE))
    assert office.certifying.write(by=boss).totals is not None
    (office.folder / "backups").mkdir()
    if office.store.is_sqlite:
        shutil.copyfile(str(office.store.engine.url.database), office.folder / "backups" / "before.db")
    (office.folder / "studies" / "ab").mkdir(parents=True)
    (office.folder / "studies" / "ab" / "one.study").write_bytes(b"Quillfeather")
    before = found_in(office)
    places = {Path(place.partition(",")[0]).parts[0] for place in before if not place.startswith(("/", "table"))}
    assert {"drop"} <= places
    # it all lies there under keys, as the next tests show
    assert not [place for place in before if place.startswith("table")]
    assert not [place for place in before if place.startswith(str(office.folder / "blobs"))], "they lie there sealed"

    erase(office, document.id, boss)

    assert found_in(office) == set()


def test_copy_of_the_database_made_before_has_nothing_sealed_of_an_erased_document(
    office: Office, rowe: Actor, okafor: Actor, boss: Actor
) -> None:
    document = signed(office, rowe, okafor)
    tables = ("event_values", "fields", "extractions", "approvals", "comments")
    with office.store.engine.connect() as connection:
        copy = {name: repr(connection.execute(text(f"SELECT * FROM {name}")).all()) for name in tables}
    assert all("sealed.1." in copy[name] for name in tables if name != "event_values")
    assert not [name for name, content in copy.items() for secret in SECRETS if secret in content]
    with office.store.reading() as session:
        [key] = session.scalars(select(DocumentRow.key).where(DocumentRow.id == document.id)).all()
        [sealed] = session.execute(text("SELECT record FROM approvals")).scalars().all()
    assert key is not None and key in sealed
    vault = office.store.vault
    assert vault is not None
    _, _, content = str(sealed).strip('"').removeprefix("sealed.1.").partition(".")
    assert "Quillfeather" in (vault.open(key, content, "approvals.record") or "")

    erase(office, document.id, boss)

    again = Vault(vault.url, office.sealer)
    assert again.open(key, content, "approvals.record") is None
    again.close()


def test_copy_of_the_stored_bytes_made_before_has_nothing_of_an_erased_document(
    office: Office, rowe: Actor, okafor: Actor, boss: Actor, tmp_path: Path
) -> None:
    document, other = signed(office, rowe, okafor), office.receive(content=b"%PDF another")
    taught = office.erasing.traces.blobs.put(io.BytesIO(b"%PDF taught")).sha256
    shutil.copytree(office.folder / "blobs", tmp_path / "copy")
    copy = FolderBlobs(tmp_path / "copy", office.store.vault)
    assert copy.get(document.sha256).read_bytes() == CONTENT

    erase(office, document.id, boss)

    with pytest.raises(DamagedFileError, match="Nothing opens"):
        copy.get(document.sha256)
    assert copy.get(other.sha256).read_bytes() == b"%PDF another"
    assert copy.get(taught).read_bytes() == b"%PDF taught"


def test_record_holds_after_an_erasure_and_without_one_it_does_not(
    office: Office, rowe: Actor, okafor: Actor, boss: Actor
) -> None:
    document, other = signed(office, rowe, okafor), office.receive(content=b"%PDF another")
    assert office.auditing.verify(by=MACHINE).problems == ()
    erase(office, document.id, boss)

    assert office.auditing.verify(by=MACHINE).problems == ()
    lines = b"".join(office.auditing.export(ExportFormat.JSONL, by=MACHINE)).splitlines(keepends=True)
    check = check_export(lines)
    assert check.chain.all_problems() == []
    assert (check.emptied, check.rows["approval"]) == (1, 1)
    assert check.chain.erased > 5

    with office.store.writing() as session:
        session.execute(text("DELETE FROM event_values WHERE seq IN (SELECT seq FROM events WHERE document_id = :id)"),
                        {"id": other.id})  # fmt: skip
    [problem] = office.auditing.verify(by=MACHINE).problems
    assert "no erasure of it is on record" in problem


def test_certificate_of_a_day_with_an_erasure_and_a_hold_is_complete(
    office: Office, rowe: Actor, okafor: Actor, boss: Actor
) -> None:
    document = signed(office, rowe, okafor)
    hold = office.legal_holds.place(document.id, "Case 7", "the court asked", by=boss)
    before = office.certifying.write(by=boss)
    office.legal_holds.release(hold, "over", by=boss)
    erase(office, document.id, boss)
    after = office.certifying.write(by=boss)
    assert (before.is_complete, after.is_complete, after.differences) == (True, True, ())
    # the sums of the earlier one went with the document, and it still is what was put on record
    assert office.certifying.get(before.id, by=boss).totals is None
    assert office.certifying.get(before.id, by=boss).is_intact


def test_evidence_made_before_an_erasure_still_proves_itself(
    office: Office, rowe: Actor, okafor: Actor, boss: Actor
) -> None:
    document = signed(office, rowe, okafor)
    wanted = ExportFilter(documents=(document.id,))
    before = b"".join(office.packing.write(wanted, originals=True, by=MACHINE))
    erase(office, document.id, boss)
    after = b"".join(office.packing.write(wanted, originals=True, by=MACHINE))
    for content in (before, after):
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            check = PackCheck(archive)
            assert check.export.chain.all_problems() == []
    with zipfile.ZipFile(io.BytesIO(after)) as archive:
        whole = b"".join(archive.read(name) for name in archive.namelist())
        assert not [secret for secret in SECRETS if secret.encode() in whole]
        assert not [name for name in archive.namelist() if name.startswith(("crops/", "originals/"))]


def test_signed_record_that_was_emptied_by_hand_is_found(office: Office, rowe: Actor, okafor: Actor) -> None:
    document = signed(office, rowe, okafor)
    with pytest.raises(Exception, match="signed approval cannot be changed"), office.store.writing() as session:
        session.execute(text("UPDATE approvals SET record = '{}'"))
    with office.store.writing() as session:
        session.execute(text("UPDATE documents SET erased_at = :now WHERE id = :id"),
                        {"now": office.clock.now(), "id": document.id})  # fmt: skip
        session.execute(text("UPDATE approvals SET record = '{}'"))
    assert any("was changed after it was signed" in one for one in office.auditing.verify(by=MACHINE).problems)
    lines = b"".join(office.auditing.export(ExportFormat.JSONL, by=MACHINE)).splitlines(keepends=True)
    assert any("no erasure of it is on record" in one for one in check_export(lines).chain.all_problems())


def test_erased_document_is_gone_for_every_page_but_its_history(
    office: Office, rowe: Actor, okafor: Actor, boss: Actor
) -> None:
    document = signed(office, rowe, okafor)
    erase(office, document.id, boss)
    with pytest.raises(ErasedError, match="was erased on"):
        office.reviewing.get_document(document.id, by=rowe)
    with pytest.raises(ErasedError):
        office.pages.image(document.id, 1, by=rowe)
    with pytest.raises(ErasedError):
        office.approving.supersede(document.id, "again", by=okafor, revision=document.revision)
    tags = [event.tag for event in office.auditing.history(document.id, by=MACHINE)]
    assert tags[-3:] == [AuditTag.ERASURE_REQUEST, AuditTag.ERASURE_EXECUTE, AuditTag.ERASURE_FINISH]
    remains = office.erasures.get_remains(document.id, by=boss)
    assert remains.erased_at == office.clock.now()
    assert remains.erasure is not None
    assert (remains.erasure.state, remains.erasure.reference) == (ErasureState.DONE, "DSR-12")
    assert remains.erasure.cleared["originals"] == 1
    assert remains.erasure.cleared["dropped"] == 2


def test_same_bytes_may_come_again_as_a_new_document(office: Office, rowe: Actor, okafor: Actor, boss: Actor) -> None:
    document = signed(office, rowe, okafor)
    erase(office, document.id, boss)
    office.clock.advance(days=1)
    office.intake.claim([office.put("again.pdf", CONTENT)], by=MACHINE)
    [again] = office.work()
    assert again != document.id
    assert office.reviewing.get_document(again, by=rowe).fields
    # its tombstone speaks of the earlier one alone
    assert office.clearing.repeat_lost(by=MACHINE) == 0
    assert office.reviewing.get_document(again, by=rowe).fields


@pytest.mark.parametrize("state", ["review", "hold", "retention", "delivery"])
def test_what_stands_in_the_way_is_said(office: Office, rowe: Actor, okafor: Actor, boss: Actor, state: str) -> None:
    if state == "review":
        document = office.receive(builders.extraction(unsure={"gross_total": 0.1}))
        refusal = "still worked on"
    else:
        document = signed(office, rowe, okafor)
        refusal = {"hold": "under a legal hold for Case 7", "retention": "until 2036-12-31", "delivery": ""}[state]
    if state == "hold":
        hold = office.legal_holds.place(document.id, "Case 7", "the court asked", by=boss)
    if state == "retention":
        keep(office, boss, months=120)
    if state == "delivery":
        with office.store.writing() as session:
            session.execute(text("UPDATE deliveries SET state = 'pending'"))
        refusal = "still being delivered"
    with pytest.raises(ReviewError, match=refusal):
        office.erasing.request(document.id, ErasureBasis.ASKED, "DSR-1", "asked", by=boss)
    if state == "hold":
        office.legal_holds.release(hold, "over", by=boss)
        erase(office, document.id, boss)


def test_what_should_never_have_been_kept_goes_before_its_day_but_not_under_a_hold(
    office: Office, rowe: Actor, okafor: Actor, boss: Actor
) -> None:
    document = signed(office, rowe, okafor)
    keep(office, boss, months=120)
    hold = office.legal_holds.place(document.id, "Case 7", "the court asked", by=boss)
    with pytest.raises(ReviewError, match="Case 7"):
        office.erasing.request(document.id, ErasureBasis.UNLAWFUL, "INC-7", "a wrong scan", by=boss)
    office.legal_holds.release(hold, "over", by=boss)
    erase(office, document.id, boss, ErasureBasis.UNLAWFUL)
    assert found_in(office) == set()


def test_installation_is_not_ready_with_a_vault_of_another_place(office: Office, rowe: Actor, okafor: Actor) -> None:
    signed(office, rowe, okafor)
    health = Health(office.store, office.queue)
    assert health.ready()[1]["vault"] == "ok"
    office.store.seal_under(Vault(f"sqlite:///{office.folder / 'another.db'}", office.sealer))
    ready, parts = health.ready()
    assert not ready
    assert parts["vault"].startswith("lacks keys of documents")


def keep(office: Office, boss: Actor, months: int) -> None:
    policy = office.policies.get_current(by=boss)
    rule = Retention(months=months, basis="tax law")
    office.policies.change(policy.model_copy(update={"retention": {"invoice": rule}}), "the law", by=boss)


def test_hold_placed_after_the_request_keeps_the_document(
    office: Office, rowe: Actor, okafor: Actor, boss: Actor
) -> None:
    document = signed(office, rowe, okafor)
    number = office.erasing.request(document.id, ErasureBasis.ASKED, "DSR-1", "asked", by=boss)
    office.legal_holds.place(document.id, "Case 7", "the court asked", by=boss)
    [row] = office.erasures.overview(by=boss).requested
    assert row.obstacle is not None and "Case 7" in row.obstacle
    with pytest.raises(ReviewError, match="Case 7"):
        office.erasing.execute(number, by=boss)
    office.erasing.withdraw(number, by=boss)
    with pytest.raises(InvalidTransitionError):
        office.erasing.execute(number, by=boss)
    assert office.reviewing.get_document(document.id, by=rowe).fields


def test_documents_are_due_once_their_time_is_over(office: Office, rowe: Actor, okafor: Actor, boss: Actor) -> None:
    document = signed(office, rowe, okafor)
    keep(office, boss, months=12)
    assert office.erasures.overview(by=boss).due == ()
    office.clock.advance(days=800)
    [due] = office.erasures.overview(by=boss).due
    assert (due.document_id, due.basis) == (document.id, "tax law")
    [outcome] = office.erasing.request_many([document.id], ErasureBasis.ENDED, "rule 1", "over", by=boss)
    assert outcome.refused is None
    assert office.erasures.overview(by=boss).due == ()
    [asked] = office.erasures.overview(by=boss).requested
    [outcome] = office.erasing.execute_many([asked.id], by=boss)
    assert outcome.refused is None
    office.work()
    assert [one.document_id for one in office.erasures.overview(by=boss).done] == [document.id]


def test_with_duties_separated_another_administrator_carries_it_out(
    office: Office, rowe: Actor, okafor: Actor, boss: Actor
) -> None:
    document = signed(office, rowe, okafor)
    policy = office.policies.get_current(by=boss)
    office.policies.change(policy.model_copy(update={"separate_duties": True}), "four eyes", by=boss)
    number = office.erasing.request(document.id, ErasureBasis.ASKED, "DSR-1", "asked", by=boss)
    with pytest.raises(AccessDeniedError, match="Another administrator"):
        office.erasing.execute(number, by=boss)
    office.erasing.execute(number, by=office.hire("chief", Role.ADMINISTRATOR))
    [event] = office.events(document.id, AuditTag.ERASURE_EXECUTE)
    assert (event.by, event.facts["same_person"]) == ("chief", False)


def test_killed_between_database_and_disk_the_sweep_finishes_it(
    office: Office, rowe: Actor, okafor: Actor, boss: Actor
) -> None:
    document = signed(office, rowe, okafor)
    number = office.erasing.request(document.id, ErasureBasis.ASKED, "DSR-1", "asked", by=boss)
    office.erasing.execute(number, by=boss)
    office.queue.take()  # the ring is lost
    assert found_in(office) != set()
    office.sweeping.sweep(by=MACHINE)
    assert (Job.ERASE, number) in office.queue.take()
    office.clearing.finish(number, by=MACHINE)
    office.clearing.finish(number, by=MACHINE)
    assert found_in(office) == set()
    assert len(office.events(document.id, AuditTag.ERASURE_FINISH)) == 1


def test_folder_that_refuses_is_told_and_tried_again(office: Office, rowe: Actor, okafor: Actor, boss: Actor) -> None:
    class Stuck:
        def __getattr__(self, name: str) -> object:
            return getattr(office.clearing.traces.blobs, name)

        def remove(self, sha256: str) -> bool:
            raise BlobStoreUnavailableError("The disk refuses. Mend its rights.")

    document = signed(office, rowe, okafor)
    number = office.erasing.request(document.id, ErasureBasis.ASKED, "DSR-1", "asked", by=boss)
    office.erasing.execute(number, by=boss)
    stuck = replace(office.clearing, traces=replace(office.clearing.traces, blobs=Stuck()))  # type: ignore[arg-type]
    with pytest.raises(BlobStoreUnavailableError):
        stuck.finish(number, by=MACHINE)
    [row] = office.erasures.overview(by=boss).running
    assert row.error is not None and "Mend its rights" in row.error
    office.clearing.finish(number, by=MACHINE)
    assert office.erasures.overview(by=boss).running == ()
    assert found_in(office) == set()


def test_restored_backup_is_erased_again(sqlite_office: Office, tmp_path: Path) -> None:
    office = sqlite_office
    rowe, okafor = office.hire("rowe", Role.REVIEWER), office.hire("okafor", Role.APPROVER)
    boss = office.hire("boss", Role.ADMINISTRATOR)
    document = signed(office, rowe, okafor)
    database = Path(str(office.store.engine.url.database))
    assert office.store.scrub(())
    shutil.copyfile(database, tmp_path / "kept elsewhere.db")
    erase(office, document.id, boss)
    assert found_in(office) == set()

    office.store.close()
    for left in database.parent.glob(f"{database.name}-*"):
        left.unlink()
    shutil.copyfile(tmp_path / "kept elsewhere.db", database)
    held = select(func.count()).select_from(FieldRow).where(FieldRow.document_id == document.id)
    with office.store.reading() as session:
        assert session.scalar(held)
    office.sweeping.sweep(by=MACHINE)
    office.work()
    with office.store.reading() as session:
        assert session.scalar(held) == 0
    assert found_in(office) == set()
    assert office.auditing.verify(by=MACHINE).problems == ()
    [event] = office.events(document.id, AuditTag.ERASURE_EXECUTE)
    assert event.facts["again"] is True
    office.sweeping.sweep(by=MACHINE)
    assert len(office.events(document.id, AuditTag.ERASURE_EXECUTE)) == 1


@pytest.fixture
def sqlite_office(sqlite_url: str, tmp_path: Path) -> Iterator[Office]:
    from pipeline.store.engine import Store

    folder = tmp_path / "office"
    folder.mkdir()
    store = Store(sqlite_url)
    yield Office(store, folder)
    store.close()


def test_approvals_keep_their_hashes(office: Office, rowe: Actor, okafor: Actor, boss: Actor) -> None:
    document = signed(office, rowe, okafor)
    with office.store.reading() as session:
        before = session.scalars(select(ApprovalRow.record_sha256)).all()
    erase(office, document.id, boss)
    with office.store.reading() as session:
        assert session.scalars(select(ApprovalRow.record_sha256)).all() == before
        assert session.scalars(select(ErasureRow.requested_by)).all() == ["boss"]


def test_models_that_learned_from_it_go_and_one_is_trained_without_it(office: Office) -> None:
    office = lessons.learning_office(office)
    maker = office.hire("maker")
    approved = taught(office, maker)
    first = office.learning.train(by=MACHINE)
    assert first is not None
    document, secret = approved[2], lessons.slip(2).values["slip_number"]
    assert office.models.path(first).exists()
    assert list(office.learning.studies.folder.rglob("*.study"))

    number = office.erasing.request(document.id, ErasureBasis.ASKED, "DSR-1", "asked", by=maker)
    office.erasing.execute(number, by=maker)
    office.queue.take()
    office.clearing.finish(number, by=MACHINE)

    assert not office.models.path(first).exists()
    assert not list(office.learning.studies.folder.rglob("*.study"))
    assert (Job.LEARN, 0) in office.queue.take()
    [event] = office.events(document.id, AuditTag.ERASURE_EXECUTE)
    assert event.facts["models"] == [first]
    second = office.learning.train(by=MACHINE)
    assert second not in (None, first)
    assert not [place for place, content in everything_in(office) if secret.encode() in content]
    with office.store.reading() as session:
        assert document.id not in {one.document_id for one in list_lessons(session)}


def test_training_that_was_under_way_during_an_erasure_leaves_nothing(office: Office) -> None:
    office = lessons.learning_office(office)
    maker = office.hire("maker")
    document = taught(office, maker)[2]

    class Meanwhile:
        """Erases the document once everything was read."""

        def __call__(self, *args: object) -> object:
            number = office.erasing.request(document.id, ErasureBasis.ASKED, "DSR-1", "asked", by=maker)
            office.erasing.execute(number, by=maker)
            office.clearing.finish(number, by=MACHINE)
            return map(*args)  # type: ignore[call-overload]

    slow = replace(office.learning, spread=once(Meanwhile()))
    slow.train(by=MACHINE)
    assert not list(office.models.folder.glob("*.npz"))
    with office.store.reading() as session:
        assert session.scalars(select(ModelRow.version)).all() == []
    assert office.learning.train(by=MACHINE) is not None


def taught(office: Office, maker: Actor) -> list[DocumentView]:
    """Return documents that people settled and signed, delivered."""
    approved = lessons.teach(office, 6, maker)
    for each in approved:
        office.delivering.deliver(each.id, by=MACHINE)
    return approved


def once(first: Callable[..., Any]) -> Callable[..., Any]:
    """Return `map`, that calls `first` instead the first time."""
    waiting = [first]

    def spread(*args: Any) -> Any:
        return (waiting.pop() if waiting else map)(*args)

    return spread


def test_file_in_quarantine_goes_by_itself(office: Office, rowe: Actor, boss: Actor) -> None:
    content = b"no PDF: Quillfeather QF-77812"
    office.intake.claim([office.put("2026/brimblecombe.pdf", content)], by=MACHINE)
    other = office.receive(content=b"%PDF another")
    [file] = office.files.list_files(by=boss, search="brimblecombe").rows
    assert any("quarantine" in place for place in found_in(office))

    with pytest.raises(ReviewError, match=f"became document {other.id}"):
        office.erasing.request_file(file.id + 1, ErasureBasis.ASKED, "DSR-1", "asked", by=boss)
    with pytest.raises(AccessDeniedError):
        office.erasing.request_file(file.id, ErasureBasis.ASKED, "DSR-1", "asked", by=rowe)
    number = office.erasing.request_file(file.id, ErasureBasis.ASKED, "DSR-1", "Ottoline asked", by=boss)
    with pytest.raises(ReviewError, match="to be erased already"):
        office.erasing.request_file(file.id, ErasureBasis.ASKED, "DSR-1", "asked", by=boss)
    [asked] = office.erasures.overview(by=boss).requested
    assert (asked.document_id, asked.file_id, asked.obstacle) == (None, file.id, None)
    office.erasing.execute(number, by=boss)
    office.work()

    assert found_in(office) == set()
    [done] = office.erasures.overview(by=boss).done
    assert (done.file_id, done.cleared["dropped"]) == (file.id, 1)
    [left] = [one for one in office.files.list_files(by=boss).rows if one.id == file.id]
    assert (left.name, left.reason, left.is_erased) == ("erased", None, True)
    assert office.auditing.verify(by=MACHINE).problems == ()
    lines = b"".join(office.auditing.export(ExportFormat.JSONL, by=MACHINE)).splitlines(keepends=True)
    assert check_export(lines).chain.all_problems() == []
    assert office.certifying.write(by=boss).is_complete
    assert office.clearing.repeat_lost(by=MACHINE) == 0


def test_request_for_a_file_is_withdrawn_and_keeps_no_document_from_being_due(office: Office, boss: Actor) -> None:
    office.intake.claim([office.put("a.pdf", b"no PDF")], by=MACHINE)
    [file] = office.files.list_files(by=boss).rows
    number = office.erasing.request_file(file.id, ErasureBasis.ASKED, "DSR-1", "asked", by=boss)
    office.erasing.withdraw(number, by=boss)
    with pytest.raises(InvalidTransitionError):
        office.erasing.execute(number, by=boss)
    assert (office.drop / "quarantine" / "a.pdf").exists()


def test_whoever_sees_other_folders_alone_knows_of_no_file_in_quarantine(office: Office, boss: Actor) -> None:
    office.intake.claim([office.put("leeds/a.pdf", b"no PDF")], by=MACHINE)
    [file] = office.files.list_files(by=boss).rows
    office.hire("limited", Role.ADMINISTRATOR)
    limit(office, builders.person(0, "owner"), "limited", folders=("york",))
    limited = enter(office, "limited")
    with pytest.raises(NotFoundError):
        office.erasing.request_file(file.id, ErasureBasis.ASKED, "DSR-1", "asked", by=limited)
    office.erasing.request_file(file.id, ErasureBasis.ASKED, "DSR-1", "asked", by=boss)
    assert office.erasures.overview(by=limited).requested == ()
