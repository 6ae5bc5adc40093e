"""Comments as pages show them: who said what, under what, and whom it concerns."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, and_, func, select
from sqlalchemy.orm import Session

from pipeline.domain.actors import Actor
from pipeline.domain.comments import find_mentions
from pipeline.domain.documents import DocumentState
from pipeline.domain.value import Frozen
from pipeline.services import visible
from pipeline.services.typeshelf import TypeShelf
from pipeline.store.tables import CommentRow, DocumentRow, MentionRow, UserRow


class Said(Frozen):
    """What became of a comment that was written."""

    id: int
    unknown: tuple[str, ...]
    """Names after an "@" that nobody who may see the document has."""


class Piece(Frozen):
    """A stretch of a comment's text."""

    text: str
    who: str | None = None
    """The person that it names, as people are shown; None: plain text."""
    is_me: bool = False


class Comment(Frozen):
    id: int
    by_display: str
    is_mine: bool
    at: datetime
    field: str | None
    answers: int | None
    """The comment under which it stands: the first of those that it goes back to."""
    pieces: tuple[Piece, ...]
    """Empty where it was withdrawn."""
    withdrawn_at: datetime | None
    is_unread: bool
    """It concerns the person who asks, and they have not seen it."""

    @property
    def text(self) -> str:
        return "".join(piece.text for piece in self.pieces)


class Talk(Frozen):
    """All that was said about a document."""

    comments: tuple[Comment, ...]
    """Oldest first; answers follow what they answer."""
    unread: int
    """How many of them wait for the person who asks."""

    @property
    def count(self) -> int:
        return sum(one.withdrawn_at is None for one in self.comments)


class Mentioned(Frozen):
    """A comment that concerns a person, and the document that it is on."""

    comment: Comment
    is_answer: bool
    """It answers what they said."""
    document_id: int
    state: DocumentState
    type_title: dict[str, str]
    field_title: dict[str, str] | None
    """What its field is called; None where it is about the document."""
    number: str | None
    party: str | None


class MentionPage(Frozen):
    rows: tuple[Mentioned, ...]
    total: int
    unread: int
    page: int
    page_size: int


def talk_of(session: Session, document_id: int, by: Actor) -> Talk:
    """Return what was said about a document."""
    found = session.execute(
        select(CommentRow, UserRow.display_name)
        .join(UserRow, UserRow.id == CommentRow.user_id)
        .where(CommentRow.document_id == document_id)
        .order_by(CommentRow.id)
    ).all()
    named = _named(session, [row.id for row, _ in found])
    above: dict[int, int] = {}
    under: dict[int, list[Comment]] = defaultdict(list)
    for row, display in found:
        if row.answers is not None:
            above[row.id] = above.get(row.answers, row.answers)
        first = above.get(row.id)
        under[first or row.id].append(_comment(row, display, first, named[row.id], by))
    comments = tuple(one for thread in under.values() for one in thread)
    return Talk(comments=comments, unread=sum(one.is_unread for one in comments))


def mentions_of(session: Session, types: TypeShelf, by: Actor, page: int, page_size: int) -> MentionPage:
    """Return a page of what concerns a person: unread ones first, then the newest."""
    mine = and_(MentionRow.user_id == by.id, *_on_seen(by, types))
    found = session.execute(
        select(CommentRow, DocumentRow, UserRow.display_name)
        .join(MentionRow, MentionRow.comment_id == CommentRow.id)
        .join(DocumentRow, DocumentRow.id == CommentRow.document_id)
        .join(UserRow, UserRow.id == CommentRow.user_id)
        .where(mine)
        .order_by(MentionRow.read_at.is_not(None), MentionRow.comment_id.desc())
        .limit(page_size)
        .offset((page - 1) * page_size)
    ).all()
    named = _named(session, [row.id for row, _, _ in found])
    answered = [row.answers for row, _, _ in found if row.answers is not None]
    my_own = set(session.scalars(select(CommentRow.id).where(CommentRow.id.in_(answered), CommentRow.user_id == by.id)))
    rows: list[Mentioned] = []
    for row, document, display in found:
        doctype = types.find(document.type)
        has_field = doctype is not None and row.field is not None and doctype.has_field(row.field)
        rows.append(
            Mentioned(
                comment=_comment(row, display, row.answers, named[row.id], by),
                is_answer=row.answers in my_own,
                document_id=document.id,
                state=DocumentState(document.state),
                type_title=doctype.title if doctype else {"en": "Document"},
                field_title=doctype.field(row.field or "").title if doctype and has_field else None,
                number=document.number,
                party=document.party,
            )
        )
    return MentionPage(
        rows=tuple(rows),
        total=session.scalar(select(func.count()).select_from(MentionRow).where(mine)) or 0,
        unread=count_unread(session, by, types),
        page=page,
        page_size=page_size,
    )


def count_unread(session: Session, by: Actor, types: TypeShelf) -> int:
    """Return how many comments wait for a person, as the database counts them."""
    if by.sight.is_limited:
        # the database's count knows of documents that have left their sight
        unread = (MentionRow.user_id == by.id, MentionRow.read_at.is_(None), *_on_seen(by, types))
        return session.scalar(select(func.count()).select_from(MentionRow).where(*unread)) or 0
    return session.scalar(select(UserRow.unread_mentions).where(UserRow.id == by.id)) or 0


def unread_by_document(session: Session, documents: Sequence[int], by: Actor) -> dict[int, int]:
    """Return how many comments on each of these documents wait for a person; those without any are missing."""
    found = session.execute(
        select(MentionRow.document_id, func.count())
        .where(MentionRow.user_id == by.id, MentionRow.document_id.in_(documents), MentionRow.read_at.is_(None))
        .group_by(MentionRow.document_id)
    )
    return {document_id: count for document_id, count in found}


def _on_seen(by: Actor, types: TypeShelf) -> list[ColumnElement[bool]]:
    """Return the condition that a mention's document is seen; none where everything is."""
    seen = visible.of_documents(visible.sight_of(by, types))
    if not seen:
        return []
    document = select(DocumentRow.id).where(DocumentRow.id == MentionRow.document_id, *seen).correlate(MentionRow)
    return [document.exists()]


def _named(session: Session, comments: Sequence[int]) -> Mapping[int, list[tuple[MentionRow, UserRow]]]:
    """Return whom each of these comments concerns."""
    named: dict[int, list[tuple[MentionRow, UserRow]]] = defaultdict(list)
    if comments:
        found = session.execute(
            select(MentionRow, UserRow)
            .join(UserRow, UserRow.id == MentionRow.user_id)
            .where(MentionRow.comment_id.in_(comments))
        )
        for mention, user in found.all():
            named[mention.comment_id].append((mention, user))
    return named


def _comment(
    row: CommentRow, display: str, first: int | None, named: Sequence[tuple[MentionRow, UserRow]], by: Actor
) -> Comment:
    return Comment(
        id=row.id,
        by_display=display,
        is_mine=row.user_id == by.id,
        at=row.at,
        field=row.field,
        answers=first,
        pieces=_pieces(row.text, {user.name: user for _, user in named}, by),
        withdrawn_at=row.withdrawn_at,
        is_unread=any(mention.user_id == by.id and mention.read_at is None for mention, _ in named),
    )


def _pieces(text: str, named: Mapping[str, UserRow], by: Actor) -> tuple[Piece, ...]:
    """Return the text in pieces: whom it was said to stays marked, whoever may see the document later."""
    pieces: list[Piece] = []
    done = 0
    names = {user.id: user.display_name for user in named.values()}
    for one in find_mentions(text, {name: user.id for name, user in named.items()}):
        if one.user_id is None:
            continue
        if one.start > done:
            pieces.append(Piece(text=text[done : one.start]))
        pieces.append(Piece(text=text[one.start : one.end], who=names[one.user_id], is_me=one.user_id == by.id))
        done = one.end
    if done < len(text):
        pieces.append(Piece(text=text[done:]))
    return tuple(pieces)
