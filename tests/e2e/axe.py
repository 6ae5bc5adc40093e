"""What somebody can't use of a page: axe's findings, light and dark, on a desk and a telephone, and what is cut off."""

from collections.abc import Iterator

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
WIDER = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


def problems(page: Page) -> list[str]:
    """Return a line for each thing that is wrong with the page as it stands, in every size and scheme."""
    found: list[str] = []
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE_SCRIPT)
    for width in _sizes(page):
        for scheme, options in SCHEMES.items():
            page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type]
            found += (f"{width} px, {scheme}: {one}" for one in page.evaluate(RUN, options))
        found += _cut_off(page, width)
    return found


def cut_off(page: Page) -> list[str]:
    """Return a line for each size in which the page is wider than the window."""
    return [line for width in _sizes(page) for line in _cut_off(page, width)]


def _sizes(page: Page) -> Iterator[int]:
    for width, height in SIZES.items():
        page.set_viewport_size({"width": width, "height": height})
        yield width


def _cut_off(page: Page, width: int) -> list[str]:
    wider = page.evaluate(WIDER)
    return [f"{width} px: the page is {wider} px wider than the window"] if wider > 0 else []
