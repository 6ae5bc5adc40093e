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
from pipeline.store.studies import FolderStudies, pack, unpack
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


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 cut off", b"not a file of ours"])
def test_damaged_file_is_no_study(tmp_path, content: bytes) -> None:
    studies = FolderStudies(tmp_path)
    studies.keep("ab12", studied())
    (tmp_path / "ab" / "ab12.npz").write_bytes(content)
    assert studies.find("ab12") is None


def test_class_that_is_no_part_of_a_study_is_not_built() -> None:
    target = BytesIO()
    head = json.dumps({"c": "subprocess.Popen", "f": {"args": ["true"]}})
    np.savez(target, head=np.frombuffer(head.encode(), dtype=np.uint8))
    with pytest.raises(KeyError):
        unpack(target.getvalue())


def test_tidying_keeps_what_is_asked_for_alone(tmp_path) -> None:
    studies = FolderStudies(tmp_path)
    for key in ("ab12", "cd34"):
        studies.keep(key, studied())
    studies.tidy({"ab12"})
    assert studies.find("ab12") is not None
    assert studies.find("cd34") is None
