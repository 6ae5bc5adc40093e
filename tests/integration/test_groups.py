"""Groups: who sees what by type and folder, what they may hand in, and what becomes of what they hold."""

from io import BytesIO

import pytest
from sqlalchemy import select

from pipeline.domain.actors import Actor, Role
from pipeline.domain.audit import AuditTag
from pipeline.domain.documents import DocumentState
from pipeline.domain.files import FileState
from pipeline.errors import AccessDeniedError, InvalidCorrectionError, NotFoundError
from pipeline.services.auditing import EventFilter
from pipeline.services.exports.filter import ExportFilter, ExportFormat
from pipeline.services.views import QueueFilter
from pipeline.store.engine import Store
from pipeline.store.tables import DocumentRow, EventRow, FolderCountRow
from tests import builders
from tests.builders import MACHINE
from tests.desk import Office

OPEN = {"gross_total": 0.1}
EVERY_STATE = QueueFilter(states=())


@pytest.fixture
def owner(office: Office) -> Actor:
    return office.hire("owner")


def drop(office: Office, name: str, number: str, type_name: str | None = "invoice") -> int:
    """Take in and read a document that lies in the drop folder under this name; return its id."""
    office.engine.answer = builders.extraction({"invoice_number": number}, unsure=OPEN, type_name=type_name)
    office.intake.claim([office.put(name, f"%PDF {name} {number}".encode())], by=MACHINE)
    return office.work()[-1]


def limit(office: Office, owner: Actor, who: str, *, types: tuple[str, ...] = (), folders: tuple[str, ...] = ()) -> int:
    """Put somebody into a group of their own; return its number."""
    group = office.grouping.add(f"{who} {types} {folders}", types, folders, by=owner)
    person = next(one for one in office.accounts.list_people(by=owner) if one.name == who)
    office.grouping.set_groups(person.id, [*(number for number, _ in person.groups), group], by=owner)
    return group


def enter(office: Office, who: str) -> Actor:
    """Return somebody as their next request would have them."""
    owner = builders.person(0, "owner")
    person = next(one for one in office.accounts.list_people(by=owner) if one.name == who)
    password = office.accounts.reset_password(person.id, by=owner)
    return office.accounts.login(who, password, address="127.0.0.1").actor


def listed(office: Office, by: Actor) -> list[int]:
    return [row.id for row in office.reviewing.list_queue(EVERY_STATE, by=by).rows]


def test_person_sees_the_union_of_what_their_groups_allow(office: Office, owner: Actor) -> None:
    acme, below, berlin, alike = (
        drop(office, f"{folder}/a.pdf", f"N-{number}")
        for number, folder in enumerate(("acme", "acme/2026", "berlin", "acme2"))
    )
    root = drop(office, "plain.pdf", "N-9")
    unread = drop(office, "berlin/odd.pdf", "N-10", type_name=None)
    office.hire("rowe", Role.REVIEWER)
    assert set(listed(office, enter(office, "rowe"))) == {acme, below, berlin, alike, root, unread}

    limit(office, owner, "rowe", folders=("acme",))
    rowe = enter(office, "rowe")
    assert set(listed(office, rowe)) == {acme, below}
    limit(office, owner, "rowe", types=("invoice",), folders=("berlin",))
    rowe = enter(office, "rowe")
    assert set(listed(office, rowe)) == {acme, below, berlin}, "one whose type is not known fits no group of types"
    limit(office, owner, "rowe", folders=("berlin",))
    rowe = enter(office, "rowe")
    assert set(listed(office, rowe)) == {acme, below, berlin, unread}
    page = office.reviewing.list_queue(QueueFilter(search="N-1"), by=rowe)
    assert ([row.id for row in page.rows], page.total) == ([below], 1)
    assert office.reviewing.list_queue(QueueFilter(search="N-9"), by=rowe).total == 0
    with pytest.raises(NotFoundError) as foreign:
        office.reviewing.get_document(root, by=rowe)
    with pytest.raises(NotFoundError) as missing:
        office.reviewing.get_document(999, by=rowe)
    assert str(foreign.value).replace(str(root), "N") == str(missing.value).replace("999", "N")


@pytest.mark.parametrize("sort", ["due", "next", "received", "type", "number", "party", "amount", "open", "changed"])
@pytest.mark.parametrize("few", [0, 5_000])
def test_list_in_any_order_counts_what_is_seen(
    office: Office, owner: Actor, monkeypatch: pytest.MonkeyPatch, sort: str, few: int
) -> None:
    monkeypatch.setattr("pipeline.services.queue.FEW", few)
    seen = [drop(office, f"acme/{number}.pdf", f"N-{number}") for number in range(3)]
    drop(office, "berlin/a.pdf", "N-8")
    office.hire("rowe", Role.REVIEWER)
    limit(office, owner, "rowe", folders=("acme",))
    rowe = enter(office, "rowe")
    for descending in (False, True):
        wanted = QueueFilter(sort=sort, descending=descending, page_size=2)
        first = office.reviewing.list_queue(wanted, by=rowe)
        second = office.reviewing.list_queue(wanted.model_copy(update={"page": 2}), by=rowe)
        assert sorted(row.id for page in (first, second) for row in page.rows) == seen
        everything = [row.id for row in office.reviewing.list_queue(wanted, by=owner).rows]
        assert len(everything) == 2
        order = [row.id for page in (first, second) for row in page.rows]
        whole = office.reviewing.list_queue(wanted.model_copy(update={"page_size": 50}), by=owner)
        assert order == [row.id for row in whole.rows if row.id in seen]
    assert (first.total, first.exceptions) == (3, sum(row.open_count for row in (*first.rows, *second.rows)))
    assert first.by_state[DocumentState.REVIEW] == 3
    office.reviewing.claim(seen[0], by=rowe)
    assert office.reviewing.list_queue(QueueFilter(holder="free"), by=rowe).total == 2
    assert office.reviewing.list_queue(QueueFilter(holder="me"), by=rowe).total == 1


def test_next_and_what_is_fetched_ahead_are_the_persons_own(office: Office, owner: Actor) -> None:
    drop(office, "berlin/a.pdf", "N-1")
    mine = drop(office, "acme/a.pdf", "N-2")
    office.hire("rowe", Role.REVIEWER)
    limit(office, owner, "rowe", folders=("acme",))
    rowe = enter(office, "rowe")
    assert office.reviewing.find_next(by=rowe) == mine
    assert office.reviewing.find_next(by=rowe, after=mine) is None
    explained = office.reviewing.explain_next(by=rowe)
    assert explained is not None
    assert explained.id == mine


def test_kept_counts_by_folder_are_those_that_counting_gives(office: Office, store: Store, owner: Actor) -> None:
    for number, folder in enumerate(("acme", "acme", "berlin")):
        drop(office, f"{folder}/{number}.pdf", f"N-{number}")
    first = office.reviewing.claim(1, by=owner)
    office.reviewing.reject(1, "not ours", by=owner, revision=first.revision)
    with store.reading() as session:
        kept = {
            (row.state, row.type, row.folder): (row.documents, row.exceptions)
            for row in session.scalars(select(FolderCountRow))
        }
        counted: dict[tuple[str, str, str], tuple[int, int]] = {}
        for row in session.scalars(select(DocumentRow)):
            key = (row.state.lower(), row.type or "", row.folder)
            documents, exceptions = counted.get(key, (0, 0))
            counted[key] = documents + 1, exceptions + row.open_count
    assert kept == counted
    assert {folder for _, _, folder in kept} == {"acme", "berlin"}


def test_variant_goes_with_its_type(office: Office, owner: Actor) -> None:
    office_types = office.types
    variant = office_types[0].model_copy(update={"name": "invoice_plain", "variant_of": "invoice"})
    wide = Office(office.store, office.folder, types=(*office_types, variant))
    document_id = drop(wide, "a.pdf", "N-1", type_name="invoice_plain")
    wide.hire("rowe", Role.REVIEWER)
    limit(wide, owner, "rowe", types=("invoice",))
    assert listed(wide, enter(wide, "rowe")) == [document_id]


def test_upload_is_refused_where_its_sender_would_not_see_it(office: Office, owner: Actor) -> None:
    office.hire("rowe", Role.REVIEWER)
    limit(office, owner, "rowe", types=("invoice",), folders=("acme", "berlin/in"))
    rowe = enter(office, "rowe")
    for wrong in (
        {},
        {"document_type": "invoice"},
        {"group_folder": "acme"},
        {"document_type": "invoice", "group_folder": "munich"},
        {"document_type": "invoice", "group_folder": "acme/../munich"},
    ):
        with pytest.raises(AccessDeniedError):
            office.intake.receive(BytesIO(b"%PDF x"), "x.pdf", by=rowe, **wrong)
    assert office.files.list_files(by=MACHINE).total == 0
    assert not list((office.folder / "uploads").rglob("*.pdf"))

    received = office.intake.receive(
        BytesIO(b"%PDF x"), "x.pdf", by=rowe, document_type="invoice", group_folder="berlin/in"
    )
    assert (received.name, received.state) == ("berlin/in/invoice/x.pdf", FileState.STORED)
    assert listed(office, rowe) == [received.document_id]
    assert [row.id for row in office.files.list_files(by=rowe).rows] == [received.file_id]


def test_duplicate_of_a_foreign_file_names_neither_file_nor_document(office: Office, owner: Actor) -> None:
    office.intake.claim([office.put("berlin/a.pdf", b"%PDF same")], by=MACHINE)
    office.hire("rowe", Role.REVIEWER)
    limit(office, owner, "rowe", folders=("acme",))
    rowe = enter(office, "rowe")
    received = office.intake.receive(BytesIO(b"%PDF same"), "x.pdf", by=rowe, group_folder="acme")
    assert (received.state, received.duplicate_of, received.document_id) == (FileState.DUPLICATE, None, None)
    [row] = office.files.list_files(by=rowe).rows
    assert (row.state, row.duplicate_of, row.first_document_id) == (FileState.DUPLICATE, None, None)
    assert office.files.list_files(by=rowe).by_state[FileState.STORED] == 0


def test_document_is_handed_only_to_people_who_can_see_it(office: Office, owner: Actor) -> None:
    document_id = drop(office, "berlin/a.pdf", "N-1")
    rowe = office.hire("rowe", Role.REVIEWER)
    limit(office, owner, "rowe", folders=("acme",))
    view = office.reviewing.claim(document_id, by=owner)
    with pytest.raises(NotFoundError, match="Rowe is in groups that leave out document"):
        office.reviewing.handover(document_id, rowe.id or 0, "", by=owner, revision=view.revision)
    [refused] = office.dispatching.assign([document_id], rowe.id or 0, by=owner)
    assert "leave out" in refused.why
    with pytest.raises(InvalidCorrectionError, match="Rowe is in groups that leave out document"):
        office.talking.write(document_id, "@rowe what is this?", by=owner)
    assert office.talking.list_comments(document_id, by=owner).count == 0


def test_what_somebody_holds_and_sees_no_more_goes_back_into_the_queue(office: Office, owner: Actor) -> None:
    document_id, kept = drop(office, "berlin/a.pdf", "N-1"), drop(office, "acme/a.pdf", "N-2")
    rowe = office.hire("rowe", Role.REVIEWER)
    for each in (document_id, kept):
        office.reviewing.claim(each, by=rowe)
    said = office.talking.write(document_id, "@rowe look", by=owner)
    assert office.talking.count_unread(by=enter(office, "rowe")) == 1
    group = limit(office, owner, "rowe", folders=("acme", "berlin"))
    assert office.reviewing.get_document(document_id, by=owner).claim is not None
    office.grouping.change(group, "Acme", (), ("acme",), by=owner)
    assert office.reviewing.get_document(document_id, by=owner).claim is None
    assert office.reviewing.get_document(kept, by=owner).claim is not None
    assert [event.facts["holder"] for event in office.events(document_id, AuditTag.CLAIM_RELEASE)] == [rowe.id]
    rowe = enter(office, "rowe")
    assert office.talking.count_unread(by=rowe) == 0
    assert office.talking.list_mentions(by=rowe).total == 0
    with pytest.raises(NotFoundError, match="No such comment concerns you"):
        office.talking.read_one(said.id, by=rowe)


def test_session_that_is_open_is_limited_from_its_next_request_on(office: Office, owner: Actor) -> None:
    password = office.accounts.add("rowe", "Rowe", [Role.REVIEWER], by=owner)
    login = office.accounts.login("rowe", password, address="127.0.0.1")
    document_id = drop(office, "berlin/a.pdf", "N-1")
    limit(office, owner, "rowe", folders=("acme",))
    found = office.accounts.find_actor(login.token)
    assert found is not None
    with pytest.raises(NotFoundError):
        office.reviewing.get_document(document_id, by=found.actor)


def test_auditor_in_a_group_sees_and_exports_the_events_of_their_documents_alone(office: Office, owner: Actor) -> None:
    foreign, seen = drop(office, "berlin/a.pdf", "N-1"), drop(office, "acme/a.pdf", "N-2")
    office.hire("vega", Role.AUDITOR)
    limit(office, owner, "vega", folders=("acme",))
    vega = enter(office, "vega")
    page = office.auditing.list_events(EventFilter(page_size=500), by=vega)
    assert {event.document_id for event in page.rows} == {seen, None}
    assert {event.file_id for event in page.rows} == {2}
    assert "access:login" not in page.tags
    with pytest.raises(NotFoundError):
        office.auditing.history(foreign, by=vega)
    every_state = ExportFilter(states=(DocumentState.REVIEW, DocumentState.APPROVED))
    for wanted in (ExportFilter(), every_state):
        told = b"".join(office.auditing.export(ExportFormat.JSONL, wanted, by=vega)).decode()
        assert '"limited":true' in told.replace(" ", "")
        assert "berlin" not in told
        assert "N-1" not in told
    assert "N-2" in told
    whole = b"".join(office.auditing.export(ExportFormat.JSONL, every_state, by=owner)).decode()
    assert '"limited":false' in whole.replace(" ", "")
    assert "N-1" in whole
    assert office.auditing.verify(by=vega).problems == ()


def test_groups_are_put_on_record_with_folders_that_can_be_erased(office: Office, store: Store, owner: Actor) -> None:
    rowe = office.hire("rowe", Role.REVIEWER)
    group = office.grouping.add("Acme", ("invoice",), ("acme/ gmbh/",), by=owner)
    office.grouping.set_members(group, [rowe.id or 0], by=owner)
    with pytest.raises(InvalidCorrectionError, match="still has members"):
        office.grouping.remove(group, by=owner)
    office.grouping.change(group, "Acme", (), ("acme",), by=owner)
    office.grouping.change(group, "Acme", ("invoice",), ("acme",), by=owner)
    office.grouping.set_members(group, [], by=owner)
    office.grouping.remove(group, by=owner)
    found = office.auditing.list_events(EventFilter(tag="access", page_size=500), by=MACHINE).rows
    told = [event for event in reversed(found) if str(event.facts.get("what", "")).startswith("group")]
    assert [(event.tag, event.facts["what"]) for event in told] == [
        ("access:grant", "group"),
        ("access:revoke", "groups"),
        ("access:grant", "group"),
        ("access:revoke", "group"),
        ("access:grant", "groups"),
        ("access:revoke", "group removed"),
    ]
    with store.reading() as session:
        texts = session.scalars(select(EventRow.text)).all()
    assert not [text for text in texts if "acme" in text.casefold()]
    assert office.grouping.list_groups(by=owner) == ()


def test_group_that_limits_nothing_or_is_misshapen_is_refused(office: Office, owner: Actor) -> None:
    office.grouping.add("Acme", (), ("acme",), by=owner)
    for name, types, folders, sentence in (
        ("Other", (), (), "limits its members"),
        ("Other", (), (" ", "\t"), "limits its members"),
        ("Other", (), ("../etc",), "no folder inside"),
        ("Other", (), ("/",), "no folder inside"),
        ("Other", (), ("a" * 201,), "at most 200"),
        ("Other", (), tuple(f"f{number}" for number in range(101)), "at most 100"),
        ("Acme", (), ("berlin",), "already"),
        (" ", (), ("berlin",), "name of at most"),
    ):
        with pytest.raises(InvalidCorrectionError, match=sentence):
            office.grouping.add(name, types, folders, by=owner)
    with pytest.raises(NotFoundError):
        office.grouping.add("Other", ("no_type",), (), by=owner)
    assert [group.name for group in office.grouping.list_groups(by=owner)] == ["Acme"]


def test_type_that_was_switched_off_stays_in_its_group(office: Office, owner: Actor) -> None:
    group = office.grouping.add("Acme", ("invoice",), ("acme",), by=owner)
    later = Office(office.store, office.folder, types=(office.types[0].model_copy(update={"enabled": False}),))
    later.grouping.change(group, "Acme", ("invoice",), ("berlin",), by=owner)
    assert later.grouping.get_group(group, by=owner).types == ("invoice",)
    with pytest.raises(NotFoundError):
        later.grouping.add("Other", ("invoice",), (), by=owner)


def test_number_that_a_foreign_document_has_too_is_told_without_saying_which(office: Office, owner: Actor) -> None:
    first = drop(office, "berlin/a.pdf", "SAME-1")
    second = drop(office, "acme/b.pdf", "SAME-1")
    office.hire("rowe", Role.REVIEWER)
    limit(office, owner, "rowe", folders=("acme",))
    rowe = enter(office, "rowe")
    assert office.reviewing.get_document(second, by=owner).duplicates == (first,)
    seen = office.reviewing.get_document(second, by=rowe)
    assert seen.duplicates == ()
    messages = [
        reason.message for field in seen.fields for reason in field.record.reasons if "before" in reason.message
    ]
    assert messages == [
        "This party has sent this number before, in a document that you may not see. Ask an administrator."
    ]


def test_only_people_who_see_a_document_are_offered_for_it(office: Office, owner: Actor) -> None:
    for who in ("leeds", "york", "all"):
        office.hire(who, Role.REVIEWER)
    limit(office, owner, "leeds", folders=("leeds",))
    limit(office, owner, "york", folders=("york",))
    document = drop(office, "leeds/a.pdf", "A-1")
    by = enter(office, "leeds")
    for method in (office.talking.list_people, office.reviewing.list_people_for):
        found = method(document, by=by)
        assert {one.name for one in found} - {"owner"} == {"leeds", "all"}
    with pytest.raises(NotFoundError):
        office.talking.list_people(document, by=enter(office, "york"))
    assert "york" in {one.name for one in office.reviewing.list_people(by=by)}


def test_status_tells_whom_groups_limit_of_what_they_see(office: Office, owner: Actor) -> None:
    office.hire("leeds", Role.REVIEWER)
    limit(office, owner, "leeds", folders=("leeds",))
    for number, name in enumerate(("leeds/a.pdf", "york/b.pdf", "york/c.pdf")):
        drop(office, name, f"A-{number}")
    whole, part = office.reporting.status(by=owner), office.reporting.status(by=enter(office, "leeds"))
    assert (whole.files["total"], whole.documents["review"]) == (3, 3)
    assert (part.files["total"], part.documents["review"], part.documents["total"]) == (1, 1, 1)
    assert part.workers == whole.workers
    office.reviewing.claim(2, by=owner)
    assert office.reporting.status(by=owner).queue["claims"] == 1
    assert office.reporting.status(by=enter(office, "leeds")).queue["claims"] == 0
