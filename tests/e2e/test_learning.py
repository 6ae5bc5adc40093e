"""From review to a better reading, in a running installation: nonsense labels that only people can teach."""

import time
from io import BytesIO
from pathlib import Path

import yaml
from playwright.sync_api import Browser, expect
from reportlab.lib.pagesizes import A4
from reportlab.pdfgen.canvas import Canvas

from pipeline.domain.documents import DocumentState
from tests.e2e.axe import problems
from tests.e2e.installation import TEST, Installation, installed
from tests.e2e.workbench import Person
from tests.lessons import review, slip, slip_type, values


def paper(number: int) -> bytes:
    """Return a slip as a PDF."""
    target = BytesIO()
    canvas = Canvas(target, pagesize=A4, invariant=True)
    for row, line in enumerate(slip(number).content.decode().splitlines()[1:]):
        canvas.drawString(72, 770 - 24 * row, line)
    canvas.save()
    return target.getvalue()


def types_in(folder: Path) -> Path:
    folder.mkdir()
    definition = slip_type().model_dump(mode="json", include={"name", "title", "words", "fields", "summary"})
    keep = ("name", "title", "kind", "required", "threshold")
    definition["fields"] = [{name: field[name] for name in keep} for field in definition["fields"]]
    (folder / "slip.yaml").write_text(yaml.safe_dump(definition))
    return folder


def approve(installation: Installation, numbers: range) -> None:
    """Have slips received, corrected and signed by a person."""
    by = installation.person("mara")
    for number in numbers:
        installation.drop(f"slip/{number}.pdf", paper(number))
    installation.wait_for("slips", lambda: {f"slip/{number}.pdf" for number in numbers} <= reviewable(installation))
    views = {number: installation.documents()[f"slip/{number}.pdf"] for number in numbers}
    for number in numbers:
        # what nobody holds is read again as soon as the first one has taught something
        views[number] = installation.services.reviewing.claim(views[number].id, by=by)
    for number, view in views.items():
        view = review(installation.services, view, slip(number).values, by)
        installation.sign(view.id, by=by)


def reviewable(installation: Installation) -> set[str]:
    there = (DocumentState.REVIEW, DocumentState.READY)
    return {name for name, view in installation.documents().items() if view.state in there}


def test_waiting_document_is_read_better_soon_after_others_of_its_layout_were_signed(
    tmp_path: Path, browser: Browser
) -> None:
    settings = {"PROOFDESK_EXTRA_TYPES": str(types_in(tmp_path / "types")), "PROOFDESK_ENABLED_TYPES": "slip"}
    with installed(settings) as installation:
        installation.hire("mara")
        installation.drop("slip/90.pdf", paper(90))
        installation.wait_for("the slip", lambda: "slip/90.pdf" in reviewable(installation))
        waiting = installation.documents()["slip/90.pdf"]
        assert values(waiting) != slip(90).values

        approve(installation, range(4))
        began = time.monotonic()
        installation.wait_for(
            "a better reading", lambda: values(installation.document(waiting.id)) == slip(90).values, seconds=240
        )
        print(f"better reading after {time.monotonic() - began:.1f} s")

        installation.drop("slip/91.pdf", paper(91))
        installation.wait_for("the next slip", lambda: "slip/91.pdf" in reviewable(installation))
        read = installation.documents()["slip/91.pdf"]
        assert values(read) == slip(91).values
        champion = installation.services.championing.champion(by=TEST)
        assert champion.version is not None
        assert champion.version in (read.engine or "")
        assert "model" in installation.cli("doctor", "--json", expect=None).stdout
        assert champion.version in installation.cli("status").stdout
        with Person(installation, browser, "mara") as mara:
            mara.enter()
            for path in ("/learning", f"/learning/models/{champion.version}"):
                assert problems(mara.open(path)) == [], path
                expect(mara.page.get_by_text(champion.version).first).to_be_visible()
