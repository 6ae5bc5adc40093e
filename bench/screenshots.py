"""The pictures of the README: `python -m bench.screenshots` starts a demo installation and takes them anew."""

import io
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, sync_playwright

from pipeline.domain.review import Decision, Settlement
from tests.browsers import QUIET, find_program
from tests.e2e.installation import Installation, installed
from tests.e2e.workbench import Person

FOLDER = Path(__file__).parent.parent / "docs" / "images"
SIZE = {"width": 1440, "height": 900}
SAMPLES = 30
PAPER, FIELD = "event-hire.pdf", "issue_date"
"""A date that can be read in two ways, with its runners-up marked on the page."""


def main() -> None:
    with installed(demo=True) as installation, sync_playwright() as playwright:
        installation.wait_until_settled(SAMPLES, seconds=300)
        browser = playwright.chromium.launch(executable_path=find_program(), args=[*QUIET, "--no-sandbox"])
        installation.hire("mara vogt")
        with Person(installation, browser, "mara vogt", **SIZE) as mara:
            mara.log_in()
            _take(mara.open("/queue"), "queue")
            _take(_review(mara, installation), "review")
            _take(_approval(mara, installation), "approval")
        browser.close()


def _review(mara: Person, installation: Installation) -> Page:
    """Return the review page with an exception that needs a person."""
    mara.take(installation.documents()[PAPER].id)
    mara.turn_to(FIELD)
    mara.page.wait_for_load_state("networkidle")
    return mara.page


def _approval(mara: Person, installation: Installation) -> Page:
    """Return the page on which the same document is signed, one value corrected."""
    by = installation.person(mara.name)
    document = installation.documents()[PAPER]
    view = installation.services.reviewing.get_document(document.id, by=by)
    due = next(one for one in view.fields if one.spec.name == "due_date")
    later = max(due.extraction.readings, key=str) if due.extraction else None
    chosen = Settlement(field="due_date", decision=Decision.CORRECT, value=later, comment="six months were agreed")
    installation.services.reviewing.settle(document.id, chosen, by=by, revision=view.revision)
    installation.settle(document.id, by=by)
    mara.open(f"/documents/{document.id}/approval")
    return mara.page


def _take(page: Page, name: str) -> None:
    page.wait_for_load_state("networkidle")
    picture = Image.open(io.BytesIO(page.screenshot()))
    FOLDER.mkdir(exist_ok=True)
    target = FOLDER / f"{name}.png"
    # a palette of 256 colours: nobody sees the difference, and the file is a third of the size
    picture.convert("RGB").quantize(256, dither=Image.Dither.NONE).save(target, optimize=True)
    print(f"{target.name}: {picture.width} x {picture.height}, {target.stat().st_size // 1024} kB")


if __name__ == "__main__":
    main()
