"""In which language a page speaks, and in which form it writes dates and numbers."""

import re
from contextvars import ContextVar

from babel import Locale, UnknownLocaleError
from babel.support import NullTranslations
from flask import Flask, current_app, request
from flask_babel import get_locale

from review_ui.context import services
from review_ui.languages.catalog import Languages, phrases, translations
from review_ui.languages.phrasebook import Phrasebook, titles_of

LANGUAGES = {"en": "English", "de": "Deutsch"}
"""Codes of the languages that the interface speaks, each with its own name for itself."""
COOKIE = "language"
_BOOKS = "proofdesk.phrasebooks"
_ENGLISH = Locale("en")
_SHARE = re.compile(r"(?<=\d) %")
"""A share's sign, which no line begins with."""
_reader: ContextVar[Locale] = ContextVar("reader", default=_ENGLISH)
"""Whoever this request is answered for: asked a thousand times for a list, where Flask's own contexts would cost."""

__all__ = [
    "COOKIE",
    "LANGUAGES",
    "gettext_noop",
    "phrases",
    "reader_language",
    "reader_locale",
    "register",
    "told",
    "told_each",
]


def register(app: Flask) -> None:
    """Make `gettext` and its kin speak the reader's language in templates and Python."""
    Languages(app, locale_selector=choose)
    # Templates ask once for each text of a page: straight from the reader, not round Flask's contexts.
    app.jinja_env.install_gettext_callables(  # type: ignore[attr-defined]
        gettext=lambda text: _translations().gettext(text),
        ngettext=lambda one, many, count: _translations().ngettext(one, many, count),
        pgettext=lambda context, text: _translations().pgettext(context, text),
        npgettext=lambda context, one, many, count: _translations().npgettext(context, one, many, count),
        newstyle=True,
    )
    app.before_request(_remember_reader)
    app.teardown_request(_forget_reader)
    app.jinja_env.filters.update(told=told)
    app.jinja_env.globals.update(
        told=told,
        told_each=told_each,
        reader_language=reader_language,
        reader_locale=reader_locale,
        phrases=phrases,
        LANGUAGES=LANGUAGES,
    )


def _translations() -> NullTranslations:
    return translations(_reader.get().language)


def _remember_reader() -> None:
    _reader.set(get_locale() or _ENGLISH)


def _forget_reader(_error: BaseException | None) -> None:
    _reader.set(_ENGLISH)


def choose() -> str:
    """Return the locale of this request: the language that the person chose, else what their browser asks for first.

    The browser's region counts where the language is the same: a Swiss reader of German gets 1’234.50.
    """
    asked = [tag.replace("-", "_") for tag, _ in request.accept_languages]
    kept = request.cookies.get(COOKIE)
    spoken = [tag for tag in asked if tag.partition("_")[0].lower() in LANGUAGES]
    language = kept if kept in LANGUAGES else (spoken[0].partition("_")[0].lower() if spoken else "en")
    return next((tag for tag in spoken if tag.partition("_")[0].lower() == language and _is_known(tag)), language)


def told(sentence: str | None) -> str:
    """Return a sentence that the pipeline composed in the reader's language: a reason, a finding, an error, a note."""
    book = _book()
    said = str(sentence or "") if book is None or not sentence else book.tell(str(sentence))
    return _SHARE.sub("\N{NO-BREAK SPACE}%", said)


def told_each(listed: str | None) -> str:
    """Return what is with a document's fields, as lists show it, in the reader's language."""
    book = _book()
    return str(listed or "") if book is None or not listed else book.tell_each(str(listed))


def _book() -> Phrasebook | None:
    """Return the reader's phrasebook; None for English, in which all of it was said."""
    locale = reader_locale()
    if reader_language() == "en":
        return None
    books: dict[str, Phrasebook] = current_app.extensions.setdefault(_BOOKS, {})
    if str(locale) not in books:
        books[str(locale)] = Phrasebook(locale, titles_of(services().types.all, locale.language))
    return books[str(locale)]


def gettext_noop(text: str) -> str:
    """Return a text as it is, for the catalogues to find: it is kept in English, and shown through `told`."""
    return text


def reader_locale() -> Locale:
    """Return the reader's locale; English outside a request."""
    return _reader.get()


def reader_language() -> str:
    """Return the code of the reader's language, one of `LANGUAGES`."""
    language = reader_locale().language
    return language if language in LANGUAGES else "en"


def _is_known(tag: str) -> bool:
    try:
        return bool(Locale.parse(tag))
    except (UnknownLocaleError, ValueError):
        return False
