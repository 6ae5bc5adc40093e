"""What the report of an evidence pack shows: the first documents of its export, taken from the export's own rows."""

from dataclasses import dataclass, field

from pipeline.services.exports.rows import Row

DOCUMENTS_MAX = 100
"""A report with more would be read by nobody, and be held in memory whole while it is made."""
EVENTS_MAX = 200
"""Of one document."""


@dataclass
class Section:
    """One signature, or a document without one, with its fields."""

    row: Row
    fields: list[Row] = field(default_factory=list[Row])


@dataclass
class Story:
    """A document: its signatures, oldest first, and what happened to it."""

    sections: list[Section] = field(default_factory=list[Section])
    events: list[Row] = field(default_factory=list[Row])
    untold: int = 0
    """Events beyond those."""


@dataclass
class Reported:
    """What is gathered while the export is written; its rows are redacted already where they have to be."""

    statement: Row = field(default_factory=dict[str, object])
    stories: dict[int, Story] = field(default_factory=dict[int, Story])
    left_out: set[int] = field(default_factory=set[int])
    """Documents of the export that the report does not show any more."""
    crops: dict[tuple[int, int, str], bytes] = field(default_factory=dict[tuple[int, int, str], bytes])
    """By document, revision and field: the print as PNG."""
    documents_max: int = DOCUMENTS_MAX
    _files: dict[int, int] = field(default_factory=dict[int, int])

    def note(self, row: Row) -> None:
        """Take the next row of the export."""
        match row.get("kind"):
            case "statement":
                self.statement = row
            case "approval" | "document":
                self._begin(row)
            case "field":
                story = self.stories.get(row["document"])
                if story is not None:
                    story.sections[-1].fields.append(row)
            case "event":
                self._happened(row)
            case _:
                pass

    def keep(self, document: int, revision: int, name: str, picture: bytes) -> None:
        """Take the print of a field, where the report shows its document."""
        if document in self.stories:
            self.crops[document, revision, name] = picture

    def _begin(self, row: Row) -> None:
        number = row["document"]
        if number not in self.stories and len(self.stories) >= self.documents_max:
            self.left_out.add(number)
            return
        story = self.stories.setdefault(number, Story())
        story.sections.append(Section({name: value for name, value in row.items() if name != "record"}))
        if row["file"] is not None:
            self._files[row["file"]] = number

    def _happened(self, row: Row) -> None:
        number = row["document"] if row["document"] is not None else self._files.get(row["file"])
        story = self.stories.get(number) if number is not None else None
        if story is None:
            return
        if len(story.events) < EVENTS_MAX:
            story.events.append(row)
        else:
            story.untold += 1
