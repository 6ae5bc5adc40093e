"""What people say to each other about a document: comments, answers, and whom they concern."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from pipeline.domain.actors import Act, Actor
from pipeline.domain.audit import AuditTag
from pipeline.domain.comments import LONGEST, find_mentions
from pipeline.errors import AccessDeniedError, InvalidCorrectionError, NotFoundError
from pipeline.ports import Clock
from pipeline.services import access, people, remarks, visible
from pipeline.services.entries import document_entry
from pipeline.services.remarks import MentionPage, Said, Talk
from pipeline.services.text import printable
from pipeline.services.typeshelf import TypeShelf
from pipeline.services.views import PersonView
from pipeline.store import events, queries
from pipeline.store.engine import Store
from pipeline.store.tables import CommentRow, DocumentRow, MentionRow, UserRow

SAME = timedelta(minutes=2)
"""The same words again so soon are the same comment, sent twice because the first answer was lost."""


@dataclass(frozen=True)
class Talking:
    """Comments on documents. They need no claim and make no new revision: whoever reviews goes on undisturbed."""

    store: Store
    types: TypeShelf
    clock: Clock

    def write(
        self, document_id: int, text: str, *, by: Actor, field: str | None = None, answers: int | None = None
    ) -> Said:
        """Put a comment on a document, whatever state it is in; return its number, and names that are nobody's.

        Args:
            document_id: the document.
            text: what is said; `@name` concerns whoever has that login name and may see the document.
            by: who says it.
            field: the field that it is about; None: the document.
            answers: the comment that it answers, whose author it concerns too.

        Raises:
            NotFoundError: there is no such document, field or comment.
            InvalidCorrectionError: it is empty or too long, or names somebody who may not see the document.
        """
        access.check_may(by, Act.COMMENT)
        text = printable(text).strip()
        if not text:
            raise InvalidCorrectionError("Write what you want to say: the comment is empty.")
        if len(text) > LONGEST:
            raise InvalidCorrectionError(
                f"Shorten the comment: it has {len(text):,} characters, and at most {LONGEST:,} are kept."
            )
        with self.store.writing() as session:
            document = visible.get_document(session, document_id, by, self.types)
            if field is not None and all(row.name != field for row in queries.list_fields(session, document_id)):
                raise NotFoundError(f"Document {document_id} has no field “{field}”. Reload the page.")
            answered = None if answers is None else _get_comment(session, document_id, answers)
            now = self.clock.now()
            people_here = {user.id: user for user in _who_may_see(session)} if "@" in text or answered else {}
            known = {user.name: user.id for user in people_here.values()}
            mentions = find_mentions(text, known)
            seeing = {each.id for each in people_here.values() if visible.can_see(each.sight, document, self.types)}
            if left_out := [one for one in mentions if one.user_id is not None and one.user_id not in seeing]:
                name = people_here[left_out[0].user_id or 0].display_name
                raise InvalidCorrectionError(
                    f"{name} is in groups that leave out document {document_id}. Write the comment without naming them."
                )
            unknown = tuple(dict.fromkeys(one.name for one in mentions if one.user_id is None))
            if (before := _same(session, document, by, text, field, answers, now)) is not None:
                return Said(id=before, unknown=unknown)
            row = CommentRow(
                document_id=document_id, user_id=by.id or 0, at=now, field=field, answers=answers, text=text
            )
            session.add(row)
            session.flush()
            concerned = {one.user_id for one in mentions if one.user_id is not None}
            if answered is not None and answered.user_id in seeing:
                concerned.add(answered.user_id)
            concerned.discard(by.id or 0)
            for user_id in sorted(concerned):
                session.add(MentionRow(user_id=user_id, comment_id=row.id, document_id=document_id))
            facts = {"comment": row.id, "answers": answers, "concerns": sorted(concerned)}
            events.append(
                session,
                document_entry(
                    AuditTag.COMMENT_WRITE, document, by, now, field=field, facts=facts, values={"comment": text}
                ),
            )
            return Said(id=row.id, unknown=unknown)

    def withdraw(self, document_id: int, comment_id: int, *, by: Actor) -> None:
        """Take one's own comment back: its words are shown no more, that there was one is; the record keeps both.

        Raises:
            NotFoundError: there is no such comment.
            AccessDeniedError: somebody else wrote it.
        """
        access.check_may(by, Act.COMMENT)
        with self.store.writing() as session:
            document = visible.get_document(session, document_id, by, self.types)
            row = _get_comment(session, document_id, comment_id)
            if row.user_id != by.id:
                raise AccessDeniedError("Only who wrote a comment can withdraw it. Ask them to.")
            if row.withdrawn_at is not None:
                return
            now = self.clock.now()
            row.withdrawn_at, row.text = now, ""
            of_it = (MentionRow.comment_id == comment_id, MentionRow.read_at.is_(None))
            session.execute(update(MentionRow).where(*of_it).values(read_at=now))
            facts = {"comment": comment_id}
            event = document_entry(AuditTag.COMMENT_WITHDRAW, document, by, now, field=row.field, facts=facts)
            events.append(session, event)

    def list_comments(self, document_id: int, *, by: Actor) -> Talk:
        """Return what was said about a document: oldest first, answers under what they answer."""
        access.check_may(by, Act.READ)
        with self.store.reading() as session:
            visible.get_document(session, document_id, by, self.types)
            return remarks.talk_of(session, document_id, by)

    def pulse(self, document_id: int, *, by: Actor) -> str:
        """Return what differs as soon as `list_comments` could: cheap enough to be asked for all day."""
        access.check_may(by, Act.READ)
        with self.store.reading() as session:
            visible.get_document(session, document_id, by, self.types)
            told = session.execute(
                select(func.max(CommentRow.id), func.count(CommentRow.withdrawn_at)).where(
                    CommentRow.document_id == document_id
                )
            ).one()
            return f"{told[0] or 0}-{told[1]}-{remarks.count_unread(session, by, self.types)}"

    def count_unread(self, *, by: Actor) -> int:
        """Return how many comments concern this person that they have not seen."""
        access.check_may(by, Act.READ)
        with self.store.reading() as session:
            return remarks.count_unread(session, by, self.types)

    def list_mentions(self, *, by: Actor, page: int = 1, page_size: int = 50) -> MentionPage:
        """Return a page of the comments that concern this person: unread ones first, then the newest."""
        access.check_may(by, Act.READ)
        with self.store.reading() as session:
            return remarks.mentions_of(session, self.types, by, max(page, 1), page_size)

    def read_on(self, document_id: int, *, by: Actor) -> None:
        """Note that this person has seen what concerns them on a document."""
        access.check_may(by, Act.COMMENT)
        with self.store.reading() as session:
            visible.get_document(session, document_id, by, self.types)
        self._read(by, document_id=document_id)

    def read_all(self, *, by: Actor) -> None:
        """Note that this person has seen, or needs not see, whatever concerns them."""
        access.check_may(by, Act.COMMENT)
        self._read(by)

    def read_one(self, comment_id: int, *, by: Actor) -> int:
        """Note that this person has seen a comment that concerns them; return the document that it is on.

        Raises:
            NotFoundError: no such comment concerns them.
        """
        access.check_may(by, Act.COMMENT)
        with self.store.reading() as session:
            row = session.get(MentionRow, (by.id or 0, comment_id)) if queries.is_row_id(comment_id) else None
            if row is None or not visible.list_visible(session, [row.document_id], by, self.types):
                raise NotFoundError("No such comment concerns you. Reload the list of mentions.")
            document_id = row.document_id
        self._read(by, comment_id=comment_id)
        return document_id

    def list_people(self, document_id: int, *, by: Actor) -> tuple[PersonView, ...]:
        """Return whom a comment on the document can name: everybody who may see it, by name.

        Raises:
            NotFoundError: there is no such document, or none for `by`.
        """
        access.check_may(by, Act.COMMENT)
        with self.store.reading() as session:
            document = visible.get_document(session, document_id, by, self.types)
            seeing = people.seeing(_who_may_see(session), document, self.types)
            return tuple(people.view_of(user) for user in seeing)

    def _read(self, by: Actor, *, document_id: int | None = None, comment_id: int | None = None) -> None:
        """Note when this person saw what concerns them: all of it, or that of one document or comment."""
        statement = update(MentionRow).where(MentionRow.user_id == by.id, MentionRow.read_at.is_(None))
        if document_id is not None:
            statement = statement.where(MentionRow.document_id == document_id)
        if comment_id is not None:
            statement = statement.where(MentionRow.comment_id == comment_id)
        with self.store.writing() as session:
            session.execute(statement.values(read_at=self.clock.now()))


def _who_may_see(session: Session) -> list[UserRow]:
    """Return everybody who may see documents, by name."""
    return people.list_active(session, access.ALLOWED[Act.READ])


def _get_comment(session: Session, document_id: int, comment_id: int) -> CommentRow:
    row = queries.find_row(session, CommentRow, comment_id)
    if row is None or row.document_id != document_id:
        raise NotFoundError(f"There is no such comment on document {document_id}. Reload the page.")
    return row


def _same(
    session: Session, document: DocumentRow, by: Actor, text: str, field: str | None, answers: int | None, now: datetime
) -> int | None:
    """Return the number of this person's last comment on the document, where it is this very one, just said."""
    last = session.scalar(
        select(CommentRow)
        .where(CommentRow.document_id == document.id, CommentRow.user_id == by.id)
        .order_by(CommentRow.id.desc())
        .limit(1)
    )
    if last is None or last.at <= now - SAME or (last.text, last.field, last.answers) != (text, field, answers):
        return None
    return last.id
