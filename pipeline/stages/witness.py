"""The second witness: what an electronic invoice inside the PDF says, set beside what its pages show.

People sign the page. So the data can make a value of the page certain, or point to where on the page the right one is
printed; it never puts a value in the page's place unseen. Where the two differ, or only the data has a value, a person
sees both.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.domain.extraction import Candidate, DocumentLocale, Extraction, FieldExtraction, Provenance, TypeGuess
from pipeline.domain.fields import TYPE_FIELD, DocumentType, FieldKind, FieldSpec
from pipeline.domain.pages import AttachedData, Page, PageSource, Reading
from pipeline.domain.routing import Finding
from pipeline.domain.value import Value
from pipeline.normalise.kinds import find_decimal
from pipeline.ports import Extractor
from pipeline.stages.agreement import NUMBERS, WORDS, is_piece, same, squeeze
from pipeline.stages.calibrate import CEILING, calibrate
from pipeline.stages.extract import extract
from pipeline.stages.prints import Print, Prints
from pipeline.stages.route import TYPE_THRESHOLD
from pipeline.stages.validate import spell

DIFFERS = "attachment_differs"
ONLY = "attachment_only"
UNREAD = "attachment_unread"
LABEL = "attached data"
AGREES = "The attached data says the same."

POINTED_OUT = 0.99
"""Confidence in a print that the machine had not chosen, and that the data names."""
SLIGHT = 0.9
"""The same where the print is so short that it may stand there by chance."""
DOUBTED = 0.5
"""At most this much is left of a value that one of two witnesses speaks against."""
RIVAL = 0.4

NUMBER = "invoice_number"
CREDITS = frozenset({"credit_note", "corrected_invoice"})


@dataclass(frozen=True)
class Witnessed:
    """An extraction after the second witness was heard, with what does not agree."""

    extraction: Extraction
    findings: tuple[Finding, ...] = ()


def witness(
    extraction: Extraction,
    reading: Reading,
    types: tuple[DocumentType, ...],
    extractor: Extractor,
    fixed_type: str | None = None,
) -> Witnessed:
    """Return the extraction with what the attached data confirms, points out or contradicts.

    Args:
        extraction: what the engine read, with calibrated confidence.
        reading: the pages, and the data attached to them; without data the extraction comes back as it is.
        types: every enabled type, variants included.
        extractor: the engine, asked again where the data knows the type and the page does not.
        fixed_type: the type where a person or the drop folder set it: the data does not change it.
    """
    attached = reading.attached
    if attached is None:
        return Witnessed(extraction)
    unread = (Finding(code=UNREAD, message=attached.problem),) if attached.problem else ()
    if not attached.fields:
        return Witnessed(extraction, unread)
    findings: list[Finding] = [*unread]
    if fixed_type is None:
        extraction, found = _typed(extraction, reading, attached, types, extractor)
        findings += found
    doctype = next((one for one in types if one.name == extraction.type.name), None)
    if doctype is None or doctype.summary.number not in attached.fields:
        # A type with other fields than an invoice's: the data has nothing to say about them.
        return Witnessed(extraction, tuple(findings))
    heard = _Hearing(extraction, reading, attached, doctype)
    fields = tuple(heard.field(field) for field in extraction.fields)
    return Witnessed(extraction.model_copy(update={"fields": fields}), (*findings, *heard.findings))


def belonging(attached: Sequence[AttachedData], pages: Sequence[Page]) -> AttachedData | None:
    """Return the data that belongs to pages put together of several files, or split off one.

    It is the one whose invoice number the pages print: after a split, the other parts have no data. Where there are
    several, none speaks.
    """
    prints = Prints(pages, DocumentLocale())
    named = [one for one in attached if (number := one.fields.get(NUMBER)) and prints.runs(number, words=False)]
    return named[0] if len(named) == 1 else None


def _typed(
    extraction: Extraction,
    reading: Reading,
    attached: AttachedData,
    types: tuple[DocumentType, ...],
    extractor: Extractor,
) -> tuple[Extraction, list[Finding]]:
    """Return the extraction with the type that both witnesses, or the surer of them, say."""
    guess, told = extraction.type, attached.document_type
    doctype = next((one for one in types if one.name == told), None)
    if doctype is None or told is None or _is_compatible(guess.name, attached):
        return extraction, []
    if guess.name == told:
        sure = guess.model_copy(
            update={"confidence": max(guess.confidence, CEILING), "evidence": (*guess.evidence, AGREES)}
        )
        return extraction.model_copy(update={"type": sure}), []
    if guess.name is None or guess.confidence < TYPE_THRESHOLD:
        known = told in {name for name, _ in guess.candidates}
        evidence = (*guess.evidence, f"The attached data says that this is {_an(doctype)}.")
        better = calibrate(extract(reading, types, extractor, told))
        kept = TypeGuess(name=told, confidence=POINTED_OUT if known else DOUBTED, evidence=evidence)
        return better.model_copy(update={"type": kept}), []
    page = next((one for one in types if one.name == guess.name), None)
    sentence = (
        f"The page looks like {_an(page) if page else guess.name}, but the attached data says that this is "
        f"{_an(doctype)}: choose what holds."
    )
    doubted = guess.model_copy(update={"confidence": min(guess.confidence, DOUBTED)})
    return (
        extraction.model_copy(update={"type": doubted}),
        [Finding(code=DIFFERS, message=sentence, fields=(TYPE_FIELD,))],
    )


def _is_compatible(name: str | None, attached: AttachedData) -> bool:
    """Return whether the page's type and the data's other one are two customs of saying the same.

    A paper that takes an invoice back is called a correction by one and a credit note by the other, and many write its
    data as an invoice below zero.
    """
    if name not in CREDITS or name == attached.document_type:
        return False
    gross = find_decimal(attached.fields.get("gross_total"))
    return attached.document_type in CREDITS or (gross is not None and gross < 0)


def _an(doctype: DocumentType) -> str:
    title = doctype.title_in("en").lower()
    return f"{'an' if title[:1] in 'aeiou' else 'a'} {title}"


class _Hearing:
    """One document's fields against its attached data."""

    def __init__(self, extraction: Extraction, reading: Reading, attached: AttachedData, doctype: DocumentType) -> None:
        self.extraction = extraction
        self.reading = reading
        self.attached = attached
        self.doctype = doctype
        self.prints = Prints(reading.pages, extraction.locale)
        self.either_sign = bool({extraction.type.name, attached.document_type} & CREDITS)
        self.off_image = {page.number for page in reading.pages if page.source is PageSource.OCR}
        self.findings: list[Finding] = []

    def field(self, field: FieldExtraction) -> FieldExtraction:
        """Return the field after the data was heard; what does not agree is added to the findings."""
        if not self.doctype.has_field(field.name):
            return field
        spec = self.doctype.field(field.name)
        if spec.kind is FieldKind.TABLE:
            from pipeline.stages.witness_rows import hear_rows

            heard, findings = hear_rows(
                spec, field, self.attached, self.prints, self.reading.reader, either_sign=self.either_sign
            )
            self.findings += findings
            return heard
        told = self.attached.fields.get(field.name)
        if told is None or spec.kind is FieldKind.LIST:
            return field
        return self._single(spec, field, (told, *self.attached.others.get(field.name, ())))

    def _single(self, spec: FieldSpec, field: FieldExtraction, told: tuple[str, ...]) -> FieldExtraction:
        meant = next((r for r in field.readings if isinstance(r, str) and self._is_same(spec, field, r, told)), None)
        if meant is not None:
            # Of the ways to read the print, the data names one.
            return _certain(field.model_copy(update={"value": meant, "readings": ()}))
        if isinstance(field.value, str) and self._is_same(spec, field, field.value, told):
            return _certain(field)
        for value in told:
            found = self.prints.of(spec, value, either_sign=self.either_sign)
            if found:
                return self._pointed_out(spec, field, value, found)
        if field.value is not None:
            return self._differs(spec, field, told[0])
        return self._only(spec, field, told[0])

    def _is_same(self, spec: FieldSpec, field: FieldExtraction, value: str, told: tuple[str, ...]) -> bool:
        off_image = field.provenance is not None and field.provenance.page in self.off_image
        return any(same(spec.kind, value, one, either_sign=self.either_sign, off_image=off_image) for one in told)

    def _pointed_out(self, spec: FieldSpec, field: FieldExtraction, told: str, found: list[Print]) -> FieldExtraction:
        """Return the print that the data names; a finding too where the machine was sure of another one."""
        reader = self.reading.reader
        place = self._place(spec, field, told, found)
        value: Value = place.value if spec.kind in NUMBERS or spec.kind in WORDS else told
        was = field.value
        wider = _touches(place.provenance(reader), field.provenance) or (
            # How much of a name counts is custom: the data's has the page's in it, and stands there too.
            spec.kind in WORDS and isinstance(was, str) and is_piece(was, told)
        )
        doubted = was is None or wider or self._is_borrowed(spec, field) or self._is_in_doubt(spec, field, found)
        confidence = SLIGHT if was is None and _is_slight(spec, told) else POINTED_OUT
        evidence = ["The attached data says so, and it is printed here."]
        candidates = field.candidates
        if was is not None:
            evidence.append(f"Without the data it was read as {_spoken(spec, was)}.")
            candidates = (
                Candidate(
                    text=field.text or str(was),
                    value=was,
                    confidence=RIVAL if not doubted else min(field.confidence, 1 - POINTED_OUT),
                    provenance=field.provenance,
                    label="without the attached data",
                ),
                *candidates,
            )
        if not doubted and was is not None:
            confidence = DOUBTED
            self._find(
                spec,
                DIFFERS,
                f"The page seems to say {_spoken(spec, was)}, but the attached data says {_spoken(spec, told)}, which "
                "the page prints as well: choose the one that holds.",
            )
        return field.model_copy(
            update={
                "value": value,
                "text": place.text,
                "confidence": confidence,
                "provenance": place.provenance(reader),
                "candidates": tuple(one for one in candidates if one.value != value),
                "readings": (),
                "evidence": tuple(evidence),
            }
        )

    def _is_in_doubt(self, spec: FieldSpec, field: FieldExtraction, found: list[Print]) -> bool:
        """Return whether the machine was not sure of its own choice, and the other print is no mere coincidence.

        An invoice prints many amounts: one that was changed on the page may well stand elsewhere, as some other sum.
        """
        weighed = {one.value for one in field.candidates}
        return field.confidence < spec.threshold and (
            spec.kind not in NUMBERS or any(one.value in weighed for one in found)
        )

    def _is_borrowed(self, spec: FieldSpec, field: FieldExtraction) -> bool:
        """Return whether the field has only another one's value, for want of a print of its own."""
        source = self.extraction.find_field(spec.falls_back_to) if spec.falls_back_to else None
        return source is not None and source.provenance == field.provenance

    def _place(self, spec: FieldSpec, field: FieldExtraction, told: str, found: list[Print]) -> Print:
        """Return the print that the machine weighed too, else one around its own, else the likeliest by custom."""
        reader = self.reading.reader
        weighed = [one.provenance for one in field.candidates if one.value == told]
        for near in (*weighed, field.provenance):
            for one in found:
                if _touches(one.provenance(reader), near):
                    return one
        # Totals stand at the end of their table, everything else is first said in the head.
        return found[-1] if spec.kind in NUMBERS else found[0]

    def _differs(self, spec: FieldSpec, field: FieldExtraction, told: str) -> FieldExtraction:
        self._find(
            spec,
            DIFFERS,
            f"The page says {_spoken(spec, field.value)}, but the attached data says {_spoken(spec, told)}: choose the "
            "one that holds, and ask the sender where you are not sure.",
        )
        return field.model_copy(
            update={
                "confidence": min(field.confidence, DOUBTED),
                "candidates": (_attached(told), *field.candidates),
                "evidence": (*field.evidence, f"The attached data says {_spoken(spec, told)}."),
            }
        )

    def _only(self, spec: FieldSpec, field: FieldExtraction, told: str) -> FieldExtraction:
        self._find(
            spec,
            ONLY,
            f"The attached data says {_spoken(spec, told)}, but the page does not show it: look for it on the page, "
            "and keep it only if you rely on the data.",
        )
        return field.model_copy(
            update={
                "value": told,
                "text": told,
                "confidence": DOUBTED,
                "provenance": None,
                "readings": (),
                "evidence": ("Only the attached data says so.",),
            }
        )

    def _find(self, spec: FieldSpec, code: str, message: str) -> None:
        self.findings.append(Finding(code=code, message=message, fields=(spec.name,)))


def _certain(field: FieldExtraction) -> FieldExtraction:
    return field.model_copy(
        update={
            "confidence": max(field.confidence, CEILING),
            # What the rivals had was the doubt that is gone.
            "candidates": tuple(one for one in field.candidates if one.value == field.value),
            "evidence": (*field.evidence, AGREES),
        }
    )


def _attached(told: str) -> Candidate:
    return Candidate(text=told, value=told, confidence=RIVAL, label=LABEL)


def _touches(one: Provenance, other: Provenance | None) -> bool:
    if other is None or one.page != other.page:
        return False
    return any(
        min(a.x1, b.x1) - max(a.x0, b.x0) > 1 and min(a.bottom, b.bottom) - max(a.top, b.top) > 1
        for a in one.boxes
        for b in other.boxes
    )


def _is_slight(spec: FieldSpec, told: str) -> bool:
    """Return whether a value is so short that its print may be something else's."""
    number = find_decimal(told) if spec.kind in NUMBERS else None
    return number == 0 or len(squeeze(told)) < 4


def _spoken(spec: FieldSpec, value: Value | None) -> str:
    """Return a value as a sentence says it."""
    if not isinstance(value, str):
        return "nothing"
    number = find_decimal(value) if spec.kind is FieldKind.MONEY else None
    if number is not None:
        return spell(number)
    return f"“{value}”" if spec.kind in WORDS else value
