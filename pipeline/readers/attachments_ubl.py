"""OASIS UBL 2: Invoice and CreditNote, as XRechnung and Peppol write them."""

from decimal import Decimal
from typing import Any

from pipeline.normalise.numbers import plain
from pipeline.readers.attachments_values import compact_of, date_of, decimal_of, iban_of, number_of, type_of
from pipeline.readers.attachments_xml import every, first, local, text_at
from pipeline.readers.told import Told

SYNTAX = "UBL"
ROOTS = ("Invoice", "CreditNote")
NAMESPACE = "urn:oasis:names:specification:ubl:schema:xsd:"
ROWS_MAX = 5000


def read(root: Any) -> Told:
    """Return what the invoice or credit note says about the fields of invoices."""
    told = Told()
    is_credit = local(root) == "CreditNote"
    told.document_type = type_of(text_at(root, "InvoiceTypeCode|CreditNoteTypeCode"))
    if is_credit and told.document_type in {None, "invoice"}:
        told.document_type = "credit_note"
    told.add("invoice_number", text_at(root, "ID"))
    told.add("issue_date", date_of(first(root, "IssueDate")))
    told.add("due_date", date_of(first(root, "DueDate")))
    for day in every(root, "PaymentMeans/PaymentDueDate"):
        told.add("due_date", date_of(day))
    told.add("purchase_order", text_at(root, "OrderReference/ID"))
    currency = compact_of(first(root, "DocumentCurrencyCode"))
    told.add("currency", currency)
    _parties(told, root)
    for account in every(root, "PaymentMeans/PayeeFinancialAccount/ID"):
        told.add("iban", iban_of(account))
    _sums(told, root, currency)
    for line in every(root, "InvoiceLine|CreditNoteLine"):
        _line(told, line)
        if len(told.rows) == ROWS_MAX:
            break
    return told


def _parties(told: Told, root: Any) -> None:
    for name, role in (("seller_name", "AccountingSupplierParty"), ("buyer_name", "AccountingCustomerParty")):
        # The registered name is the party's name, the other one what it trades under.
        told.add(name, text_at(root, f"{role}/Party/PartyLegalEntity/RegistrationName"))
        told.add(name, text_at(root, f"{role}/Party/PartyName/Name"))
    for scheme in every(root, "AccountingSupplierParty/Party/PartyTaxScheme"):
        if (text_at(scheme, "TaxScheme/ID") or "").upper() == "VAT":
            told.add("seller_vat_id", compact_of(first(scheme, "CompanyID")))


def _sums(told: Told, root: Any, currency: str | None) -> None:
    taxes = list(every(root, "TaxTotal/TaxAmount"))
    # The tax is also given in the seller's own currency where that is another one.
    taxes.sort(key=lambda amount: (amount.get("currencyID") or currency) != currency)
    if taxes:
        told.add("tax_total", number_of(taxes[0], 2))
    sums = first(root, "LegalMonetaryTotal")
    told.add("net_total", number_of(first(sums, "TaxExclusiveAmount"), 2))
    told.add("gross_total", number_of(first(sums, "TaxInclusiveAmount"), 2))
    told.add("amount_due", number_of(first(sums, "PayableAmount"), 2))


def _line(told: Told, line: Any) -> None:
    amount = number_of(first(line, "LineExtensionAmount"), 2)
    if amount is None:
        return
    name, details = text_at(line, "Item/Name"), text_at(line, "Item/Description")
    price = first(line, "Price")
    each, base = decimal_of(first(price, "PriceAmount")), decimal_of(first(price, "BaseQuantity"))
    prices: list[str | None] = [] if each is None else [plain(each, 2)]
    if each is not None and base and base not in (Decimal(0), Decimal(1)):
        single = plain(each / base, 2)
        prices += [single] if len(single) <= 18 else []
    prices += [number_of(first(price, "AllowanceCharge/BaseAmount"), 2)]
    told.add_row(
        description=[name, f"{name} {details}" if name and details else None, details],
        quantity=[number_of(first(line, "InvoicedQuantity|CreditedQuantity"), 0)],
        unit_price=prices,
        amount=[amount],
    )
