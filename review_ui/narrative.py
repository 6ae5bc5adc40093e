"""Audit events as a person tells them: what happened, to what, with which icon."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from itertools import groupby
from typing import Any, NamedTuple

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import lazy_pgettext as pgettext  # under the name by which the catalogues find it

from pipeline.services.views import EventView
from review_ui.formatting import counted, format_bytes, format_day, format_moment, format_share
from review_ui.languages import told
from review_ui.naming import visible
from review_ui.words import FACT_WORDS, VALUE_WORDS

WORDS: dict[str, tuple[Any, str]] = {
    "file:claim": (_l("File taken in"), "dot"),
    "file:store": (_l("File stored"), "dot"),
    "file:duplicate": (_l("Duplicate found"), "absent"),
    "file:quarantine": (_l("File quarantined"), "wrong"),
    "document:queue": (_l("Waits to be read"), "dot"),
    "document:read": (pgettext("event", "Read"), "dot"),
    "document:fail": (_l("Could not be read"), "wrong"),
    "document:retry": (_l("To be read again"), "dot"),
    "document:retype": (_l("Type changed"), "corrected"),
    "document:split": (pgettext("event", "Split"), "corrected"),
    "document:merge": (_l("Merged"), "corrected"),
    "document:hold": (_l("Put on hold"), "absent"),
    "document:resume": (_l("Taken off hold"), "dot"),
    "document:validate": (_l("Handed on"), "settled"),
    "document:return": (_l("Returned to review"), "check"),
    "document:approve": (_l("Approved, signed"), "settled"),
    "document:supersede": (_l("Reopened as a new revision"), "check"),
    "document:reject": (_l("Rejected"), "wrong"),
    "document:prioritise": (_l("Priority changed"), "dot"),
    "signature:give": (_l("Signed first, of two"), "settled"),
    "signature:revoke": (_l("First signature taken back"), "check"),
    "field:settle": (_l("Field settled"), "settled"),
    "field:reopen": (_l("Field reopened"), "check"),
    "comment:write": (_l("Commented"), "dot"),
    "comment:withdraw": (_l("Comment withdrawn"), "absent"),
    "claim:take": (pgettext("event", "Taken"), "dot"),
    "claim:release": (pgettext("event", "Left"), "dot"),
    "claim:expire": (_l("Hold ended by itself"), "dot"),
    "claim:handover": (_l("Handed over"), "dot"),
    "delivery:send": (_l("Delivered"), "settled"),
    "delivery:fail": (_l("Delivery failed"), "wrong"),
    "policy:change": (_l("Policy changed"), "corrected"),
    "model:train": (_l("Model trained"), "dot"),
    "model:promote": (_l("Model put in force"), "corrected"),
    "model:rollback": (_l("Model taken back"), "corrected"),
    "access:login": (_l("Logged in"), "dot"),
    "access:logout": (_l("Logged out"), "dot"),
    "access:deny": (pgettext("event", "Refused"), "wrong"),
    "access:grant": (_l("Access given"), "corrected"),
    "access:revoke": (_l("Access taken"), "corrected"),
    "export:write": (_l("Record exported"), "dot"),
    "export:verify": (_l("Record verified"), "settled"),
    "checkpoint:send": (_l("Checkpoint left"), "dot"),
    "checkpoint:stamp": (_l("Checkpoint time-stamped"), "settled"),
    "key:make": (_l("Signing key made"), "corrected"),
    "sample:draw": (_l("Sample drawn"), "dot"),
    "sample:finding": (_l("Sample item examined"), "check"),
    "sample:close": (_l("Sample closed"), "settled"),
    "erasure:request": (_l("Erasure asked for"), "check"),
    "erasure:withdraw": (_l("Erasure withdrawn"), "dot"),
    "erasure:execute": (_l("Values erased"), "absent"),
    "erasure:finish": (_l("Files cleared"), "absent"),
    "legal_hold:place": (_l("Put under legal hold"), "check"),
    "legal_hold:release": (_l("Legal hold released"), "dot"),
}
KEPT_BACK = frozenset(
    {
        "state",
        "policy",
        "account",
        "holder",
        "record_sha256",
        "hash",
        "merkle_root",
        "signed_with",
        "previous",
        "handling_ms",
        "sha256",
        "stamp_sha256",
        "comment",
        "answers",
        "concerns",
        "erasure",
        "salt",
        "statement_sha256",
        "population_sha256",
    }
)
"""Facts that say nothing to people, or what the event's own title says."""
_OF_FIELDS = frozenset({"fields", "opened", "closed"})
"""Facts that name fields."""
TEXT_MAX = 160


class Told(NamedTuple):
    event: EventView
    title: str
    icon: str
    what: str

    @property
    def seal(self) -> str:
        """The first digits of the event's hash, for comparing by eye."""
        return self.event.hash[:4]


class Day(NamedTuple):
    title: str
    events: list[Told]


def tell(event: EventView, titles: Mapping[str, str]) -> Told:
    """Return the event in words; `titles` names fields as people do."""
    words, icon = WORDS.get(event.tag, (event.tag, "dot"))
    title = str(words)
    if event.tag in {"field:settle", "field:reopen"} and event.field:
        name = titles.get(event.field) or event.field.replace("_", " ").capitalize()
        title, icon = _decided(name, "reopened" if event.tag == "field:reopen" else str(event.facts.get("to")))
    if event.tag == "comment:write" and event.field:
        title = _("Commented on %(field)s", field=titles.get(event.field) or event.field.replace("_", " "))
    return Told(event, title, icon, _what(event, titles))


def _decided(field: str, to: str) -> tuple[str, str]:
    """Return what became of a field, and the icon for it."""
    match to:
        case "confirmed":
            return _("%(field)s confirmed", field=field), "settled"
        case "corrected":
            return _("%(field)s corrected", field=field), "corrected"
        case "absent":
            return _("%(field)s absent", field=field), "absent"
        case _:
            return _("%(field)s reopened", field=field), "check"


def by_day(events: tuple[EventView, ...], titles: Mapping[str, str]) -> list[Day]:
    """Return the events under the day (UTC) on which they happened, in the order they came in."""
    lines = [tell(event, titles) for event in events]

    def day_of(one: Told) -> date:
        return one.event.at.astimezone(UTC).date()

    return [Day(format_day(day), list(members)) for day, members in groupby(lines, key=day_of)]


def at_day(text: str, *, end: bool = False) -> datetime | None:
    """Return the first moment of a day that was chosen, or with `end` that of the day after; None where none was."""
    if not text:
        return None
    day = datetime.combine(date.fromisoformat(text), datetime.min.time(), tzinfo=UTC)
    return day + timedelta(days=1) if end else day


def _what(event: EventView, titles: Mapping[str, str]) -> str:
    facts, values = event.facts, event.values
    parts: list[str] = []
    parts += [visible(str(values[key])) for key in ("file_name", "name", "account_name", "address") if values.get(key)]
    if event.tag == "field:settle":
        parts.append(_settled(facts, values))
    elif event.tag == "document:read":
        parts.append(told(str(facts["type"]).replace("_", " ")) if facts.get("type") else _("unknown type"))
        parts.append(counted(int(facts.get("pages") or 0), "%(count)s page", "%(count)s pages"))
        parts.append(counted(len(facts.get("shown") or ()), "%(count)s exception", "%(count)s exceptions"))
        parts.append(_("%(count)s accepted", count=facts.get("accepted", 0)))
        parts.append(str(facts.get("engine") or ""))
    elif event.tag == "export:verify":
        problems = facts.get("problems")
        parts.append(
            _("it holds") if problems == 0 else counted(int(problems or 0), "%(count)s problem", "%(count)s problems")
        )
        parts.append(counted(int(facts.get("events") or 0), "%(count)s event", "%(count)s events"))
    elif event.tag in {"document:approve", "signature:give"}:
        parts.append(told(str(facts.get("meaning", ""))))
    elif event.tag == "erasure:finish":
        parts += _facts({name: count for name, count in facts.items() if count}, titles)
    elif event.tag == "export:write" and isinstance(facts.get("rows"), dict):
        parts += _exported(str(facts.get("format", "")), facts["rows"])
    else:
        parts += _facts(facts, titles)
    if said := values.get("comment"):
        parts.append(_("“%(said)s”", said=said))
    if why := values.get("why"):
        parts.append(_("“%(said)s”", said=why))
    text = ", ".join(part for part in parts if part)
    return text if len(text) <= TEXT_MAX else text[: TEXT_MAX - 1] + "…"


def _settled(facts: dict[str, Any], values: dict[str, Any]) -> str:
    """Return the value in force before and after; the machine's confidence only where the value was the machine's."""
    before, after = _short(values.get("before")), _short(values.get("after"))
    confidence = facts.get("confidence")
    sure = ""
    if isinstance(confidence, int | float) and values.get("before") == values.get("machine"):
        sure = f", {format_share(float(confidence))}"
    if not after and facts.get("to") != "absent":
        return _("value erased")
    if facts.get("to") == "absent":
        return _("%(before)s → not on the page", before=before) if before else _("not on the page")
    if before == after and facts.get("from") != "absent":
        if facts.get("to") == "corrected":
            return _("%(after)s kept, a person's value", after=after)
        return _("%(after)s as read", after=after) + sure
    before = _("not on the page") if facts.get("from") == "absent" else before
    return f"{before or _('nothing')} → {after}{sure}"


def _exported(form: str, rows: Mapping[str, int]) -> list[str]:
    """Return an export's format, and how much of what it holds."""
    approved, unsigned, fields, events = (rows.get(name, 0) for name in ("approval", "document", "field", "event"))
    return [
        form.upper(),
        counted(approved, "%(count)s approval", "%(count)s approvals") if approved else "",
        counted(unsigned, "%(count)s document not signed", "%(count)s documents not signed") if unsigned else "",
        counted(fields, "%(count)s field", "%(count)s fields") if fields else "",
        counted(events, "%(count)s event", "%(count)s events") if events else "",
    ]


def _facts(facts: Mapping[str, Any], titles: Mapping[str, str]) -> list[str]:
    """Return facts by their names, what became of something as one: `confirmed → open`."""
    shown = {key: value for key, value in facts.items() if key not in KEPT_BACK and value not in (None, "")}
    parts: list[str] = []
    if {"from", "to"} <= shown.keys() and not isinstance(shown["from"], dict):
        parts.append(f"{_listed(shown.pop('from'))} → {_listed(shown.pop('to'))}")
    for key, value in shown.items():
        if key in _OF_FIELDS and isinstance(value, list):
            value = [titles.get(str(name)) or str(name).replace("_", " ") for name in value]
        parts.append(_fact(key, value))
    return parts


def _listed(value: Any) -> str:
    return (", ".join(map(_word, value)) or "—") if isinstance(value, list) else _word(value)


def _short(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, list | tuple):
        if value and isinstance(value[0], dict):
            return counted(len(value), "%(count)s line", "%(count)s lines")
        return "; ".join(map(str, value))
    return str(value)


def _fact(key: str, value: Any) -> str:
    name = str(FACT_WORDS.get(key) or key.replace("_", " "))
    if key == "size" and isinstance(value, int):
        return format_bytes(value)
    if key == "stamped_at":
        return f"{name} {_moment(str(value))}"
    if isinstance(value, bool):
        return name if value else ""
    if isinstance(value, dict):
        return ""
    if isinstance(value, list):
        return f"{name} {_listed(value)}" if value else ""
    return f"{name} {_word(value)}"


def _moment(text: str) -> str:
    try:
        return format_moment(datetime.fromisoformat(text))
    except ValueError:  # tampered with, or from a later version
        return text


def _word(value: Any) -> str:
    return str(VALUE_WORDS.get(str(value)) or told(str(value)))
