"""Audit events as a person tells them: what happened, to what, with which icon."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from itertools import groupby
from typing import Any, NamedTuple

from pipeline.services.views import EventView
from review_ui.formatting import format_bytes, format_day, format_share, plural
from review_ui.naming import visible

WORDS: dict[str, tuple[str, str]] = {
    "file:claim": ("File taken in", "dot"),
    "file:store": ("File stored", "dot"),
    "file:duplicate": ("Duplicate found", "absent"),
    "file:quarantine": ("File quarantined", "wrong"),
    "document:queue": ("Waits to be read", "dot"),
    "document:read": ("Read", "dot"),
    "document:fail": ("Could not be read", "wrong"),
    "document:retry": ("To be read again", "dot"),
    "document:retype": ("Type changed", "corrected"),
    "document:split": ("Split", "corrected"),
    "document:merge": ("Merged", "corrected"),
    "document:hold": ("Put on hold", "absent"),
    "document:resume": ("Taken off hold", "dot"),
    "document:validate": ("Handed on", "settled"),
    "document:return": ("Returned to review", "check"),
    "document:approve": ("Approved, signed", "settled"),
    "document:supersede": ("Reopened as a new revision", "check"),
    "document:reject": ("Rejected", "wrong"),
    "document:prioritise": ("Priority changed", "dot"),
    "signature:give": ("Signed first, of two", "settled"),
    "signature:revoke": ("First signature taken back", "check"),
    "field:settle": ("Field settled", "settled"),
    "field:reopen": ("Field reopened", "check"),
    "claim:take": ("Taken", "dot"),
    "claim:release": ("Left", "dot"),
    "claim:expire": ("Hold ended by itself", "dot"),
    "claim:handover": ("Handed over", "dot"),
    "delivery:send": ("Delivered", "settled"),
    "delivery:fail": ("Delivery failed", "wrong"),
    "policy:change": ("Policy changed", "corrected"),
    "model:train": ("Model trained", "dot"),
    "model:promote": ("Model put in force", "corrected"),
    "model:rollback": ("Model taken back", "corrected"),
    "access:login": ("Logged in", "dot"),
    "access:logout": ("Logged out", "dot"),
    "access:deny": ("Refused", "wrong"),
    "access:grant": ("Roles given", "corrected"),
    "access:revoke": ("Roles taken", "corrected"),
    "export:write": ("Record exported", "dot"),
    "export:verify": ("Record verified", "settled"),
    "erasure:request": ("Erasure asked for", "check"),
    "erasure:execute": ("Values erased", "absent"),
}
_SETTLED = {
    "confirmed": ("confirmed", "settled"),
    "corrected": ("corrected", "corrected"),
    "absent": ("absent", "absent"),
}
_KEPT_BACK = frozenset(
    {"state", "policy", "account", "holder", "record_sha256", "hash", "merkle_root", "handling_ms", "sha256"}
)
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
    title, icon = WORDS.get(event.tag, (event.tag, "dot"))
    if event.tag in {"field:settle", "field:reopen"} and event.field:
        name = titles.get(event.field) or event.field.replace("_", " ").capitalize()
        word, icon = _SETTLED.get(str(event.facts.get("to")), ("reopened", "check"))
        title = f"{name} {word}" if event.tag == "field:settle" else f"{name} reopened"
    return Told(event, title, icon, _what(event))


def by_day(events: tuple[EventView, ...], titles: Mapping[str, str]) -> list[Day]:
    """Return the events under the day (UTC) on which they happened, in the order they came in."""
    told = [tell(event, titles) for event in events]

    def day_of(one: Told) -> date:
        return one.event.at.astimezone(UTC).date()

    return [Day(format_day(day), list(members)) for day, members in groupby(told, key=day_of)]


def at_day(text: str, *, end: bool = False) -> datetime | None:
    """Return the first moment of a day that was chosen, or with `end` that of the day after; None where none was."""
    if not text:
        return None
    day = datetime.combine(date.fromisoformat(text), datetime.min.time(), tzinfo=UTC)
    return day + timedelta(days=1) if end else day


def _what(event: EventView) -> str:
    facts, values = event.facts, event.values
    parts: list[str] = []
    parts += [visible(str(values[key])) for key in ("file_name", "name", "account_name", "address") if values.get(key)]
    if event.tag == "field:settle":
        parts.append(_settled(facts, values))
    elif event.tag == "document:read":
        parts.append(str(facts.get("type") or "unknown type").replace("_", " "))
        parts.append(plural(int(facts.get("pages") or 0), "page"))
        parts.append(plural(len(facts.get("shown") or ()), "exception") + f", {facts.get('accepted', 0)} accepted")
        parts.append(str(facts.get("engine") or ""))
    elif event.tag == "export:verify":
        problems = facts.get("problems")
        parts.append("it holds" if problems == 0 else f"{problems} problems")
        parts.append(plural(int(facts.get("events") or 0), "event"))
    elif event.tag == "document:approve":
        parts.append(str(facts.get("meaning", "")))
    else:
        parts += [
            _fact(key, value) for key, value in facts.items() if key not in _KEPT_BACK and value not in (None, "")
        ]
    if why := values.get("why"):
        parts.append(f"“{why}”")
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
        return "value erased"
    if facts.get("to") == "absent":
        return f"{before} → not on the page" if before else "not on the page"
    if before == after and facts.get("from") != "absent":
        return f"{after} kept, a person's value" if facts.get("to") == "corrected" else f"{after} as read{sure}"
    before = "not on the page" if facts.get("from") == "absent" else before
    return f"{before or 'nothing'} → {after}{sure}"


def _short(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, list | tuple):
        return plural(len(value), "line") if value and isinstance(value[0], dict) else "; ".join(map(str, value))
    return str(value)


def _fact(key: str, value: Any) -> str:
    name = key.replace("_", " ")
    if key == "size" and isinstance(value, int):
        return format_bytes(value)
    if isinstance(value, bool):
        return name if value else ""
    if isinstance(value, dict):
        return ""
    if isinstance(value, list):
        return f"{name} {', '.join(map(str, value))}" if value else ""
    return f"{name} {value}"
