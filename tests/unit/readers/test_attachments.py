"""Electronic invoices inside PDFs: found by what they are, read as data, and unable to do harm."""

from pathlib import Path

import pikepdf
import pytest

from fixtures.make import make_invoice, tiny_pdf
from fixtures.make.einvoice import NAMES, Syntax, attach, hostile, make_e_invoice
from fixtures.make.invoice import Quirk
from pipeline.domain.pages import AttachedData
from pipeline.ports import ReadLimits
from pipeline.readers.attachments import Embedded, chosen, find_attached
from pipeline.readers.attachments_values import type_of
from pipeline.readers.sandbox import SandboxReader

PAGE = tiny_pdf("Invoice HX-2041")
CII = 'xmlns="urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100"'
SUM = "SpecifiedTradeSettlementHeaderMonetarySummation"


def cii(number: str = "HX-1", *, lines: str = "", settlement: str = "", guideline: str = "") -> bytes:
    context = f"<ExchangedDocumentContext><P><ID>{guideline}</ID></P></ExchangedDocumentContext>"
    return (
        f"<CrossIndustryInvoice {CII}>{context}<ExchangedDocument><ID>{number}</ID><TypeCode>380</TypeCode>"
        f"</ExchangedDocument><SupplyChainTradeTransaction>{lines}<ApplicableHeaderTradeSettlement>{settlement}"
        "</ApplicableHeaderTradeSettlement></SupplyChainTradeTransaction></CrossIndustryInvoice>"
    ).encode()


def found(path: Path, content: bytes) -> AttachedData | None:
    path.write_bytes(content)
    told = find_attached(path)
    return AttachedData.model_validate(told) if told is not None else None


@pytest.fixture
def pdf(tmp_path: Path) -> Path:
    return tmp_path / "invoice.pdf"


@pytest.mark.parametrize("syntax", ["CII", "UBL", "ZUGFeRD 1"])
@pytest.mark.parametrize("kind", ["invoice", "credit_note"])
def test_every_value_of_the_data_is_read(pdf: Path, syntax: Syntax, kind: str) -> None:
    made = make_invoice(7, language="de", kind=kind, quirks=(Quirk.DEPOSIT,))
    data = found(pdf, make_e_invoice(made, syntax=syntax).bytes)

    assert data is not None
    assert data.problem is None
    assert data.document_type == kind
    assert data.fields == {name: value for name, value in made.fields.items() if value is not None}
    assert [dict(row) for row in data.rows] == made.line_items


def test_page_without_attachments_has_no_data(pdf: Path) -> None:
    assert found(pdf, PAGE) is None


def test_data_is_found_by_what_it_is_whatever_its_name(pdf: Path) -> None:
    data = found(pdf, attach(PAGE, {"7f3a.bin": cii("HX-5")}, relation="/Unspecified"))
    assert data is not None
    assert (data.fields, data.file_name) == ({"invoice_number": "HX-5"}, "7f3a.bin")


@pytest.mark.parametrize(("associated", "listed"), [(True, False), (False, True)])
def test_data_is_found_as_associated_file_alone_and_as_listed_file_alone(
    pdf: Path, associated: bool, listed: bool
) -> None:
    data = found(pdf, attach(PAGE, {"a.xml": cii()}, associated=associated, listed=listed, packed=True))
    assert data is not None
    assert data.fields == {"invoice_number": "HX-1"}


def test_other_xml_and_other_files_are_no_data(pdf: Path) -> None:
    files = {"order.xml": b"<Order><ID>7</ID></Order>", "broken.xml": b"<a", "picture.png": b"\x89PNG"}
    assert found(pdf, attach(PAGE, files)) is None


def test_invoice_in_another_namespace_is_no_data(pdf: Path) -> None:
    assert found(pdf, attach(PAGE, {"a.xml": b"<Invoice xmlns='urn:example'><ID>7</ID></Invoice>"})) is None


def test_newer_syntax_and_fuller_profile_win(pdf: Path) -> None:
    head = b"<HeaderExchangedDocument><ID>HX-1</ID></HeaderExchangedDocument>"
    old = b"<CrossIndustryDocument>" + head + b"</CrossIndustryDocument>"
    lean, full = cii(guideline="urn:factur-x.eu:1p0:minimum"), cii(guideline="urn:factur-x.eu:1p0:extended")
    data = found(pdf, attach(PAGE, {"a.xml": old, "b.xml": lean, "c.xml": full}))
    assert data is not None
    assert (data.file_name, data.problem) == ("c.xml", None)


def test_two_invoices_that_differ_are_told(pdf: Path) -> None:
    data = found(pdf, attach(PAGE, {"a.xml": cii("HX-1"), "b.xml": cii("HX-2")}))
    assert data is not None
    assert data.problem is not None
    assert "HX-1" in data.problem
    assert "HX-2" in data.problem


def test_supplement_does_not_stand_for_the_invoice() -> None:
    files = [Embedded("a.xml", "/Supplement", cii("HX-1")), Embedded("b.xml", "/Alternative", cii("HX-1"))]
    told = chosen(files)
    assert told is not None
    assert told["file_name"] == "b.xml"


@pytest.mark.parametrize("name", hostile())
@pytest.mark.parametrize("packed", [False, True])
def test_hostile_data_is_refused_in_one_sentence(pdf: Path, name: str, packed: bool) -> None:
    data = found(pdf, attach(PAGE, {NAMES["CII"]: hostile()[name]}, packed=packed))
    assert data is not None
    assert data.fields == {}
    assert data.problem is not None
    assert "was not read, because" in data.problem
    assert "root:" not in data.problem


def test_data_packed_in_an_odd_way_is_refused(pdf: Path) -> None:
    plain = attach(PAGE, {"factur-x.xml": cii()})
    data = found(pdf, plain.replace(b"/Type /EmbeddedFile", b"/Filter /RunLengthDecode /Type /EmbeddedFile"))
    assert data is not None
    assert data.problem is not None
    assert "packed" in data.problem


def test_tree_of_files_that_holds_itself_ends(pdf: Path) -> None:
    pdf.write_bytes(attach(PAGE, {"factur-x.xml": cii()}, associated=False))
    with pikepdf.open(pdf, allow_overwriting_input=True) as document:
        tree = document.make_indirect(pikepdf.Dictionary())
        tree.Kids = pikepdf.Array([tree])
        document.Root.Names.EmbeddedFiles = tree
        document.save(pdf)
    assert find_attached(pdf) is None


def test_broken_and_empty_files_have_no_data(pdf: Path) -> None:
    assert found(pdf, b"") is None
    assert found(pdf, b"%PDF-1.7\n") is None


def test_text_lines_and_groups_are_no_rows(pdf: Path) -> None:
    def line(amount: str, status: str = "") -> str:
        return (
            "<IncludedSupplyChainTradeLineItem><AssociatedDocumentLineDocument>"
            f"<LineStatusReasonCode>{status}</LineStatusReasonCode></AssociatedDocumentLineDocument>"
            "<SpecifiedTradeProduct><Name>Oak board</Name></SpecifiedTradeProduct><SpecifiedLineTradeSettlement>"
            f"<SpecifiedTradeSettlementLineMonetarySummation>{amount}</SpecifiedTradeSettlementLineMonetarySummation>"
            "</SpecifiedLineTradeSettlement></IncludedSupplyChainTradeLineItem>"
        )

    total = "<LineTotalAmount>12.5</LineTotalAmount>"
    data = found(pdf, attach(PAGE, {"a.xml": cii(lines=line("") + line(total, "GROUP") + line(total, "DETAIL"))}))
    assert data is not None
    assert data.rows == ({"description": "Oak board", "amount": "12.50"},)


def test_tax_is_taken_in_the_currency_of_the_invoice(pdf: Path) -> None:
    sums = '<TaxTotalAmount currencyID="USD">22.00</TaxTotalAmount><TaxTotalAmount currencyID="EUR">20</TaxTotalAmount>'
    settlement = f"<InvoiceCurrencyCode>EUR</InvoiceCurrencyCode><{SUM}>{sums}</{SUM}>"
    data = found(pdf, attach(PAGE, {"a.xml": cii(settlement=settlement)}))
    assert data is not None
    assert data.fields["tax_total"] == "20.00"


def test_second_account_and_the_payers_are_kept_apart(pdf: Path) -> None:
    def means(role: str, iban: str) -> str:
        name = "SpecifiedTradeSettlementPaymentMeans"
        return f"<{name}><{role}><IBANID>{iban}</IBANID></{role}></{name}>"

    settlement = (
        means("PayerPartyDebtorFinancialAccount", "DE02120300000000202051")
        + means("PayeePartyCreditorFinancialAccount", "GB29 NWBK 6016 1331 9268 19")
        + means("PayeePartyCreditorFinancialAccount", "FR1420041010050500013M02606")
    )
    data = found(pdf, attach(PAGE, {"a.xml": cii(settlement=settlement)}))
    assert data is not None
    assert data.fields["iban"] == "GB29NWBK60161331926819"
    assert data.others["iban"] == ("FR1420041010050500013M02606",)


@pytest.mark.parametrize(
    ("code", "name"),
    [("380", "invoice"), ("381", "credit_note"), ("384", "corrected_invoice"), ("326", "invoice"), ("7", None)],
)
def test_document_codes_stand_for_types(code: str, name: str | None) -> None:
    assert type_of(code) == name


def test_reader_returns_the_data_with_the_pages_unless_told_not_to(pdf: Path) -> None:
    pdf.write_bytes(attach(PAGE, {"factur-x.xml": cii()}))
    with SandboxReader() as both, SandboxReader(attachments=False) as alone:
        reading, bare = both.read(pdf, ReadLimits()), alone.read(pdf, ReadLimits())
    assert reading.attached is not None
    assert reading.attached.fields == {"invoice_number": "HX-1"}
    assert bare.attached is None
    assert [page.words for page in bare.pages] == [page.words for page in reading.pages]
    assert reading.reader != bare.reader


def test_reader_reads_the_pages_whatever_the_data_is(pdf: Path) -> None:
    with SandboxReader() as reader:
        for content in hostile().values():
            pdf.write_bytes(attach(PAGE, {"factur-x.xml": content}, packed=True))
            reading = reader.read(pdf, ReadLimits())
            assert [word.text for word in reading.pages[0].words] == ["Invoice", "HX-2041"]
            assert reading.attached is not None
            assert reading.attached.problem is not None
