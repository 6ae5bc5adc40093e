"""Studied documents on disk: what comes back is what went in, and nothing but our own classes is ever built."""

import json
from io import BytesIO

import numpy as np
import pytest

from fixtures.make.invoices import make_invoice
from pipeline.doctypes.loader import shipped_types
from pipeline.extraction.engine import BaselineEngine
from pipeline.extraction.learned.example import Example
from pipeline.extraction.learned.training import Studied, study, train
from pipeline.store.studies import FolderStudies, pack, sealed, unpack
from tests import builders

TYPES = {doctype.name: doctype for doctype in shipped_types()}


def studied(key: str = "d1") -> Studied:
    made = make_invoice(5)
    lines = ("Invoice", f"Invoice number {made.fields['invoice_number']}", "Total due 119.00", "Net 100.00")
    values = {
        "invoice_number": made.fields["invoice_number"],
        "gross_total": "119.00",
        "net_total": "100.00",
        "due_date": None,
    }
    found = study(Example(key, (builders.page(*lines),), "invoice", values), TYPES, BaselineEngine())
    assert found is not None
    return found


def test_studied_document_comes_back_and_teaches_the_same(tmp_path) -> None:
    studies = FolderStudies(tmp_path)
    before = studied()
    studies.keep("ab12", before)
    after = studies.find("ab12")
    assert after is not None
    assert train([after], TYPES).version == train([before], TYPES).version


def test_arrays_that_several_fields_share_are_kept_and_come_back_as_one(tmp_path) -> None:
    before = studied()
    after = unpack(pack(before))
    assert isinstance(after, Studied)
    one, other = (after.lessons[name].marks.marks for name in ("gross_total", "net_total"))
    assert one is other
    assert np.array_equal(one, before.lessons["gross_total"].marks.marks)


@pytest.mark.parametrize("share", [0.0, 0.001, 0.2, 0.5, 0.999])
def test_file_that_was_cut_off_is_no_study(tmp_path, share: float) -> None:
    studies = FolderStudies(tmp_path)
    studies.keep("ab12", studied())
    (place,) = tmp_path.glob("*/*")
    whole = place.read_bytes()
    place.write_bytes(whole[: int(share * len(whole))])
    assert studies.find("ab12") is None


def test_file_of_another_format_is_no_study(tmp_path) -> None:
    studies = FolderStudies(tmp_path)
    studies.keep("ab12", studied())
    (place,) = tmp_path.glob("*/*")
    target = BytesIO()
    np.savez(target, head=np.zeros(3))
    place.write_bytes(target.getvalue())
    assert studies.find("ab12") is None


def test_arrays_come_back_with_their_kinds_and_shapes() -> None:
    before = studied().lessons["gross_total"].marks
    after = unpack(pack(studied()))
    assert isinstance(after, Studied)
    marks = after.lessons["gross_total"].marks
    for one, other in ((marks.dense, before.dense), (marks.singles, before.singles), (marks.starts, before.starts)):
        assert one.dtype == other.dtype
        assert np.array_equal(one, other)
        assert one.flags.aligned


def test_class_that_is_no_part_of_a_study_is_not_built() -> None:
    head = json.dumps({"value": {"c": "subprocess.Popen", "f": {"args": ["true"]}}, "arrays": {}}).encode()
    with pytest.raises(KeyError):
        unpack(sealed(head))


def test_array_of_objects_is_not_built() -> None:
    head = json.dumps({"value": {"a": "a0"}, "arrays": {"a0": ["|O", [1], 0]}}).encode()
    with pytest.raises(ValueError, match="no array"):
        unpack(sealed(head, bytes(8)))


def test_tidying_keeps_what_is_asked_for_alone(tmp_path) -> None:
    studies = FolderStudies(tmp_path)
    for key in ("ab12", "cd34"):
        studies.keep(key, studied())
    studies.tidy({"ab12"})
    assert studies.find("ab12") is not None
    assert studies.find("cd34") is None
