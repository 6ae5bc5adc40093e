"""The baseline engine: typed candidates, labels, arithmetic and place; no learning."""

from collections.abc import Sequence

from pipeline.doctypes.loader import shipped_types
from pipeline.domain.extraction import Extraction, FieldExtraction, TypeGuess
from pipeline.domain.fields import DocumentType
from pipeline.domain.pages import Page
from pipeline.extraction.answers import Answer
from pipeline.extraction.confidence import TABLE_VERSION
from pipeline.extraction.doctype import guess_type
from pipeline.extraction.labels import LabelIndex
from pipeline.extraction.layout import Layout
from pipeline.extraction.locale import infer_locale
from pipeline.extraction.rules import Rules


class BaselineEngine:
    """Reads fields by rules that hold for documents in general; implements `pipeline.ports.Extractor`."""

    version = f"baseline-1 table-{TABLE_VERSION}"

    def __init__(self, known: tuple[DocumentType, ...] | None = None) -> None:
        """Set up an engine.

        Args:
            known: all types whose words are known; those that a call does not ask for show what a document is when it
                is none of the enabled ones. None takes the types that the product comes with.
        """
        self.known = shipped_types() if known is None else known
        self._indexes: dict[str, tuple[DocumentType, LabelIndex]] = {}

    def extract(
        self, pages: tuple[Page, ...], types: tuple[DocumentType, ...], fixed_type: str | None = None
    ) -> Extraction:
        """Return what the pages say, for the type they seem to have or for `fixed_type`."""
        layout = Layout(pages)
        without_text = tuple(page.number for page in pages if not page.has_text)
        guess = type_of(layout, types, fixed_type, self.known)
        doctype = next((t for t in types if t.name == guess.name), None)
        locale = infer_locale(layout)
        fields: tuple[FieldExtraction, ...] = ()
        if doctype is not None:
            fields = Rules(layout, doctype, locale, self.index_of(doctype)).fields()
        return Extraction(
            type=guess,
            fields=fields,
            locale=locale,
            engine=self.version,
            page_count=len(pages),
            pages_without_text=without_text,
        )

    def answers(self, pages: tuple[Page, ...], doctype: DocumentType) -> dict[str, Answer]:
        """Return the engine's answers with their evidence, for measuring how often each class of it is right."""
        layout = Layout(pages)
        return Rules(layout, doctype, infer_locale(layout), self.index_of(doctype)).answers

    def index_of(self, doctype: DocumentType) -> LabelIndex:
        """Return the type's labels, ready for one document."""
        known = self._indexes.get(doctype.name)
        if known is None or known[0] is not doctype:
            known = (doctype, LabelIndex(doctype))
            self._indexes[doctype.name] = known
        return known[1].fresh()


def type_of(
    layout: Layout, types: Sequence[DocumentType], fixed: str | None, known: Sequence[DocumentType]
) -> TypeGuess:
    """Return the type that was given, else what the words say; none where no page has text."""
    if fixed is not None:
        return TypeGuess(name=fixed, confidence=1.0, evidence=("The type was given.",))
    if not layout.lines:
        return TypeGuess(name=None, confidence=0.5, evidence=("No page has text that a machine can read.",))
    names = {doctype.name for doctype in types}
    return guess_type(layout, tuple(types), tuple(d for d in known if d.name not in names and d.variant_of is None))
