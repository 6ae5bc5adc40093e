from pipeline.domain.extraction import Extraction
from pipeline.domain.fields import DocumentType
from pipeline.domain.pages import Reading
from pipeline.ports import Extractor


def extract(
    reading: Reading, types: tuple[DocumentType, ...], extractor: Extractor, fixed_type: str | None = None
) -> Extraction:
    """Return what the engine reads on the pages, stamped with the reader that saw them.

    Args:
        reading: the pages as read.
        types: every enabled type, variants included.
        extractor: the engine.
        fixed_type: the type where a person or the drop folder set it.
    """
    extraction = extractor.extract(reading.pages, types, fixed_type)
    fields = tuple(
        field.model_copy(
            update={"provenance": field.provenance.model_copy(update={"reader": reading.reader})}
            if field.provenance is not None
            else {}
        )
        for field in extraction.fields
    )
    return extraction.model_copy(update={"fields": fields, "reader": reading.reader})
