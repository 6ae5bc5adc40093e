"""Names of files as people are shown them: what can not be seen, or turns the text round, is spelled out."""

import unicodedata

from flask_babel import gettext as _
from markupsafe import Markup, escape

from pipeline.services.views import ERASED_NAME


def visible(text: str | None) -> str:
    """Return the text with each sign that shows nothing, or turns its neighbours round, as its number: `[U+202E]`.

    A name of right-to-left letters stays as it is; it is the overriding signs that make `fdp.exe` of `exe.pdf`.
    """
    return "".join(one if _is_seen(one) else f"[U+{ord(one):04X}]" for one in text or "")


def file_name(name: str | None) -> Markup:
    """Return the name for a page: held apart from the text around it, hidden signs marked, long ones cut by style."""
    if name == ERASED_NAME:
        return Markup("<em>{}</em>").format(_("erased"))
    pieces = (
        escape(one)
        if _is_seen(one)
        else Markup('<span class="sign" title="{}">U+{:04X}</span>').format(
            unicodedata.name(one, _("a control character")).lower(), ord(one)
        )
        for one in name or ""
    )
    return Markup('<bdi class="file-name" title="{}">{}</bdi>').format(visible(name), Markup("").join(pieces))


def _is_seen(character: str) -> bool:
    return character.isprintable()
