"""The readable side of an evidence pack: a PDF with each field's print beside what the machine read and who decided.

All text in it is data: none of it is ever taken for markup.
"""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
# pyright: reportMissingParameterType=false, reportUnknownParameterType=false, reportArgumentType=false
# reportlab has no types

import io
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from reportlab.lib.colors import HexColor
from reportlab.lib.pagesizes import A4, landscape
from reportlab.lib.styles import ParagraphStyle
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.platypus import Flowable, Image, PageBreak, Paragraph, SimpleDocTemplate, Spacer, Table, TableStyle

from pipeline.domain.fields import TYPE_FIELD
from pipeline.record.verify import mapping
from pipeline.services.evidence.reported import EVENTS_MAX, Reported, Section, Story
from pipeline.services.evidence.telling import shown, tell
from pipeline.services.exports.rows import Row
from pipeline.services.text import printable
from pipeline.services.typeshelf import TypeShelf

FONTS = Path(__file__).parent / "fonts"
INK, PALE, LINE = HexColor("#1c2430"), HexColor("#5b6675"), HexColor("#c9d0d9")
MARGIN, PADDING = 40, 6
TEXT_MAX = 400
"""Longer texts are cut: a row has to fit on a page, and the export has them whole."""
LINES_MAX = 8
CROP_WIDTH, CROP_HEIGHT = 175, 60
WIDTHS = (92, 185, 125, 125, 80, 62, 92)
LEFT_OUT = "left out of this copy"
HEADS = ("Field", "On the page", "Machine read", "Signed", "Decided by", "Confidence", "Why it was shown")


@dataclass(frozen=True)
class Cover:
    """What the first page says beside the export's own statement."""

    at: datetime
    checkpoint_seq: int
    checkpoint_sha256: str
    stamped: bool
    key: str
    first_key: str


def write_report(reported: Reported, cover: Cover, types: TypeShelf) -> bytes:
    """Return the report as PDF; it holds at most `reported.DOCUMENTS_MAX` documents, and says where it stops.

    Args:
        reported: what the export told.
        cover: what the first page says beside.
        types: what people call fields.
    """
    _know_fonts()
    out = io.BytesIO()
    made = SimpleDocTemplate(
        out,
        pagesize=landscape(A4),
        leftMargin=MARGIN,
        rightMargin=MARGIN,
        topMargin=MARGIN,
        bottomMargin=MARGIN,
        title="Evidence of what was signed",
        author=_clean(reported.statement.get("by_name") or reported.statement.get("by")),
        creator="Proofdesk",
        lang="en",
    )
    foot = f"Proofdesk evidence of {_when(cover.at)}. For reading: export.jsonl is what verify.py checks."
    story = [*_cover(reported, cover)]
    for number, each in reported.stories.items():
        story += [PageBreak(), *_document(number, each, reported.crops, types)]
    made.build(story, onFirstPage=_footer(foot), onLaterPages=_footer(foot))
    return out.getvalue()


def _know_fonts() -> None:
    if "DejaVu" not in pdfmetrics.getRegisteredFontNames():
        pdfmetrics.registerFont(TTFont("DejaVu", FONTS / "DejaVuSans.ttf"))
        pdfmetrics.registerFont(TTFont("DejaVu-Bold", FONTS / "DejaVuSans-Bold.ttf"))


_BODY = ParagraphStyle("body", fontName="DejaVu", fontSize=7.5, leading=10, textColor=INK, splitLongWords=1)
_STRONG = ParagraphStyle("strong", _BODY, fontName="DejaVu-Bold")
_FAINT = ParagraphStyle("faint", _BODY, textColor=PALE)
_LARGE = ParagraphStyle("large", _BODY, fontSize=9.5, leading=14)
_HEAD = ParagraphStyle("head", _BODY, fontName="DejaVu-Bold", fontSize=11, leading=16, spaceBefore=10, spaceAfter=3)
_TITLE = ParagraphStyle("title", _BODY, fontName="DejaVu-Bold", fontSize=17, leading=24, spaceAfter=6)


class _Mark(Flowable):
    """A place that the outline of the document leads to; it takes no room."""

    def __init__(self, title: str, key: str) -> None:
        super().__init__()
        self.title, self.key, self.width, self.height = title, key, 0, 0

    def draw(self) -> None:
        self.canv.bookmarkPage(self.key)
        self.canv.addOutlineEntry(self.title, self.key)


def _cover(reported: Reported, cover: Cover) -> Iterator[Flowable]:
    said = reported.statement
    head, rows = mapping(said.get("head")), mapping(said.get("rows"))
    yield _Mark("What this is", "cover")
    yield _text("Evidence of what was signed", _TITLE)
    yield _text(
        "Each document with its signature, each field with its print on the page, what the machine read there, and who "
        "decided. This report is for reading; what proves it is beside it, and verify.py checks both.",
        _LARGE,
    )
    yield Spacer(0, 8)
    yield _facts(
        {
            "Made": f"{_when(cover.at)}, for {said.get('by_name') or said.get('by')} ({said.get('by')})",
            "Asked for": _asked(mapping(said.get("filters"))),
            "Holds": f"{_counted(rows.get('approval'), 'signature')}, "
            f"{_counted(rows.get('document'), 'document')} without one, "
            f"{_counted(rows.get('field'), 'field')}, {_counted(rows.get('event'), 'event')}",
            "Shown here": _extent(reported),
            "Control totals": "; ".join(_total(mapping(each)) for each in said.get("control_totals") or []) or "none",
            "End of the record": f"event {head.get('seq')}, {head.get('hash')}",
            "Checkpoint": f"over {cover.checkpoint_seq} events, SHA-256 {cover.checkpoint_sha256}"
            + (", time-stamped (checkpoint.tsr)" if cover.stamped else ""),
            "Signed with": cover.key,
            "First key": f"{cover.first_key}: compare it with the one that you were given by another way",
            "Engine, policy": f"{', '.join(map(str, mapping(said.get('versions')).get('engines') or ['none']))}; "
            f"{', '.join(map(str, mapping(said.get('versions')).get('policies') or ['none']))}",
        }
    )


def _extent(reported: Reported) -> str:
    count, more = len(reported.stories), len(reported.left_out)
    if not more:
        return f"all of it: {_counted(count, 'document')}"
    return f"the first {count} of {count + more} documents; the others are in export.jsonl and crops/ alone"


def _asked(filters: Mapping[str, Any]) -> str:
    names = {"since": "from", "until": "before", "document_type": "type", "redact": "without the fields"}
    parts = [
        f"{names.get(name, name)} {', '.join(shown(value).splitlines())}"
        for name, value in filters.items()
        if value and name not in ("parts", "limited")
    ]
    limit = " (as far as whoever asked may see)" if filters.get("limited") else ""
    return ("; ".join(parts) or "everything") + limit


def _counted(count: Any, what: str) -> str:
    return f"{count or 0} {what}" if count == 1 else f"{count or 0} {what}s"


def _total(total: Mapping[str, Any]) -> str:
    amount = total.get("amount") if total.get("amount") is not None else LEFT_OUT
    return f"{_counted(total.get('documents'), 'document')}, {amount} {total.get('currency') or 'without a currency'}"


def _document(
    number: int, story: Story, crops: Mapping[tuple[int, int, str], bytes], types: TypeShelf
) -> Iterator[Flowable]:
    yield _Mark(f"Document {number}", f"document-{number}")
    for section in story.sections:
        yield _text(f"Document {number}, revision {section.row.get('revision')}", _TITLE)
        yield _facts(_signature(section.row, types))
        yield Spacer(0, 8)
        yield _table(section, crops, types)
    yield _text("What happened", _HEAD)
    kind = story.sections[-1].row.get("document_type")
    lines = [
        [
            _text(str(event.get("seq")), _FAINT),
            _text(_when(event.get("at")), _FAINT),
            _text(event.get("by")),
            _text(tell(event, _title(types, kind, event["field"]) if event.get("field") else None)),
        ]
        for event in story.events
    ]
    if lines:
        yield Table(lines, colWidths=(50, 130, 130, 451), style=_ruled(), splitByRow=1, splitInRow=1, hAlign="LEFT")
    if story.untold:
        yield _text(f"After the first {EVENTS_MAX}, {story.untold} more events are in export.jsonl.", _FAINT)


def _signature(row: Row, types: TypeShelf) -> dict[str, str]:
    """Return the signature as it was shown to whoever signed, and what it is about."""
    doctype = types.find(row.get("document_type"))
    said = {
        "Type": doctype.title_in("en") if doctype else row.get("document_type"),
        "Number": row.get("number"),
        "Other party": row.get("party"),
        "Amount": f"{row['amount']} {row.get('currency') or ''}" if row.get("amount") is not None else None,
        "File": row.get("file_name"),
        "SHA-256 of the file": row.get("file_sha256"),
    }
    if row.get("kind") == "document":
        return {**_told(said), "Signature": f"none; the document is in the state {row.get('document_state')}"}
    also = "; had reviewed it, too" if row.get("was_reviewer") else ""
    said |= {
        "Signature": row.get("meaning"),
        "Signed by": f"{row.get('approved_by_name')} ({row.get('approved_by')}), {_when(row.get('approved_at'))}{also}",
        "Validated by": f"{row['validated_by']}, {_when(row.get('validated_at'))}" if row.get("validated_by") else None,
        "Superseded": _when(row["superseded_at"]) if row.get("superseded_at") else None,
        "Delivery": f"{row.get('delivery_state')} {row.get('delivery_reference') or ''}",
        "SHA-256 of what was signed": row.get("record_sha256"),
    }
    return _told(said)


def _told(said: Mapping[str, Any]) -> dict[str, str]:
    return {name: str(value) for name, value in said.items() if value not in (None, "")}


def _table(section: Section, crops: Mapping[tuple[int, int, str], bytes], types: TypeShelf) -> Table:
    row = section.row
    lines: list[list[Any]] = [[_text(head, _STRONG) for head in HEADS]]
    for each in section.fields:
        picture = crops.get((row["document"], row["revision"], each["field"]))
        lines.append(_field(each, _title(types, row.get("document_type"), each["field"]), picture))
    return Table(
        lines, colWidths=WIDTHS, repeatRows=1, style=_ruled(head=True), splitByRow=1, splitInRow=1, hAlign="LEFT"
    )


def _field(row: Row, title: str, picture: bytes | None) -> list[Any]:
    if row.get("state") is None:  # a copy that does not show it
        return [_text(title, _STRONG), *([_text(LEFT_OUT, _FAINT)] * (len(HEADS) - 1))]
    where = f"page {row['page']}" if row.get("page") else "no print"
    signed = "not on the page" if row.get("state") == "absent" else _shown(row.get("value"))
    decided = row.get("settled_by") or "policy, unseen"
    if row.get("state") == "open":
        signed, decided = "open", "nobody yet"
    reasons = " ".join(str(mapping(reason).get("message")) for reason in row.get("reasons") or [])
    sample = row.get("sample_probability")
    if sample is not None:
        reasons += f" Drawn as a sample with probability {sample:g}."
    read = _shown(row.get("machine_value"))
    if row.get("machine_text") and row.get("machine_text") != row.get("machine_value"):
        read += f"\n“{row['machine_text']}”"
    return [
        _text(title, _STRONG),
        _picture(picture) if picture else _text(where, _FAINT),
        _text(read),
        [_text(signed, _STRONG), *([_text(f"“{row['comment']}”", _FAINT)] if row.get("comment") else [])],
        [_text(decided), _text(f"{row.get('state')}, {_when(row['settled_at'])}", _FAINT)]
        if row.get("settled_at")
        else _text(decided),
        _text(f"{_share(row.get('confidence'))}\nasked for {_share(row.get('threshold'))}"),
        _text(reasons or "not shown"),
    ]


def _picture(picture: bytes) -> Image:
    made = Image(io.BytesIO(picture))
    scale = min(CROP_WIDTH / made.imageWidth, CROP_HEIGHT / made.imageHeight, 0.5)
    made.drawWidth, made.drawHeight = made.imageWidth * scale, made.imageHeight * scale
    made.hAlign = "LEFT"
    return made


def _facts(said: Mapping[str, str]) -> Table:
    lines = [[_text(name, _FAINT), _text(value)] for name, value in said.items()]
    return Table(lines, colWidths=(140, 621), style=_ruled(), splitByRow=1, splitInRow=1, hAlign="LEFT")


def _ruled(*, head: bool = False) -> TableStyle:
    style: list[Any] = [
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ("LINEBELOW", (0, 0), (-1, -1), 0.4, LINE),
        ("LEFTPADDING", (0, 0), (-1, -1), 0),
        ("RIGHTPADDING", (0, 0), (-1, -1), 8),
        ("TOPPADDING", (0, 0), (-1, -1), 3),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 4),
    ]
    return TableStyle([*style, ("LINEBELOW", (0, 0), (-1, 0), 1, INK)] if head else style)


def _text(text: Any, style: ParagraphStyle = _BODY) -> Paragraph:
    """Return the text as it stands, whatever is in it."""
    return Paragraph(escape(_clean(text)).replace("\n", "<br/>"), style)


def _clean(text: Any) -> str:
    lines = printable("" if text is None else str(text)).split("\n")
    whole = "\n".join([*lines[:LINES_MAX], *([" ".join(lines[LINES_MAX:])] if lines[LINES_MAX:] else [])])
    return whole if len(whole) <= TEXT_MAX else whole[:TEXT_MAX] + " … (whole in export.jsonl)"


def _title(types: TypeShelf, kind: Any, name: str) -> str:
    if name == TYPE_FIELD:
        return "Document type"
    doctype = types.find(kind) if isinstance(kind, str) else None
    if doctype is not None and doctype.has_field(name):
        return doctype.field(name).title_in("en")
    return name.replace("_", " ")


def _shown(value: Any) -> str:
    return shown(value) or "nothing"


def _share(number: Any) -> str:
    return f"{float(number):.1%}" if isinstance(number, int | float) else "none"


def _when(at: Any) -> str:
    """Return a time of an export, or one in UTC, to the second."""
    text = at.isoformat() if isinstance(at, datetime) else str(at or "")
    return f"{text[:10]} {text[11:19]} UTC" if len(text) >= 19 else text


def _footer(text: str) -> Callable[[Any, Any], None]:
    def draw(canvas: Any, made: Any) -> None:
        canvas.setFont("DejaVu", 6.5)
        canvas.setFillColor(PALE)
        canvas.drawString(MARGIN + PADDING, MARGIN / 2, text)
        canvas.drawRightString(made.pagesize[0] - MARGIN - PADDING, MARGIN / 2, f"Page {made.page}")

    return draw
