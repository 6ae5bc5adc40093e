"""UN/CEFACT Cross Industry Invoice: Factur-X, ZUGFeRD 2 and XRechnung in every profile, and ZUGFeRD 1.0's names."""

from decimal import Decimal
from typing import Any

from pipeline.normalise.numbers import plain
from pipeline.readers.attachments_values import compact_of, date_of, decimal_of, iban_of, number_of, type_of
from pipeline.readers.attachments_xml import every, first, text_at
from pipeline.readers.told import Told

SYNTAX = "CII"
ROOTS = ("CrossIndustryInvoice", "CrossIndustryDocument")
ROWS_MAX = 5000

_LINE = "IncludedSupplyChainTradeLineItem"
_AGREEMENT = "ApplicableHeaderTradeAgreement|ApplicableSupplyChainTradeAgreement"
_SETTLEMENT = "ApplicableHeaderTradeSettlement|ApplicableSupplyChainTradeSettlement"
_SUMS = "SpecifiedTradeSettlementHeaderMonetarySummation|SpecifiedTradeSettlementMonetarySummation"
_ID = "IssuerAssignedID|ID"
_PRICE = "NetPriceProductTradePrice"
_GROSS_PRICE = "GrossPriceProductTradePrice"


def read(root: Any) -> Told:
    """Return what the invoice says about the fields of invoices."""
    told = Told()
    head = first(root, "ExchangedDocument|HeaderExchangedDocument")
    trade = first(root, "SupplyChainTradeTransaction|SpecifiedSupplyChainTradeTransaction")
    agreement, settlement = first(trade, _AGREEMENT), first(trade, _SETTLEMENT)
    told.document_type = type_of(text_at(head, "TypeCode"))
    told.add("invoice_number", text_at(head, "ID"))
    told.add("issue_date", date_of(first(head, "IssueDateTime/DateTimeString|DateTime|Date")))
    _parties(told, agreement, settlement)
    told.add("purchase_order", text_at(agreement, f"BuyerOrderReferencedDocument/{_ID}"))
    _settlement(told, settlement)
    for line in every(trade, _LINE) if trade is not None else ():
        _line(told, line)
        if len(told.rows) == ROWS_MAX:
            break
    return told


def _parties(told: Told, agreement: Any, settlement: Any) -> None:
    for name, party in (("seller_name", "SellerTradeParty"), ("buyer_name", "BuyerTradeParty")):
        told.add(name, text_at(agreement, f"{party}/Name"))
        told.add(name, text_at(agreement, f"{party}/SpecifiedLegalOrganization/TradingBusinessName"))
    # Who is invoiced in the buyer's stead, who gets the money in the seller's.
    told.add("buyer_name", text_at(settlement, "InvoiceeTradeParty/Name"))
    told.add("seller_name", text_at(settlement, "InvoicerTradeParty/Name"))
    for number in every(agreement, "SellerTradeParty/SpecifiedTaxRegistration/ID") if agreement is not None else ():
        if number.get("schemeID") == "VA":
            told.add("seller_vat_id", compact_of(number))


def _settlement(told: Told, settlement: Any) -> None:
    if settlement is None:
        return
    currency = compact_of(first(settlement, "InvoiceCurrencyCode"))
    told.add("currency", currency)
    for account in every(
        settlement,
        "SpecifiedTradeSettlementPaymentMeans/PayeePartyCreditorFinancialAccount/IBANID|ProprietaryID",
    ):
        told.add("iban", iban_of(account))
    for day in every(settlement, "SpecifiedTradePaymentTerms/DueDateDateTime/DateTimeString|DateTime|Date"):
        told.add("due_date", date_of(day))
    sums = first(settlement, _SUMS)
    if sums is None:
        return
    told.add("net_total", number_of(first(sums, "TaxBasisTotalAmount"), 2))
    taxes = list(every(sums, "TaxTotalAmount"))
    # The tax is also given in the seller's own currency where that is another one.
    taxes.sort(key=lambda amount: (amount.get("currencyID") or currency) != currency)
    if taxes:
        told.add("tax_total", number_of(taxes[0], 2))
    told.add("gross_total", number_of(first(sums, "GrandTotalAmount"), 2))
    told.add("amount_due", number_of(first(sums, "DuePayableAmount"), 2))


def _line(told: Told, line: Any) -> None:
    status = text_at(line, "AssociatedDocumentLineDocument/LineStatusReasonCode")
    agreement = first(line, "SpecifiedLineTradeAgreement|SpecifiedSupplyChainTradeAgreement")
    delivery = first(line, "SpecifiedLineTradeDelivery|SpecifiedSupplyChainTradeDelivery")
    amount = number_of(
        first(
            line,
            "SpecifiedLineTradeSettlement|SpecifiedSupplyChainTradeSettlement/"
            "SpecifiedTradeSettlementLineMonetarySummation|SpecifiedTradeSettlementMonetarySummation/LineTotalAmount",
        ),
        2,
    )
    if amount is None or status in {"GROUP", "INFORMATION"}:
        # A heading, a subtotal, or a note between the lines.
        return
    product = first(line, "SpecifiedTradeProduct")
    name, details = text_at(product, "Name"), text_at(product, "Description")
    quantity = first(delivery, "BilledQuantity")
    prices = [*_prices(agreement, _PRICE), *_prices(agreement, _GROSS_PRICE)]
    told.add_row(
        description=[name, f"{name} {details}" if name and details else None, details],
        quantity=[number_of(quantity, 0)],
        unit_price=prices,
        amount=[amount],
    )


def _prices(agreement: Any, which: str) -> list[str | None]:
    """Return a price as it stands and, where it is one for so many pieces, for one of them."""
    price = first(agreement, which)
    each, base = decimal_of(first(price, "ChargeAmount")), decimal_of(first(price, "BasisQuantity"))
    if each is None:
        return [None]
    single = [plain(each / base, 2)] if base and base not in (Decimal(0), Decimal(1)) else []
    return [plain(each, 2), *(price for price in single if len(price) <= 18)]
