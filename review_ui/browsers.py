"""What a browser says it is, in a few words that its owner recognises."""

from flask_babel import gettext as _

PROGRAMS = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
    ("curl/", "curl"),
)
"""Marks and names: most browsers also claim to be those further down."""
SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("CrOS", "ChromeOS"),
    ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
)


def browser_in_words(agent: str) -> str:
    """Return program and system, as in "Firefox on Windows"; what nobody recognises is a browser of another kind."""
    program = next((name for mark, name in PROGRAMS if mark in agent), None)
    system = next((name for mark, name in SYSTEMS if mark in agent), None)
    if program is None:
        return _("Another program")
    return _("%(program)s on %(system)s", program=program, system=system) if system else program
