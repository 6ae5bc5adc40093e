"""What clearing exceptions costs a person: `python -m bench.reviewing --documents 20`.

An installation is started, a batch of made documents is dropped, and a scripted reviewer who knows the right values
clears it in a real browser, by the keys that the page offers and the pointer where a word has to be shown. Counted are
the keys pressed and the words pointed at; timed, in the browser itself, is from the key that settles something to the
next exception having the focus, and from the key that hands a document on to the next document's first exception having
it. The peer of the latter is the same page loaded anew in the same run. Where the batch needs no correction of a kind,
another value than the true one is taken for right, so that each way of correcting is measured in every document.
"""

import argparse
import os
import statistics
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

from fixtures.make.invoices import make_batch
from pipeline.domain.fields import FieldKind
from pipeline.domain.geometry import BoundingBox
from pipeline.domain.pages import Word
from pipeline.services.views import DocumentView, FieldView
from tests.browsers import QUIET, find_program
from tests.e2e.installation import READER, Installation, installed
from tests.e2e.workbench import SUMMARY, Person

SETTINGS = {"PROOFDESK_WORKER_PROCESSES": "1", "PROOFDESK_READ_IMAGES": "false"}
ASKED = ("invoice_number", "issue_date", "gross_total", "net_total", "seller_name", "purchase_order")
"""Fields that are shown whatever the machine thinks of them: a hard batch."""
POINTED = "seller_name"
"""The field that is filled by a word of the page: any word is a name."""
LIMIT_MS = 100.0
READING_MS = 400
"""How long the script looks at a document before its first key: nobody is faster, and images come meanwhile."""
WATCH = """
(() => {
  const seen = (window.benchSeen = { pressed: 0, settled: [], opened: [], loaded: 0 });
  let last = null;
  const pressed = (event) => event.repeat || (seen.pressed = performance.now());
  addEventListener("keydown", pressed, true);
  addEventListener("pointerdown", pressed, true);
  addEventListener("focusin", (event) => {
    if (!event.target.matches?.("[data-card]")) return;
    const desk = event.target.closest("review-desk");
    const now = performance.now();
    if (!last) seen.loaded = now;
    else (last === desk.dataset.document ? seen.settled : seen.opened).push(now - seen.pressed);
    last = desk.dataset.document;
  }, true);
})();
"""
"""Notes when keys are pressed and when a card has the focus; `opened` is that of another document's."""


@dataclass
class Tally:
    """What a batch cost."""

    documents: int = 0
    actions: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list[int]))
    """Keys and words pointed at for each field, by how it was settled."""
    others: int = 0
    """Keys that settle nothing: handing documents on."""
    settled_ms: list[float] = field(default_factory=list[float])
    opened_ms: list[float] = field(default_factory=list[float])
    loaded_ms: list[float] = field(default_factory=list[float])
    bytes: int = 0

    @property
    def fields(self) -> int:
        return sum(map(len, self.actions.values()))


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--documents", type=int, default=20)
    asked = parser.parse_args(arguments)
    sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
    with installed(SETTINGS) as installation, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_program(), args=[*QUIET, *sandbox])
        for line in report(measure(installation, browser, asked.documents)):
            print(line, flush=True)


def measure(installation: Installation, browser: Browser, count: int) -> Tally:
    """Return what clearing `count` documents cost a reviewer."""
    installation.hire("mara")
    installation.ask_for(*(f"invoice.{name}" for name in ASKED))
    batch = [made for made in make_batch(2 * count) if made.document_type == "invoice"][:count]
    for made in batch:
        installation.drop(made.name, made.bytes)
    installation.wait_until_settled(len(batch), seconds=600)
    answers = {made.name: {name: None if v is None else str(v) for name, v in made.fields.items()} for made in batch}
    tally = Tally()
    with Person(installation, browser, "mara") as person:
        page = person.page
        page.add_init_script(WATCH)
        person.log_in()
        _count_bytes(page, tally)
        person.open("/queue")
        page.locator("form[action$='/queue/next'] button").first.click()
        page.wait_for_url("**/documents/*")
        seen: list[str] = []
        while "/documents/" in page.url:
            seen.append(_clear(installation, person, answers, tally))
        tally.documents = len(seen)
        for address in seen[:5]:
            person.open(address)
            tally.loaded_ms.append(float(page.evaluate("benchSeen.loaded")))
    return tally


def _clear(installation: Installation, person: Person, answers: dict[str, dict[str, str | None]], tally: Tally) -> str:
    """Settle every exception of the document that is open and hand it on; return its address."""
    page = person.page
    address = page.url.split("?")[0]
    number = person.desk.get_attribute("data-document")
    page.wait_for_timeout(READING_MS)
    done: Counter[str] = Counter()
    while person.field != SUMMARY:
        view = installation.document(int(number or 0))
        shown = next(one for one in view.fields if one.spec.name == person.field)
        before = person.revision
        how, actions = _settle(installation, person, view, shown, answers.get(view.file_name, {}), done)
        page.locator(f"review-desk:not([data-revision='{before}']):not([aria-busy])").wait_for()
        done[how] += 1
        tally.actions[how].append(actions)
    tally.settled_ms += page.evaluate("benchSeen.settled.splice(0)")
    person.press("Enter")
    tally.others += 1
    page.locator(f"review-desk:not([data-document='{number}']), body:not(:has(review-desk))").first.wait_for()
    if "/documents/" in page.url:
        tally.opened_ms += page.evaluate("benchSeen.opened.splice(0)")
        page.evaluate("benchSeen.settled.splice(0)")
    return address


def _settle(
    installation: Installation,
    person: Person,
    view: DocumentView,
    shown: FieldView,
    answers: dict[str, str | None],
    done: Counter[str],
) -> tuple[str, int]:
    """Settle one field as a person would who knows its value; return how, and how many actions it took."""
    name, machine = shown.spec.name, shown.record.machine_value
    rivals = person.rivals
    if shown.spec.kind is FieldKind.TABLE or name not in answers:
        wanted: Any = machine
    else:
        wanted = answers[name]
    is_choosing = shown.extraction is not None and len(shown.extraction.readings) > 1
    if wanted == machine and name == POINTED and not done["one word"]:
        word = _free_word(installation, view)
        if word is not None:
            _point_at(person, word)
            person.press("Enter")
            return "one word", 2
    if wanted == machine and rivals and name != POINTED and not done["runner-up"]:
        person.press(next(iter(rivals.values())))
        return "runner-up", 1
    if wanted is None and machine is not None:
        person.press("0")
        return "not on the page", 1
    if wanted == machine and not is_choosing:
        person.press("Enter")
        return "confirmed", 1
    if is_choosing and rivals:
        person.press(next(iter(rivals.values())))
        return "chosen reading", 1
    person.press("e")
    person.type(str(wanted))
    person.press("Enter")
    return "typed", 2 + len(str(wanted))


def _free_word(installation: Installation, view: DocumentView) -> Word | None:
    """Return a word of the first page on which no value stands."""
    taken = [
        box
        for one in view.fields
        for place in (one.record.provenance, one.extraction.provenance if one.extraction else None)
        if place is not None and place.page == 1
        for box in place.boxes
    ]
    words = installation.services.pages.words(view.id, 1, by=READER).page.words
    return next((one for one in words if len(one.text) > 4 and one.text.isalpha() and _is_free(one.box, taken)), None)


def _is_free(box: BoundingBox, taken: Sequence[BoundingBox]) -> bool:
    x, y = (box.x0 + box.x1) / 2, (box.top + box.bottom) / 2
    return not any(one.x0 - 3 <= x <= one.x1 + 3 and one.top - 3 <= y <= one.bottom + 3 for one in taken)


def _point_at(person: Person, word: Word) -> None:
    """Click the middle of a word on the page, once its editor has it."""
    sheet = person.page.locator(".sheet[data-page='1']")
    paper = sheet.locator(".paper").bounding_box()
    assert paper is not None
    scale = paper["width"] / float(sheet.get_attribute("data-width") or 1)
    box = word.box
    person.page.mouse.click(paper["x"] + scale * (box.x0 + box.x1) / 2, paper["y"] + scale * (box.top + box.bottom) / 2)
    person.card.locator("details.editor[open] .pair-input").wait_for()


def _count_bytes(page: Page, tally: Tally) -> None:
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")

    def finished(event: dict[str, Any]) -> None:
        tally.bytes += int(event["encodedDataLength"])

    session.on("Network.loadingFinished", finished)


def report(tally: Tally) -> Iterator[str]:
    """Yield the lines of the table."""
    keys = sum(map(sum, tally.actions.values())) + tally.others
    yield f"{tally.documents} documents, {tally.fields} exceptions"
    yield f"{'keys and clicks a document':<44}{keys / max(1, tally.documents):>8.1f}"
    for how, counts in sorted(tally.actions.items()):
        yield f"{f'  a field, {how} ({len(counts)})':<44}{statistics.mean(counts):>8.1f}"
    yield f"{'milliseconds':<44}{'median':>8}{'95 %':>8}{'of limit':>10}"
    rows = {
        "key to next exception focused": tally.settled_ms,
        "key to next document's exception focused": tally.opened_ms,
        "the same page loaded anew": tally.loaded_ms,
    }
    for title, found in rows.items():
        if found:
            middle, high = statistics.median(found), sorted(found)[int(0.95 * (len(found) - 1) + 0.5)]
            yield f"{title:<44}{middle:>8.0f}{high:>8.0f}{middle / LIMIT_MS:>10.2f}"
    yield f"{'bytes a document':<44}{tally.bytes / max(1, tally.documents):>8.0f}"


if __name__ == "__main__":
    main()
