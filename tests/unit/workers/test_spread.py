"""A model learned in several processes is the one learned in a single one."""

from pipeline.doctypes.loader import shipped_types
from pipeline.extraction.engine import BaselineEngine
from pipeline.extraction.learned.example import Example
from pipeline.extraction.learned.training import study as study_one
from pipeline.extraction.learned.training import train
from tests import builders
from workers import spread

TYPES = {doctype.name: doctype for doctype in shipped_types()}


def test_models_of_one_process_and_of_two_are_the_same() -> None:
    studied = []
    for number in range(6):
        values = {"invoice_number": f"CF-{20814 + number}", "gross_total": f"{1428 + number}.00", "due_date": None}
        lines = (f"Wibble {values['invoice_number']}", f"Zorgle {values['gross_total']}", "Plumbus 12.00")
        one = study_one(Example(f"d{number}", (builders.page(*lines),), "invoice", values), TYPES, BaselineEngine())
        assert one is not None
        studied.append(one)
    single = train(studied, TYPES)
    forked = train(studied, TYPES, spread=spread.side_by_side(2, forked_from=1))
    assert forked.version == single.version
