"""The fixtures are what they claim to be: reproducible, in step with the repository, true to their pages."""

import hashlib
import itertools
import json
import re
import shutil
import zlib
from collections.abc import Iterator
from decimal import Decimal
from io import BytesIO
from pathlib import Path

import pikepdf
import pypdfium2
import pytest
from PIL import Image
from pypdfium2 import raw as pdfium
from stdnum import iban
from stdnum.at import uid as at_uid
from stdnum.ch import vat as ch_vat
from stdnum.de import vat as de_vat
from stdnum.fr import tva as fr_tva
from stdnum.gb import vat as gb_vat

from fixtures.make import (
    LAYOUTS,
    SELLERS,
    SHOPS,
    MadeDocument,
    Quirk,
    damaged,
    folder,
    make_ad_buy,
    make_agreement,
    make_batch,
    make_invoice,
    make_order,
    make_receipt,
    make_scan,
    tiny_pdf,
)
from fixtures.make.likeness import alike
from fixtures.make.samples import sample_documents

SAMPLES = sample_documents()
LAYERED = [made for made in SAMPLES if made.id in {"networks-overlay", "moebelwerkstatt-durchsuchbar"}]
"""Scans with a layer of text: neither digital nor without text."""
IMAGES = [made for made in SAMPLES if not made.name.endswith(".pdf")]
DIGITAL = [made for made in SAMPLES if made.has_text and made not in LAYERED]
SCANS = [made for made in SAMPLES if not made.has_text and made not in LAYERED + IMAGES]
MANIFEST = folder.recorded(folder.FOLDER)
SMALL_BYTES = 100 * 1024
SET_BYTES = 1200 * 1024
COUNTRIES = ("de_DE", "de_AT", "de_CH", "en_GB", "en_US", "fr_FR")
INVOICE_FIELDS = {
    "invoice_number",
    "seller_vat_id",
    "iban",
    "purchase_order",
    "currency",
    "issue_date",
    "due_date",
    "seller_name",
    "buyer_name",
    "net_total",
    "tax_total",
    "gross_total",
    "amount_due",
}


def page_text(content: bytes) -> str:
    pages = pypdfium2.PdfDocument(content)
    return "\n".join(page.get_textpage().get_text_range() for page in pages)


def squeezed(text: str) -> str:
    """Return the text without blanks: readers differ in where they put them."""
    return "".join(text.split())


def missing_from_page(made: MadeDocument) -> list[str]:
    """Return the printed values that the page does not hold; of wrapped descriptions, the words."""
    text = squeezed(page_text(made.bytes))
    values = list(made.printed.values())
    for row in made.printed_items:
        values += [
            word for column, cell in row.items() for word in (cell.split() if column == "description" else [cell])
        ]
    return [value for value in values if squeezed(value) not in text]


def text_boxes(page: pypdfium2.PdfPage) -> list[tuple[float, float, float, float]]:
    return [item.get_bounds() for item in page.get_objects(filter=[pdfium.FPDF_PAGEOBJ_TEXT])]


def overlaps(made: MadeDocument) -> Iterator[tuple[int, tuple[float, ...], tuple[float, ...]]]:
    for number, page in enumerate(pypdfium2.PdfDocument(made.bytes), start=1):
        for one, other in itertools.combinations(text_boxes(page), 2):
            width = min(one[2], other[2]) - max(one[0], other[0])
            height = min(one[3], other[3]) - max(one[1], other[1])
            if width > 0.5 and height > 1.2:
                yield number, one, other


def variety() -> list[tuple[Quirk, MadeDocument]]:
    """Return one document for each layout and country, with the quirk that was dealt to it."""
    quirks = itertools.cycle(Quirk)
    kinds = itertools.cycle(("invoice", "credit_note", "corrected_invoice"))
    made: list[tuple[Quirk, MadeDocument]] = []
    for seed, (layout, code) in enumerate(itertools.product(LAYOUTS, COUNTRIES)):
        quirk = next(quirks)
        made.append((quirk, make_invoice(seed, layout=layout, language=code, kind=next(kinds), quirks=(quirk,))))
    return made


QUIRKY = variety()
VARIETY = [made for _, made in QUIRKY]


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The whole set, made once: it takes seconds."""
    made = tmp_path_factory.mktemp("set")
    folder.write(made)
    return made


@pytest.fixture
def copied(written: Path, tmp_path: Path) -> Path:
    """The set as it is made, to change."""
    return shutil.copytree(written, tmp_path / "set")


def test_committed_set_is_what_the_generator_makes():
    assert folder.differences(folder.FOLDER) == []


def test_an_edited_file_is_reported_as_different(copied: Path):
    truth = copied / "expected" / "roesterei.json"
    truth.write_text(truth.read_text(encoding="utf-8").replace("EUR", "USD"), encoding="utf-8")
    (copied / "documents" / "druckerei.pdf").unlink()
    (copied / "documents" / "stray.pdf").write_bytes(b"%PDF")

    found = " ".join(folder.differences(copied))

    assert "expected/roesterei.json differs" in found
    assert "documents/druckerei.pdf is missing" in found
    assert "documents/stray.pdf is not made" in found


def test_other_libraries_may_write_other_bytes_for_the_same_page(copied: Path):
    document = copied / "documents" / "druckerei.pdf"
    manifest = copied / "MANIFEST.toml"
    before = hashlib.sha256(document.read_bytes()).hexdigest()
    with pikepdf.open(BytesIO(document.read_bytes())) as pages:
        pages.save(document)
    after = hashlib.sha256(document.read_bytes()).hexdigest()
    said = manifest.read_text(encoding="utf-8").replace(before, after)
    manifest.write_text(said, encoding="utf-8")
    assert folder.differences(copied) != []

    manifest.write_text(re.sub('reportlab = ".*"', 'reportlab = "0"', said), encoding="utf-8")

    assert folder.differences(copied) == []


def test_writing_again_removes_what_is_no_longer_made(copied: Path):
    (copied / "documents" / "stray.pdf").write_bytes(b"%PDF")
    folder.write(copied)
    assert not (copied / "documents" / "stray.pdf").exists()


def test_same_seed_gives_the_same_bytes_and_another_seed_another_document():
    assert make_invoice(5).bytes == make_invoice(5).bytes
    assert make_invoice(5).fields != make_invoice(6).fields
    scan = make_scan(make_invoice(5), seed=3)
    assert scan.bytes == make_scan(make_invoice(5), seed=3).bytes
    assert scan.bytes != make_scan(make_invoice(5), seed=4).bytes


def test_a_batch_is_reproducible_and_its_documents_differ():
    batch = make_batch(12, seed=2)
    assert [made.bytes for made in batch] == [made.bytes for made in make_batch(12, seed=2)]
    assert len({made.name for made in batch}) == len({made.bytes for made in batch}) == 12


def test_manifest_names_every_file_with_its_sum_origin_and_terms():
    entries = {entry["file"]: entry for entry in MANIFEST["file"]}
    files = {path.relative_to(folder.FOLDER).as_posix() for path in (folder.FOLDER / "documents").rglob("*.*")}
    assert set(entries) == files
    assert len({entry["id"] for entry in MANIFEST["file"]}) == len(files)
    for file, entry in entries.items():
        assert entry["sha256"] == hashlib.sha256((folder.FOLDER / file).read_bytes()).hexdigest()
        assert entry["source"] == "fixtures/make"
        assert entry["licence"] == "Apache-2.0 (ours)"
        assert entry["document_type"]
        assert entry["exercises"].endswith(".")


def test_committed_documents_are_small():
    sizes = [path.stat().st_size for path in (folder.FOLDER / "documents").rglob("*.*")]
    assert max(sizes) < SMALL_BYTES
    assert sum(sizes) < SET_BYTES


@pytest.mark.parametrize("made", DIGITAL, ids=lambda made: made.id)
def test_every_expected_value_stands_on_the_page(made: MadeDocument):
    assert missing_from_page(made) == []
    assert set(made.printed) == {name for name, value in made.fields.items() if value is not None}


@pytest.mark.parametrize("made", VARIETY, ids=lambda made: made.id)
def test_every_layout_prints_every_value_in_every_language(made: MadeDocument):
    assert missing_from_page(made) == []


@pytest.mark.parametrize("made", [*DIGITAL, *VARIETY], ids=lambda made: made.id)
def test_no_printed_text_runs_into_another(made: MadeDocument):
    assert list(overlaps(made)) == []


@pytest.mark.parametrize("made", DIGITAL, ids=lambda made: made.id)
def test_all_text_lies_on_the_page(made: MadeDocument):
    for page in pypdfium2.PdfDocument(made.bytes):
        left, bottom, right, top = page.get_mediabox()
        for box in text_boxes(page):
            assert left < box[0] < box[2] < right
            assert bottom < box[1] < box[3] < top


@pytest.mark.parametrize("made", SCANS, ids=lambda made: made.id)
def test_scans_have_a_picture_and_no_text(made: MadeDocument):
    page = pypdfium2.PdfDocument(made.bytes)[0]
    assert page.get_textpage().get_text_bounded() == ""
    dark, light = page.render(scale=0.5, grayscale=True).to_pil().convert("L").getextrema()
    assert dark < 100
    assert light > 200


@pytest.mark.parametrize("made", IMAGES, ids=lambda made: made.id)
def test_images_show_dark_print_on_something_lighter(made: MadeDocument):
    image = Image.open(BytesIO(made.bytes))
    assert image.format == {"png": "PNG", "jpg": "JPEG", "tif": "TIFF"}[made.name[-3:]]
    dark, light = image.convert("L").getextrema()
    assert dark < 100
    assert light > 200


def test_fax_holds_every_page_of_its_document():
    fax = next(made for made in IMAGES if made.name.endswith(".tif"))
    assert Image.open(BytesIO(fax.bytes)).n_frames == 2  # type: ignore[attr-defined]


def test_layer_of_a_searchable_scan_says_what_was_printed_and_that_of_an_overlay_does_not():
    overlay, true = sorted(LAYERED, key=lambda made: made.has_text)
    assert squeezed(str(true.fields["invoice_number"])) in squeezed(page_text(true.bytes))
    assert squeezed(str(overlay.fields["invoice_number"])) not in squeezed(page_text(overlay.bytes))
    assert "990017" in page_text(overlay.bytes)


def test_expected_files_hold_canonical_values():
    for path in (folder.FOLDER / "expected").glob("*.json"):
        truth = json.loads(path.read_text(encoding="utf-8"))
        assert (folder.FOLDER / truth["file"]).exists()
        for name, value in truth["fields"].items():
            if value is not None and name.endswith(("_total", "amount_due", "total")):
                assert str(Decimal(value)) == value
            if value is not None and name.endswith("date"):
                year, month, day = value.split("-")
                assert (len(year), len(month), len(day)) == (4, 2, 2)


def test_sums_agree_except_where_the_exception_is_wanted():
    assert [made.id for made in SAMPLES if "net_total" in made.fields and not adds_up(made)] == ["atelier-somme"]
    for quirk, made in QUIRKY:
        assert adds_up(made) == (quirk is not Quirk.WRONG_SUM)


def adds_up(made: MadeDocument) -> bool:
    return total(made, "net_total") + total(made, "tax_total") == total(made, "gross_total")


def total(made: MadeDocument, name: str) -> Decimal:
    return Decimal(str(made.fields[name]))


def test_line_items_multiply_and_add_up_to_the_net_total():
    for made in (make_invoice(seed, item_count=8) for seed in range(12)):
        amounts = [Decimal(str(row["amount"])) for row in made.line_items]
        assert sum(amounts) == total(made, "net_total")
        for row in made.line_items:
            product = Decimal(str(row["quantity"])) * Decimal(str(row["unit_price"]))
            assert abs(product - Decimal(str(row["amount"]))) < Decimal("0.01")


def test_quirks_do_what_they_say():
    quirky = {quirk: make_invoice(7, language="fr_FR", kind="credit_note", quirks=(quirk,)) for quirk in Quirk}
    wrong = quirky[Quirk.WRONG_SUM]
    assert total(wrong, "net_total") + total(wrong, "tax_total") != total(wrong, "gross_total")
    assert make_invoice(7, quirks=(Quirk.NO_DUE_DATE,)).fields["due_date"] is None
    assert quirky[Quirk.NO_ORDER].fields["purchase_order"] is None
    assert total(quirky[Quirk.DEPOSIT], "amount_due") < total(quirky[Quirk.DEPOSIT], "gross_total")
    assert total(quirky[Quirk.NEGATIVE], "gross_total") < 0
    assert total(quirky[Quirk.DISCOUNT], "net_total") < sum(
        Decimal(str(row["amount"])) for row in quirky[Quirk.DISCOUNT].line_items
    )
    assert not iban.is_valid(str(quirky[Quirk.BAD_IBAN].fields["iban"]))
    assert pypdfium2.PdfDocument(quirky[Quirk.ROTATED].bytes)[0].get_rotation() == 90
    first, second = make_invoice(7, item_count=4), make_invoice(7, item_count=4, quirks=(Quirk.COPY,))
    assert first.fields == second.fields
    assert first.bytes != second.bytes
    ambiguous = make_invoice(7, language="en_GB", quirks=(Quirk.AMBIGUOUS_DATE,))
    dates = re.findall(r"(\d\d)/(\d\d)/\d{4}", page_text(ambiguous.bytes))
    assert len(dates) >= 3
    assert all(int(one) <= 12 and int(other) <= 12 for one, other in dates)


def test_long_invoices_run_over_pages_and_repeat_the_table_header():
    made = make_invoice(12, seller=next(each for each in SELLERS if each.layout == "ledger"), item_count=40)
    pages = [page.get_textpage().get_text_bounded() for page in pypdfium2.PdfDocument(made.bytes)]
    assert len(pages) >= 2
    assert all("Beschreibung" in page for page in pages[:2])
    assert f"Seite 1 von {len(pages)}" in pages[0]


def test_registration_numbers_of_sellers_have_right_check_digits():
    checks = {"DE": de_vat, "AT": at_uid, "CH": ch_vat, "GB": gb_vat, "FR": fr_tva}
    for seller in SELLERS:
        if seller.country == "US":
            assert seller.vat_id is None
            continue
        assert checks[seller.country].is_valid(str(seller.vat_id)), seller.name
        assert iban.is_valid(str(seller.iban)), seller.name


def test_number_formats_follow_the_country():
    printed = {
        code: make_invoice(3, language=code, layout="minimal", item_count=9).printed["gross_total"]
        for code in ("de_DE", "de_CH", "en_GB", "en_US", "fr_FR")
    }
    assert "," in printed["de_DE"][-5:]
    assert printed["de_CH"].startswith("CHF")
    assert printed["en_GB"].startswith("£")
    assert printed["fr_FR"].endswith("\u00a0€")
    assert "\u202f" in page_text(next(made for made in SAMPLES if made.id == "traduction").bytes)
    assert "'" in next(made for made in SAMPLES if made.id == "labor-schweiz").printed["gross_total"]


def test_the_sample_set_shows_every_layout_type_and_wanted_exception():
    assert {made.document_type for made in SAMPLES} == {
        "invoice",
        "credit_note",
        "corrected_invoice",
        "receipt",
        "purchase_order",
        "nda",
        "political_ad_buy",
    }
    assert {seller.layout for seller in SELLERS} == set(LAYOUTS)
    by_id = {made.id: made for made in SAMPLES}
    assert by_id["event-hire"].printed["issue_date"] == "12/03/2024"
    assert by_id["druckerei"].fields["due_date"] is None
    assert not iban.is_valid(str(by_id["industriebedarf-iban"].fields["iban"]))
    pair = by_id["moebelwerkstatt"], by_id["moebelwerkstatt-zweitschrift"]
    assert pair[0].fields == pair[1].fields
    assert pair[0].bytes != pair[1].bytes


def test_types_other_than_invoices_have_their_fields():
    assert set(make_invoice(1).fields) == INVOICE_FIELDS
    assert set(make_receipt(1).fields) == {"company", "address", "date", "total"}
    assert set(make_agreement().fields) == {"effective_date", "jurisdiction", "term", "party"}
    assert set(make_ad_buy().fields) == {"contract_num", "advertiser", "gross_amount", "flight_from", "flight_to"}
    assert {"order_number", "supplier_name", "delivery_date"} < set(make_order(1).fields)
    for seed, shop in enumerate(SHOPS):
        assert missing_from_page(make_receipt(seed, shop=shop.key)) == []
    for layout, language in itertools.product(("plain", "boxed", "listing"), ("de", "en", "fr")):
        assert missing_from_page(make_order(4, layout=layout, language=language)) == []


def test_tiny_pdf_is_small_and_prints_its_text():
    content = tiny_pdf("Invoice number T-1\nTotal (net) 10,00 €")
    assert len(content) < 1024
    assert page_text(content).splitlines() == ["Invoice number T-1", "Total (net) 10,00 €"]
    assert tiny_pdf("one") != tiny_pdf("two")
    assert len(pikepdf.open(BytesIO(content)).pages) == 1


def test_likeness_tells_other_words_from_other_bytes():
    made = make_invoice(9)
    reader = pikepdf.open(BytesIO(made.bytes))
    again = BytesIO()
    reader.save(again)
    assert again.getvalue() != made.bytes
    assert alike(made.bytes, again.getvalue())
    assert not alike(made.bytes, make_invoice(10).bytes)


BROKEN = {each.name: each for each in damaged()}


def test_damaged_files_state_an_outcome_and_a_known_code():
    codes = {"not-a-pdf", "empty", "encrypted", "too-large", "unreadable"}
    for each in BROKEN.values():
        assert each.outcome in {"readable", "quarantined"}
        assert (each.code in codes) == (each.outcome == "quarantined")
        assert each.accepted_outcomes <= codes | {"readable"}


@pytest.mark.parametrize("name", [name for name, each in BROKEN.items() if each.code in {"not-a-pdf", "empty"}])
def test_files_that_are_no_pdf_have_no_pdf_header(name: str):
    assert b"%PDF-" not in BROKEN[name].bytes


@pytest.mark.parametrize(
    "name",
    [
        name
        for name, each in BROKEN.items()
        if each.outcome == "readable" and "unreadable" not in each.may_also and name != "no-text.pdf"
    ],
)
def test_readable_damaged_files_give_their_text(name: str):
    assert "HX-2041" in page_text(BROKEN[name].bytes)


def test_locked_files_open_only_as_stated():
    with pytest.raises(pypdfium2.PdfiumError, match=r"[Pp]assword"):
        pypdfium2.PdfDocument(BROKEN["user-password.pdf"].bytes)
    assert len(pypdfium2.PdfDocument(BROKEN["user-password.pdf"].bytes, password="meadow")) == 1
    assert (
        pypdfium2.raw.FPDF_GetSecurityHandlerRevision(pypdfium2.PdfDocument(BROKEN["owner-password.pdf"].bytes).raw)
        == 3
    )


def test_oversized_files_are_large_inside_and_small_on_disk():
    assert len(pypdfium2.PdfDocument(BROKEN["six-hundred-pages.pdf"].bytes)) == 600
    bomb = BROKEN["inflating.pdf"].bytes
    assert len(bomb) < 10_000
    start = bomb.index(b"stream\n") + len(b"stream\n")
    once = zlib.decompress(bomb[start : bomb.index(b"\nendstream")])
    unpacker = zlib.decompressobj()
    unpacked, rest = 0, once
    while rest:
        unpacked += len(unpacker.decompress(rest, 1 << 24))
        rest = unpacker.unconsumed_tail
    assert unpacked > 250 * 1024 * 1024
    assert all(len(each.bytes) < 300 * 1024 for each in BROKEN.values())


def test_truncated_and_looping_files_cannot_give_a_page():
    for name in ("header-only.pdf", "cut-in-half.pdf", "no-pages.pdf", "page-tree-loop.pdf"):
        with pytest.raises(pypdfium2.PdfiumError):
            pypdfium2.PdfDocument(BROKEN[name].bytes)[0]
