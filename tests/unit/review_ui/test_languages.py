"""The interface in the reader's language: every sentence of it, and what the pipeline composes."""

import re
from collections.abc import Iterator

import pytest
from babel import Locale
from babel.messages.catalog import Message
from babel.messages.extract import extract_from_dir
from flask.testing import FlaskClient

from pipeline.doctypes.loader import shipped_types
from pipeline.domain.routing import Finding
from review_ui.languages import LANGUAGES
from review_ui.languages.catalog import HERE, catalog
from review_ui.languages.phrasebook import Phrasebook, titles_of
from tests.unit.review_ui.doubles import INVOICE, FakeServices, field_view

PLACE = re.compile(r"%\((\w+)\)[sd]")
KEYWORDS = {
    "_": None,
    "_l": None,
    "t": None,
    "gettext": None,
    "lazy_gettext": None,
    "gettext_noop": None,
    "ngettext": (1, 2),
    "counted": (2, 3),
    "pgettext": ((1, "c"), 2),
    "lazy_pgettext": ((1, "c"), 2),
}
OTHERS = sorted(set(LANGUAGES) - {"en"})


def said_by_the_interface() -> Iterator[tuple[str | None, str | tuple[str, ...]]]:
    """Yield context and text of what templates, scripts and the desk's own Python say."""
    found = extract_from_dir(
        str(HERE.parent),
        method_map=[("templates/**.html", "jinja2"), ("static/js/**.js", "javascript"), ("**.py", "python")],
        options_map={"templates/**.html": {"trimmed": "true", "silent": "false"}},
        keywords=KEYWORDS,
    )
    for _, _, message, _, context in found:
        if message:
            yield context, message


def forms(message: Message) -> list[tuple[str, str]]:
    if isinstance(message.id, str):
        return [(message.id, str(message.string))]
    return list(zip(message.id, message.string, strict=True))


@pytest.mark.parametrize("language", OTHERS)
def test_everything_that_the_interface_says_is_translated(language: str) -> None:
    known = catalog(language)
    said = list(said_by_the_interface())
    assert len(said) > 500, "the sources were read"
    missing = []
    for context, message in said:
        entry = known.get(message if isinstance(message, str) else message[0], context=context)
        if entry is None or not all(text for _, text in forms(entry)):
            missing.append(message)
    assert not missing, "run `make languages` and translate these"


@pytest.mark.parametrize("language", OTHERS)
def test_translations_put_the_same_values_in(language: str) -> None:
    for message in catalog(language):
        for english, said in forms(message) if message.id else ():
            if said:
                # a translation may leave a part out, such as an English plural's s; it can't ask for more than is given
                assert set(PLACE.findall(said)) <= set(PLACE.findall(english)), english
                assert said.count("<") == english.count("<"), english


@pytest.mark.parametrize(
    ("asked", "kept", "lang", "word"),
    [
        ("de-CH,de;q=0.9,en;q=0.5", None, "de-CH", "Warteschlange"),
        ("fr,de;q=0.5", None, "de", "Warteschlange"),
        ("fr", None, "en", "Queue"),
        ("en-GB", None, "en-GB", "Queue"),
        ("en-GB,de-AT;q=0.4", "de", "de-AT", "Warteschlange"),
        ("de", "en", "en", "Queue"),
        ("de-XYZZY", None, "de", "Warteschlange"),
        ("de", "../../etc", "de", "Warteschlange"),
    ],
)
def test_page_speaks_what_the_person_chose_else_what_the_browser_asks_for(
    reviewer: FlaskClient, asked: str, kept: str | None, lang: str, word: str
) -> None:
    if kept is not None:
        reviewer.set_cookie("language", kept)
    page = reviewer.get("/queue", headers={"Accept-Language": asked}).text
    assert f'<html lang="{lang}"' in page
    assert f"<h1>{word}</h1>" in page


def test_language_is_chosen_in_the_menu_and_kept(reviewer: FlaskClient) -> None:
    answer = reviewer.post("/appearance", data={"language": "de", "back": "/queue"})
    assert answer.location == "/queue"
    assert "<h1>Warteschlange</h1>" in reviewer.get("/queue").text
    reviewer.post("/appearance", data={"language": "tlh"})
    assert "<h1>Warteschlange</h1>" in reviewer.get("/queue").text


def test_values_and_reasons_are_in_the_readers_form(holding: FlaskClient) -> None:
    page = holding.get("/documents/7?field=gross_total", headers={"Accept-Language": "de-DE"}).text
    assert '<output class="pair-shown">1.482,00</output>' in page


@pytest.mark.parametrize(
    ("english", "german"),
    [
        (
            "Net total 1,200.00 + tax total 228.00 make 1,428.00, but the page says 1,482.00 as gross total.",
            "Nettobetrag 1.200,00 + Steuerbetrag 228,00 ergeben 1.428,00, "
            "aber die Seite nennt 1.482,00 als Bruttobetrag.",
        ),
        (
            "No value was found, and the machine is only 40 % sure of it; 90 % is asked for.",
            "Es wurde kein Wert gefunden, und die Maschine ist sich nur zu 40 % sicher; verlangt sind 90 %.",
        ),
        (
            "Due date 2024-03-01 is before issue date 2024-03-12.",
            "Fällig am 01.03.2024 liegt vor Rechnungsdatum 12.03.2024.",
        ),
        (
            "Pages 1, 2 and 3 more hold text that nobody can see; it was not read. Go by what the page shows.",
            "Die Seiten 1, 2 und 3 weitere enthalten Text, den niemand sehen kann; er wurde nicht gelesen. "
            "Halten Sie sich an das, was die Seite zeigt.",
        ),
        (
            "You need the role administrator or auditor to see and export the record. Ask an administrator for it.",
            "Um dies zu tun (die Aufzeichnung sehen und exportieren), brauchen Sie die Rolle Verwaltung oder Revision. "
            "Fragen Sie die Verwaltung danach.",
        ),
        (
            "There is no document 999999. It may have been mistyped: look in the queue.",
            "Es gibt kein Dokument 999999. Vielleicht ist die Nummer vertippt: Sehen Sie in der Warteschlange nach.",
        ),
        (
            # whoever is called like a field is still called so
            "Net Total Ltd has sent number 12 before, in document 3. Reject this one if it is the same.",
            "Net Total Ltd hat die Nummer 12 schon gesandt, in Dokument 3. Lehnen Sie dieses ab, wenn es dasselbe ist.",
        ),
        (
            "Net total 1,200.00 and tax total 228.00 make 1,428.00, but the page says 1,482.00 as gross total.",
            "Nettobetrag 1.200,00 und Steuerbetrag 228,00 ergeben 1.428,00, "
            "aber die Seite nennt 1.482,00 als Bruttobetrag.",
        ),
        (
            "I approve this record. 8 values were checked by Mara and Tilo; 2 values were accepted under policy 3. "
            "Dr. Anna Berg signed first.",
            "Ich gebe diesen Stand frei. 8 Werte wurden geprüft von Mara und Tilo; 2 Werte wurden angenommen nach "
            "Regelwerk 3. Dr. Anna Berg unterschrieb als Erstes.",
        ),
        (
            "I approve this record. 1 value was checked by Mara; 2 values were accepted under policy 3. "
            "Somebody else signs after me.",
            "Ich gebe diesen Stand frei. 1 Wert wurde geprüft von Mara; 2 Werte wurden angenommen nach Regelwerk 3. "
            "Jemand anderes unterschreibt nach mir.",
        ),
        (
            "“perhaps” can't be read as a date (2024-03-12) for Issue date. Type it again.",
            "„perhaps“ ist nicht als ein Datum (12.03.2024) für Rechnungsdatum lesbar. Geben Sie es noch einmal ein.",
        ),
        ("Nobody has translated this.", "Nobody has translated this."),
    ],
)
def test_what_the_pipeline_says_is_said_again_in_the_readers_language(english: str, german: str) -> None:
    book = Phrasebook(Locale("de"), titles_of(shipped_types(), "de"))
    assert book.tell(english) == german


def test_a_sum_s_figures_are_named_in_the_readers_language_with_how_many_they_are(
    holding: FlaskClient, services: FakeServices
) -> None:
    figures = (("Document type (4)", "1436.55"), ("makes", "1436.55"), ("page says", "495.60"))
    finding = Finding(code="table_sum", message="They differ.", fields=("gross_total",), figures=figures)
    services.documents[7].fields = (field_view(INVOICE.field("gross_total"), "495.60", findings=(finding,)),)
    page = holding.get("/documents/7?field=gross_total", headers={"Accept-Language": "de"}).text
    assert '<th scope="row">Dokumenttyp (4)</th><td>1.436,55</td>' in page
    assert '<th scope="row">Ergibt</th>' in page


def test_what_is_with_fields_is_told_field_by_field() -> None:
    book = Phrasebook(Locale("de"), titles_of(shipped_types(), "de"))
    listed = "document type doubtful; issue date unsure; IBAN always by hand; page 2 is odd"
    told = "Dokumenttyp zweifelhaft; Rechnungsdatum unsicher; IBAN immer von Hand; page 2 is odd"
    assert book.tell_each(listed) == told
