"""What somebody can't use of a page: axe's findings, light and dark, on a desk and a telephone, and what is cut off.

And what axe lets pass, but a screen reader stumbles over: a table that says nothing of what it holds.
"""

from collections.abc import Iterable, Iterator

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page

SIZES = {1440: 900, 390: 844}
SCHEMES = {
    "light": {"resultTypes": ["violations"]},
    # nothing but colours differs from the light page
    "dark": {"resultTypes": ["violations"], "runOnly": ["color-contrast", "link-in-text-block"]},
}
RUN = """async (options) => (await axe.run(document, options)).violations.flatMap(({ id, nodes }) =>
    nodes.map(({ target, failureSummary }) => `${id} at ${target.join(" ")}: ${failureSummary}`))"""
NAMELESS = """() => [...document.querySelectorAll("table:not([aria-label], [aria-labelledby], :has(> caption))")]
    .map((table) => `a table has no name: ${table.innerText.slice(0, 60)}`)"""
WIDER = """() => {
    const room = document.documentElement.clientWidth, wider = document.documentElement.scrollWidth - room
    const out = [...document.querySelectorAll("body *")].filter((one) => one.getBoundingClientRect().right > room)
    return [wider, out.slice(-3).map((one) => `${one.localName} "${one.innerText?.slice(0, 40)}"`)]
}"""
"""By how many pixels the page is wider than its window, and the last that stand out, most likely the cause."""


def problems(page: Page, widths: Iterable[int] = SIZES) -> list[str]:
    """Return a line for each thing that is wrong with the page as it stands, in these sizes and in every scheme."""
    found: list[str] = page.evaluate(NAMELESS)
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE_SCRIPT)
    for width in _sizes(page, widths):
        for scheme, options in SCHEMES.items():
            page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type]
            found += (f"{width} px, {scheme}: {one}" for one in page.evaluate(RUN, options))
        found += _cut_off(page, width)
    return found


def _sizes(page: Page, widths: Iterable[int]) -> Iterator[int]:
    for width in widths:
        page.set_viewport_size({"width": width, "height": SIZES[width]})
        yield width


def _cut_off(page: Page, width: int) -> list[str]:
    wider, out = page.evaluate(WIDER)
    return [f"{width} px: the page is {wider} px wider than the window: {', '.join(out)}"] if wider > 0 else []
