"""The interface's sentences in other languages, read from PO files: nothing compiled can be older than they are."""

from functools import cache, cached_property
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations
from flask_babel import Babel, Domain, get_locale

HERE = Path(__file__).parent
SCRIPTS = "/js/"
"""What a message's place holds when a script says it."""


class Languages(Babel):
    """Flask-Babel with catalogues in PO form."""

    @cached_property
    def domain_instance(self) -> Domain:
        return _PoDomain()


class _PoDomain(Domain):
    def get_translations(self) -> NullTranslations:
        locale = get_locale()
        return translations(locale.language if locale is not None else "en")


@cache
def catalog(language: str) -> Catalog:
    """Return the catalogue of a language; an empty one for English, in which the sources are written."""
    path = HERE / f"{language}.po"
    if not path.exists():
        return Catalog(locale=language)
    with path.open("rb") as file:
        return read_po(file, locale=language, abort_invalid=True)


@cache
def translations(language: str) -> NullTranslations:
    compiled = BytesIO()
    write_mo(compiled, catalog(language))
    compiled.seek(0)
    return Translations(compiled)


@cache
def phrases(language: str) -> dict[str, str]:
    """Return what the scripts say, from English to the language; empty for English."""
    return {
        str(message.id): str(message.string)
        for message in catalog(language)
        if message.id and message.string and any(SCRIPTS in place for place, _ in message.locations)
    }
