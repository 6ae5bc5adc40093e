"""What lists find by, and under which key."""

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Index, Integer
from sqlalchemy.orm import Mapped, mapped_column

from pipeline.store.columns import UtcDateTime
from pipeline.store.tables.base import Base, Term


class ListCodingRow(Base):
    """Under which generation of keys lists are sorted and searched, in one row: see `pipeline.store.listing`."""

    __tablename__ = "list_coding"

    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    newest: Mapped[int] = mapped_column(Integer)
    """What is written now lies under it; 0: as it is, without a key."""
    oldest: Mapped[int] = mapped_column(Integer)
    """The same as the newest, but while everything is written anew."""
    done: Mapped[int] = mapped_column(BigInteger)
    """The files up to this one lie under the newest already, with all that they became."""
    upto: Mapped[int] = mapped_column(BigInteger)
    """So do those after this one: they came since it began."""
    wanted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """Since when an erasure asks for another key; None: nothing does."""
    begun_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class SearchTermRow(Base):
    """One term that a document is found by: see `pipeline.services.search`."""

    __tablename__ = "search_terms"

    document_id: Mapped[int] = mapped_column(ForeignKey("documents.id"), primary_key=True, autoincrement=False)
    term: Mapped[str] = mapped_column(Term, primary_key=True)

    __table_args__ = (Index("ix_search_terms_term", "term", "document_id"),)


class FileTermRow(Base):
    """One term that a file is found by: of its name."""

    __tablename__ = "file_terms"

    file_id: Mapped[int] = mapped_column(ForeignKey("files.id"), primary_key=True, autoincrement=False)
    term: Mapped[str] = mapped_column(Term, primary_key=True)

    __table_args__ = (Index("ix_file_terms_term", "term", "file_id"),)
