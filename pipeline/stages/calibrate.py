"""The seam where raw scores become probabilities; the baseline engine already states measured shares."""

from pipeline.domain.extraction import Extraction

CEILING = 0.995
"""No finite measurement supports more: the probability that a value is right is never stated as certain."""


def calibrate(extraction: Extraction) -> Extraction:
    """Return the extraction with every confidence at most the ceiling.

    The baseline's confidences are shares of right answers by class of evidence (`pipeline.extraction.confidence`
    says how they were measured), so nothing else is left to do here until reviewed documents say otherwise.
    """
    fields = tuple(
        field.model_copy(update={"confidence": min(field.confidence, CEILING)}) for field in extraction.fields
    )
    return extraction.model_copy(update={"fields": fields})
