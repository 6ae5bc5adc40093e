"""Checks within and across fields: findings in sentences that name the numbers; nothing is ever raised."""

import itertools
from collections.abc import Mapping
from decimal import Decimal

from pipeline.domain.fields import DocumentType, OrderCheck, RowProductCheck, SumCheck, TableSumCheck
from pipeline.domain.routing import Finding
from pipeline.domain.value import Row, Value
from pipeline.normalise.checks import failed_checks
from pipeline.normalise.kinds import find_decimal
from pipeline.normalise.numbers import plain
from pipeline.normalise.rowamounts import amounts, is_row

ROWS_NAMED_MAX = 5


def validate(values: Mapping[str, Value | None], doctype: DocumentType) -> tuple[Finding, ...]:
    """Return the checks of the type that the values fail; a check with a missing part is not made.

    Args:
        values: field name to canonical value, the machine's or a reviewer's.
        doctype: the type whose checks apply.
    """
    findings: list[Finding] = []
    for spec in doctype.fields:
        for failed in failed_checks(values.get(spec.name), spec):
            findings.append(Finding(code=failed.code, message=failed.message, fields=(spec.name,)))
    for check in doctype.checks:
        if isinstance(check, SumCheck):
            found = _sum(check, values, doctype)
        elif isinstance(check, OrderCheck):
            found = _order(check, values, doctype)
        elif isinstance(check, TableSumCheck):
            found = _table_sum(check, values, doctype)
        else:
            found = _row_product(check, values, doctype)
        if found is not None:
            findings.append(found)
    return tuple(findings)


def spell(number: Decimal) -> str:
    """Return a number as a person writes it in English: 1,428.00."""
    text = plain(number, 2)
    head, _, tail = text.partition(".")
    return f"{int(head):,}.{tail}" if head not in {"-0"} else f"-0.{tail}"


def _title(doctype: DocumentType, name: str) -> str:
    return doctype.field(name).title_in("en")


def _sum(check: SumCheck, values: Mapping[str, Value | None], doctype: DocumentType) -> Finding | None:
    parts = [find_decimal(values.get(name)) for name in check.parts]
    total = find_decimal(values.get(check.total))
    known = [part for part in parts if part is not None]
    if total is None or len(known) != len(parts):
        return None
    makes = sum(known, Decimal(0))
    if abs(makes - total) <= Decimal(check.tolerance):
        return None
    named = " and ".join(
        f"{_title(doctype, name).lower() if i else _title(doctype, name)} {spell(part)}"
        for i, (name, part) in enumerate(zip(check.parts, known, strict=True))
    )
    return Finding(
        code="sum",
        message=(
            f"{named} make {spell(makes)}, but the page says {spell(total)} as {_title(doctype, check.total).lower()}."
        ),
        fields=(*check.parts, check.total),
        figures=(
            *((_title(doctype, name), plain(part, 2)) for name, part in zip(check.parts, known, strict=True)),
            ("makes", plain(makes, 2)),
            ("page says", plain(total, 2)),
        ),
    )


def _order(check: OrderCheck, values: Mapping[str, Value | None], doctype: DocumentType) -> Finding | None:
    earlier, later = values.get(check.earlier), values.get(check.later)
    if not isinstance(earlier, str) or not isinstance(later, str) or earlier <= later:
        return None
    return Finding(
        code="order",
        message=(
            f"{_title(doctype, check.later)} {later} is before {_title(doctype, check.earlier).lower()} {earlier}."
        ),
        fields=(check.earlier, check.later),
    )


def _rows(value: Value | None) -> list[Row]:
    return [row for row in value if isinstance(row, dict)] if isinstance(value, tuple) else []


def _table_sum(check: TableSumCheck, values: Mapping[str, Value | None], doctype: DocumentType) -> Finding | None:
    rows = _rows(values.get(check.table))
    known = [amount for row in rows if (amount := find_decimal(row.get(check.column))) is not None]
    totals = [(name, total) for name in check.totals if (total := find_decimal(values.get(name))) is not None]
    if not known or not totals:
        return None
    makes = sum(known, Decimal(0))
    if any(abs(makes - total) <= Decimal(check.tolerance) for _, total in totals):
        return None
    name, total = totals[0]
    table = doctype.field(check.table).title_in("en")
    missing = len(rows) - len(known)
    without = f" ({missing} without an amount)" if missing else ""
    return Finding(
        code="table_sum",
        message=(
            f"The {len(rows)} {table.lower()}{without} add up to {spell(makes)}, "
            f"but {_title(doctype, name).lower()} is {spell(total)}."
        ),
        fields=(check.table,),
        figures=(
            (f"{table} ({len(known)})", plain(makes, 2)),
            ("makes", plain(makes, 2)),
            ("page says", plain(total, 2)),
        ),
    )


def _row_product(check: RowProductCheck, values: Mapping[str, Value | None], doctype: DocumentType) -> Finding | None:
    wrong: list[str] = []
    rows: list[int] = []
    allowed = Decimal(check.tolerance)
    taxed = _taxed(values, doctype)
    for number, row in enumerate(_rows(values.get(check.table)), start=1):
        one, other = (find_decimal(row.get(name)) for name in check.factors)
        product = find_decimal(row.get(check.product))
        discount = row.get(check.discount) if check.discount else None
        if one is None or other is None or product is None:
            continue
        if is_row(one, other, product, discount=discount, allowed=allowed):
            continue
        # Prices without tax beside amounts with it, or the other way round, are no mistake.
        if any(is_row(one, other * factor, product, discount=discount, allowed=allowed) for factor in taxed):
            continue
        rows.append(number)
        less = f" {'plus' if discount.startswith('+') else 'less'} {discount.lstrip('+')}" if discount else ""
        *_, makes = itertools.islice(amounts(one, other, discount), 2)
        wrong.append(f"row {number}: {plain(one)} × {plain(other, 2)}{less} is {spell(makes)}, not {spell(product)}")
    if not wrong:
        return None
    more = f"; and {len(wrong) - ROWS_NAMED_MAX} more" if len(wrong) > ROWS_NAMED_MAX else ""
    return Finding(
        code="row_product",
        message=f"Amounts do not fit their rows: {'; '.join(wrong[:ROWS_NAMED_MAX])}{more}.",
        fields=(check.table,),
        rows=tuple(rows),
    )


def _taxed(values: Mapping[str, Value | None], doctype: DocumentType) -> tuple[Decimal, ...]:
    """Return the factors between amounts without and with tax that the document's own totals give."""
    for check in doctype.checks:
        if isinstance(check, SumCheck):
            net, gross = find_decimal(values.get(check.parts[0])), find_decimal(values.get(check.total))
            if net and gross and net != gross and (net > 0) == (gross > 0):
                return (gross / net, net / gross)
    return ()
