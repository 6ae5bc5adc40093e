"""Reviewed documents of one layout, with labels that no rule knows: what is learned of them is learned from people."""

from dataclasses import dataclass
from random import Random

from pipeline.domain.actors import Actor
from pipeline.domain.documents import DocumentState
from pipeline.domain.fields import TYPE_FIELD, DocumentType, FieldKind, Summary
from pipeline.domain.review import Decision, FieldState, Settlement
from pipeline.ports import Job
from pipeline.services.engines import ChampionEngines, Shelf
from pipeline.services.views import DocumentView
from tests import builders
from tests.builders import MACHINE
from tests.desk import Office

FIELDS = ("slip_number", "issued", "sum")


def slip_type() -> DocumentType:
    """A type whose labels are on none of its documents."""
    return DocumentType(
        name="slip",
        title={"en": "Slip"},
        words={"en": ("quern", "bassoon")},
        fields=(
            builders.spec("slip_number", FieldKind.IDENTIFIER, required=True),
            builders.spec("issued", FieldKind.DATE),
            builders.spec("sum", FieldKind.MONEY, required=True),
        ),
        summary=Summary(number="slip_number", amount="sum", date="issued"),
    )


@dataclass(frozen=True)
class Slip:
    """One document, and what is right on it."""

    content: bytes
    values: dict[str, str]


def slip(number: int) -> Slip:
    """Return a slip: three identifiers, dates and amounts each, told apart by nonsense words alone."""
    chance = Random(number)
    codes = [f"{letter}{chance.randrange(10000, 99999)}" for letter in "QXZ"]
    days = [f"20{chance.randrange(10, 24)}-{chance.randrange(1, 12):02}-{chance.randrange(1, 28):02}" for _ in range(3)]
    sums = [f"{chance.randrange(100, 999)}.{chance.randrange(10, 99)}" for _ in range(3)]
    lines = (
        "Quern and Bassoon",
        f"Wibble {codes[0]}",
        f"Frobnitz {codes[1]}",
        f"Zorgle {codes[2]}",
        f"Plumbus {days[0]}",
        f"Grault {days[1]}",
        f"Corge {days[2]}",
        f"Blivet {sums[0]}",
        f"Snark {sums[1]}",
        f"Thud {sums[2]}",
    )
    content = "\n".join((f"%PDF {number}", *lines)).encode()
    return Slip(content, {"slip_number": codes[1], "issued": days[2], "sum": sums[0]})


def learning_office(office: Office) -> Office:
    """Return the office with the real engine, which reads with the champion, and with the type of the slips."""
    return Office(
        office.store,
        office.folder,
        types=(slip_type(),),
        clock=office.clock,
        queue=office.queue,
        reader=office.reader,
        engines=lambda made: ChampionEngines(made.store, made.models, shelf=Shelf()),
    )


def receive(office: Office, made: Slip) -> DocumentView:
    """Take the slip in and read it."""
    name = f"slip/{made.values['slip_number']}.pdf"
    office.intake.claim([office.put(name, made.content)], by=MACHINE)
    ids = [document_id for job, document_id in office.queue.take() if job is Job.PROCESS]
    for document_id in ids:
        office.processing.process(document_id, by=MACHINE)
    return look(office, max(ids))


def look(office: Office, document_id: int) -> DocumentView:
    return office.reviewing.get_document(document_id, by=builders.person(0, "reader"))


def values(view: DocumentView) -> dict[str, object]:
    """Return what the machine read."""
    return {field.record.name: field.record.machine_value for field in view.fields if field.record.name in FIELDS}


def review(office: Office, view: DocumentView, truth: dict[str, str], by: Actor) -> DocumentView:
    """Settle every field to the truth, and hand the document on."""
    if view.state is DocumentState.READY:
        view = office.approving.send_back(view.id, "Look at it.", by=by, revision=view.revision)
    view = office.reviewing.claim(view.id, by=by)
    for field in view.fields:
        if field.record.name == TYPE_FIELD:
            decided = Settlement(field=TYPE_FIELD, decision=Decision.CONFIRM)
            if field.record.state is not FieldState.OPEN:
                continue
        else:
            decided = Settlement(field=field.record.name, decision=Decision.CORRECT, value=truth[field.record.name])
        view = office.reviewing.settle(view.id, decided, by=by, revision=view.revision)
    office.reviewing.validate(view.id, by=by, revision=view.revision)
    return office.reviewing.get_document(view.id, by=by)


def teach(office: Office, count: int, by: Actor, start: int = 0) -> list[DocumentView]:
    """Have that many slips received, reviewed and approved."""
    approved: list[DocumentView] = []
    for number in range(start, start + count):
        made = slip(number)
        view = review(office, receive(office, made), made.values, by)
        approved.append(office.approving.approve(view.id, by=by, revision=view.revision))
    return approved
