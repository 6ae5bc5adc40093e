"""Numbers by place, so that finding the ones beside a row costs the same on a page and in a long document."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable

from pipeline.extraction.table_rows import Number


class Nearby:
    """The numbers of some pages, each page's from top to bottom."""

    def __init__(self, numbers: Iterable[Number]) -> None:
        pages: dict[int, list[tuple[float, int, Number]]] = {}
        for position, number in enumerate(numbers):
            pages.setdefault(number.line.page, []).append((number.centre, position, number))
        self._pages = {
            page: ([c for c, _, _ in found], found) for page, found in ((p, sorted(f)) for p, f in pages.items())
        }

    def nearest(self, number: Number) -> tuple[float, int] | None:
        """Return distance and position, as given, of the nearest one on the same page; the earlier of two."""
        centres, found = self._pages.get(number.line.page, ([], []))
        if not found:
            return None
        at = bisect_left(centres, number.centre)
        low, high = max(0, at - 1), min(len(found), at + 1)
        first = bisect_left(centres, centres[low])
        last = bisect_right(centres, centres[high - 1])
        return min((abs(centre - number.centre), position) for centre, position, _ in found[first:last])

    def within(self, number: Number, reach: float) -> list[Number]:
        """Return the numbers of the same page whose middle is at most `reach` points above or below, as given."""
        centres, found = self._pages.get(number.line.page, ([], []))
        start, end = bisect_left(centres, number.centre - reach), bisect_right(centres, number.centre + reach)
        return [each for _, _, each in sorted(found[start:end], key=lambda f: f[1])]
