"""What people say to each other about documents."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from pipeline.store.columns import Sealed, UtcDateTime
from pipeline.store.tables.base import Base, Id


class CommentRow(Base):
    """What somebody said about a document; the record holds it too, and keeps it when it is withdrawn."""

    __tablename__ = "comments"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    document_id: Mapped[int] = mapped_column(ForeignKey("documents.id"), index=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    field: Mapped[str | None] = mapped_column(String(64))
    """The field that it is about; None: the document."""
    answers: Mapped[int | None] = mapped_column(ForeignKey("comments.id"))
    text: Mapped[str] = mapped_column(Sealed(Text(), "comments.text", ""))
    """Empty once it is withdrawn."""
    withdrawn_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class MentionRow(Base):
    """Somebody whom a comment concerns: it names them, or answers what they said."""

    __tablename__ = "mentions"

    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), primary_key=True, autoincrement=False)
    comment_id: Mapped[int] = mapped_column(
        ForeignKey("comments.id"), primary_key=True, autoincrement=False, index=True
    )
    document_id: Mapped[int] = mapped_column(ForeignKey("documents.id"))
    """That of the comment, for lists of documents."""
    read_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    __table_args__ = (Index("ix_mentions_user_document", "user_id", "document_id"),)
