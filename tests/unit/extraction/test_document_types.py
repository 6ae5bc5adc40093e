import pytest

from pipeline.doctypes.loader import load_types
from pipeline.domain.extraction import TypeGuess
from pipeline.extraction.engine import BaselineEngine
from tests.unit.extraction.paper import line, page

TYPES = load_types(None, {"invoice", "receipt", "purchase_order", "nda", "political_ad_buy"})


def guess(*texts: str, size: float = 10) -> TypeGuess:
    lines = [line(40 + 16 * i, (60, text), size=size if i == 0 else 10) for i, text in enumerate(texts)]
    return BaselineEngine().extract((page(*lines),), TYPES).type


@pytest.mark.parametrize(
    ("texts", "name"),
    [
        (("Rechnung", "Rechnungsnummer 4711", "Nettobetrag", "zzgl. MwSt."), "invoice"),
        (("Schlussrechnung Nr. 7", "Rechnungsdatum 1.2.2024", "zahlbar bis 1.3.2024"), "invoice"),
        (("R E C H N U N G", "Rechnungsdatum 1.2.2024", "USt-IdNr."), "invoice"),
        (("INVOICE", "Invoice number 12", "Bill to", "Amount due"), "invoice"),
        (("Facture", "Date de facture 1 mars 2024", "Total HT", "TVA intracommunautaire"), "invoice"),
        (("Gutschrift", "Gutschriftsnummer 4711", "zu Rechnung 4700", "Nettobetrag"), "credit_note"),
        (("Credit note", "Credit note number 9", "Original invoice number 7", "VAT number"), "credit_note"),
        (("Rechnungskorrektur", "Nr. RK21", "ersetzt Rechnung R21", "Umsatzsteuer"), "corrected_invoice"),
        (("Purchase order", "PO number 4500", "Order date", "Deliver to"), "purchase_order"),
        (("Bestellung", "Bestellnummer 12", "Bestelldatum", "Liefertermin"), "purchase_order"),
        (("RECEIPT", "Cashier 2", "Cash tendered 50.00", "Change 7.10"), "receipt"),
        (("MUTUAL NON-DISCLOSURE AGREEMENT", "Confidential Information", "the Receiving Party"), "nda"),
    ],
)
def test_types_are_told_by_their_words(texts: tuple[str, ...], name: str) -> None:
    assert guess(*texts, size=16).name == name


@pytest.mark.parametrize(
    "texts",
    [
        ("Minutes of the meeting", "Present: all members", "The chair opened the meeting at nine"),
        ("Bedienungsanleitung", "Bitte lesen Sie diese Anleitung", "Technische Daten"),
        ("Dear Sir or Madam", "we acknowledge receipt of your letter", "Yours sincerely"),
    ],
)
def test_a_document_of_no_known_type_gets_none(texts: tuple[str, ...]) -> None:
    found = guess(*texts)
    assert found.name is None
    assert found.evidence


def test_a_given_type_is_certain() -> None:
    extraction = BaselineEngine().extract((page(line(40, (60, "Hello"))),), TYPES, "receipt")
    assert (extraction.type.name, extraction.type.confidence) == ("receipt", 1.0)


def read_with(names: set[str], *texts: str) -> TypeGuess:
    lines = [line(40 + 16 * i, (60, text), size=16 if i == 0 else 10) for i, text in enumerate(texts)]
    return BaselineEngine().extract((page(*lines),), load_types(None, names)).type


AIR_TIME = ("INVOICE", "Invoice date 1/2/2024", "Advertiser Friends of Nobody", "Flight dates", "Spots", "Station WXYZ")


def test_a_document_that_fits_a_type_which_is_switched_off_is_given_no_other() -> None:
    found = read_with({"invoice", "receipt"}, *AIR_TIME)
    assert found.name is None
    assert found.evidence == ("It looks like “Political ad buy”, a type that is not switched on here.",)
    assert found.candidates[0][0] == "invoice"
    assert read_with({"invoice", "political_ad_buy"}, *AIR_TIME).name == "political_ad_buy"


@pytest.mark.parametrize(
    "title",
    ["Mahnung", "Lieferschein", "Kontoauszug", "Quotation", "Statement of account", "Devis", "Bon de livraison"],
)
def test_papers_that_share_an_invoices_words_are_known_by_their_title(title: str) -> None:
    found = read_with(
        {"invoice", "purchase_order"}, title, "Rechnung Nr. 4711", "Rechnungsdatum 1.2.2024", "Invoice date"
    )
    assert found.name is None
    assert title.casefold() in found.evidence[0]


@pytest.mark.parametrize(
    "title", ["DELIVERY NOTE", "Quotation no. 4711", "PRO FORMA INVOICE", "Proforma-Rechnung", "Lieferschein Nr. 12"]
)
@pytest.mark.parametrize("size", [10, 16])
def test_a_heading_need_not_be_printed_large(title: str, size: float) -> None:
    found = guess(title, "Saltmouth Pier Works", "Invoice number 12", "Bill to", "VAT number", "Subtotal", size=size)
    assert found.name is None
    assert "none of the known types" in found.evidence[0]


@pytest.mark.parametrize("size", [10, 16])
def test_a_type_that_somebody_added_is_not_turned_away_by_its_own_title(size: float) -> None:
    words = {"en": ("delivery note", "goods delivered"), "de": ("lieferschein", "warenausgang")}
    added = TYPES[0].model_copy(update={"name": "delivery_note", "words": words})
    lines = [line(40, (60, "Lieferschein"), size=size), line(60, (60, "Warenausgang")), line(80, (60, "Bezahlt"))]
    guess = BaselineEngine().extract((page(*lines),), (*TYPES, added)).type
    assert guess.name == "delivery_note"


@pytest.mark.parametrize("size", [10, 16])
def test_a_label_below_an_invoices_own_name_is_no_heading(size: float) -> None:
    found = guess("Invoice", "Delivery note", "4711", "Invoice number 12", "Bill to", "Subtotal", size=size)
    assert found.name == "invoice"


def test_an_invoice_that_names_its_delivery_note_stays_an_invoice() -> None:
    found = read_with({"invoice"}, "Rechnung", "Lieferschein Nr. 12", "Rechnungsnummer 4711", "Nettobetrag")
    assert found.name == "invoice"


def test_a_type_that_leads_by_little_is_stated_with_less_confidence() -> None:
    clear = read_with({"invoice"}, "Rechnung", "Rechnungsnummer 4711", "Rechnungsdatum 1.2.2024", "Nettobetrag")
    scarce = read_with({"invoice"}, "Notiz", "Umsatzsteuer", "was den Nettobetrag betrifft, so bleibt es dabei")
    assert scarce.name == "invoice"
    assert scarce.confidence < 0.9 <= clear.confidence
