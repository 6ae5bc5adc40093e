"""Why a learned answer: the evidence that counted, in sentences a reviewer can check by eye."""

import numpy as np

from pipeline.extraction.evidence import ABOVE, INLINE, LEFT
from pipeline.extraction.learned.fieldmodel import FieldModel
from pipeline.extraction.learned.model import TypeKnowledge
from pipeline.extraction.learned.sheet import FieldView, Sheet

SAME_LAYOUT = 0.4
PLACE_CLOSE = 0.5
_LABELLED = {
    INLINE: "It stands behind “{label}”.",
    LEFT: "To its left stands “{label}”.",
    ABOVE: "Above it stands “{label}”.",
}


def reasons_of(
    index: int, view: FieldView, sheet: Sheet, model: FieldModel, known: TypeKnowledge, is_new: bool
) -> tuple[str, ...]:
    """Return the sentences for candidate `index`, the most telling first."""
    said: list[str] = []
    marks = sheet.marks[view.group]
    support = view.supports[index]
    if support.strength > 0 and support.relation in _LABELLED and support.phrase:
        said.append(_LABELLED[support.relation].format(label=support.phrase))
    near = model.memory.nearest(sheet.familiar)
    alike = [(share, at) for share, at in near if share >= SAME_LAYOUT]
    if alike and not is_new:
        figures = model.memory.figures(near, marks.places[index : index + 1], marks.singles[index : index + 1])[0]
        count = known.gate.alike(sheet.familiar, SAME_LAYOUT)
        if figures[0] >= PLACE_CLOSE:
            said.append(f"It stands where {_documents(count)} of this layout had it.")
        elif float(np.max(figures[1:4])) >= PLACE_CLOSE:
            said.append(f"The words around it are those of {_documents(count)} of this layout.")
    if view.chosen[index]:
        said.append("The rules for labels and places point to the same value.")
        if view.answer is not None:
            said += view.answer.notes
            if "check" in view.answer.support:
                said.append("Its check digits are right.")
            if "sum" in view.answer.support:
                said.append("The sum that it belongs to holds.")
    if is_new:
        said.append("No reviewed document of this type looks like this one: the machine stays careful.")
    return tuple(said)


def _documents(count: int) -> str:
    return "1 reviewed document" if count == 1 else f"{count} reviewed documents"
