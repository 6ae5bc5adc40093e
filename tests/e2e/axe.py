"""What somebody can't use of a page: axe's findings, light and dark, on a desk and a telephone, and what is cut off."""

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
CUT_OFF = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


def problems(page: Page) -> list[str]:
    """Return a line for each thing that is wrong with the page as it stands, in every size and scheme."""
    found: list[str] = []
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE_SCRIPT)
    for width, height in SIZES.items():
        page.set_viewport_size({"width": width, "height": height})
        for scheme, options in SCHEMES.items():
            page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type]
            found += (f"{width} px, {scheme}: {one}" for one in page.evaluate(RUN, options))
        wider = page.evaluate(CUT_OFF)
        if wider > 0:
            found.append(f"{width} px: the page is {wider} px wider than the window")
    return found
