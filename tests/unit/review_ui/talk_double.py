"""Comments as the UI calls for them, in memory."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from pipeline.domain.actors import Actor
from pipeline.domain.documents import DocumentState
from pipeline.errors import NotFoundError
from pipeline.services.remarks import Comment, Mentioned, MentionPage, Piece, Said, Talk
from pipeline.services.views import PersonView

SAID_AT = datetime(2026, 3, 10, 9, 30, tzinfo=UTC)


def comment(id: int, text: str, **changes: Any) -> Comment:
    values: dict[str, Any] = {
        "id": id,
        "by_display": "Ines Okafor",
        "is_mine": False,
        "at": SAID_AT,
        "field": None,
        "answers": None,
        "pieces": (Piece(text=text),),
        "withdrawn_at": None,
        "is_unread": False,
    }
    return Comment(**(values | changes))


@dataclass
class FakeTalking:
    """What was said on any document."""

    people: Iterable[Actor] = ()
    comments: tuple[Comment, ...] = ()
    unknown: tuple[str, ...] = ()
    mentioned: tuple[Mentioned, ...] = ()
    waiting: int = 0
    calls: list[tuple[Any, ...]] = field(default_factory=list)
    raises: Exception | None = None

    def write(
        self, document_id: int, text: str, *, by: Actor, field: str | None = None, answers: int | None = None
    ) -> Said:
        self.calls.append(("write", document_id, text, field, answers, by.name))
        if self.raises is not None:
            raise self.raises
        self.comments = (*self.comments, comment(len(self.comments) + 1, text, is_mine=True, field=field))
        return Said(id=len(self.comments), unknown=self.unknown)

    def withdraw(self, document_id: int, comment_id: int, *, by: Actor) -> None:
        self.calls.append(("withdraw", document_id, comment_id))

    def list_comments(self, document_id: int, *, by: Actor) -> Talk:
        return Talk(comments=self.comments, unread=sum(one.is_unread for one in self.comments))

    def pulse(self, document_id: int, *, by: Actor) -> str:
        return f"{len(self.comments)}-0-{self.waiting}"

    def count_unread(self, *, by: Actor) -> int:
        return self.waiting

    def list_mentions(self, *, by: Actor, page: int = 1, page_size: int = 50) -> MentionPage:
        self.calls.append(("list_mentions", page))
        total = len(self.mentioned)
        return MentionPage(rows=self.mentioned, total=total, unread=self.waiting, page=page, page_size=page_size)

    def read_on(self, document_id: int, *, by: Actor) -> None:
        self.calls.append(("read_on", document_id))
        self.waiting = 0

    def read_all(self, *, by: Actor) -> None:
        self.calls.append(("read_all",))

    def read_one(self, comment_id: int, *, by: Actor) -> int:
        found = next((one for one in self.mentioned if one.comment.id == comment_id), None)
        if found is None:
            raise NotFoundError("No such comment concerns you. Reload the list of mentions.")
        return found.document_id

    def list_people(self, document_id: int, *, by: Actor) -> tuple[PersonView, ...]:
        return tuple(
            PersonView(
                id=one.id or 0,
                name=one.name,
                display_name=one.display_name,
                roles=tuple(one.roles),
                active=True,
                must_change=False,
            )
            for one in self.people
        )


def mentioned(one: Comment, **changes: Any) -> Mentioned:
    values: dict[str, Any] = {
        "comment": one,
        "is_answer": False,
        "document_id": 7,
        "state": DocumentState.REVIEW,
        "type_title": {"en": "Invoice"},
        "field_title": None,
        "number": "CF-20814",
        "party": "Calder & Finch",
    }
    return Mentioned(**(values | changes))
