"""Trained models as people compare them: their state, and how they did on documents that they had not seen."""

from enum import StrEnum

from pipeline.domain.value import Frozen


class ModelState(StrEnum):
    CHAMPION = "champion"
    """It reads documents; there is at most one."""
    CHALLENGER = "challenger"
    """No worse than the champion, and waits for a person to put it in force."""
    REFUSED = "refused"
    """Worse than the champion, or than the rules alone."""
    RETIRED = "retired"
    """It was the champion once."""


class FieldFigures(Frozen):
    """How a model did on one field, on documents that it had not learned from."""

    name: str
    documents: int
    """Held-out predictions."""
    right: int
    accepted: int
    """Predictions sure enough, on documents like those reviewed, to be taken over unseen."""
    accepted_wrong: int
    threshold: float | None
    """The one that the reviewed documents support; None: not enough of them yet."""
    missing: int
    """How many more reviewed values are needed for one; 0 where it is derived, or more would not help."""
    error_target: float
    calibration_error: float | None

    @property
    def accuracy(self) -> float | None:
        return self.right / self.documents if self.documents else None


class TypeFigures(Frozen):
    """How a model did on one document type, its variants among it."""

    type: str
    documents: int
    """Reviewed documents that it learned from."""
    calibration_error: float | None
    rules_right: int
    """Of the same values, those that the rules alone had right."""
    fields: tuple[FieldFigures, ...]

    @property
    def predictions(self) -> int:
        return sum(field.documents for field in self.fields)

    @property
    def right(self) -> int:
        return sum(field.right for field in self.fields)

    @property
    def accepted(self) -> int:
        return sum(field.accepted for field in self.fields)

    @property
    def accepted_wrong(self) -> int:
        return sum(field.accepted_wrong for field in self.fields)

    def find(self, name: str) -> FieldFigures | None:
        return next((field for field in self.fields if field.name == name), None)


class FieldCurves(Frozen):
    """What the charts of one type, or of one of its fields, are drawn from."""

    type: str
    field: str | None
    """None: all fields of the type together."""
    bins: tuple[tuple[float, float, int], ...]
    """For each bin of confidence: mean stated, share of right ones, how many."""
    points: tuple[tuple[float, float, float], ...]
    """For thresholds from strict to lax: threshold, share of values accepted, share of wrong ones among them."""
