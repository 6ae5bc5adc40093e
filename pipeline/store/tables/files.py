"""Files seen, and the bytes kept of them."""

from datetime import datetime

from sqlalchemy import BigInteger, Boolean, ForeignKey, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from pipeline.domain.files import FileSource, FileState
from pipeline.store.columns import Sealed, UtcDateTime
from pipeline.store.tables.base import Base, Folder, Id


class FileRow(Base):
    """One file seen, by whatever door."""

    __tablename__ = "files"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    state: Mapped[FileState] = mapped_column(String(16), index=True)
    source: Mapped[FileSource] = mapped_column(String(16))
    token: Mapped[str] = mapped_column(String(40), unique=True)
    """Names the file in the claimed folder: how a row and a moved file find each other after a crash."""
    name: Mapped[str] = mapped_column(Sealed(Text(), "files.name", ""))
    """Path as dropped, relative to the root, "/" between parts."""
    folder: Mapped[str] = mapped_column(Folder, default="", server_default="", index=True)
    """That of the name, as `pipeline.domain.sight.folder_of` gives it."""
    size: Mapped[int] = mapped_column(BigInteger)
    sha256: Mapped[str | None] = mapped_column(String(64), index=True)
    page_count: Mapped[int | None] = mapped_column(Integer)
    preset_type: Mapped[str | None] = mapped_column(String(64))
    duplicate_of: Mapped[int | None] = mapped_column(ForeignKey("files.id"))
    reason_code: Mapped[str | None] = mapped_column(String(40))
    reason: Mapped[str | None] = mapped_column(Sealed(Text(), "files.reason"))
    received_by: Mapped[str] = mapped_column(String(200))
    received_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    settled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    moved: Mapped[bool] = mapped_column(Boolean, default=False)
    """Whether the dropped file has reached processed/, duplicates/ or quarantine/."""
    key: Mapped[str | None] = mapped_column(String(32))
    """Names the key in the vault that belongs to it and to the document that it became."""
    erased_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """Since when its bytes and its name are gone; its hash stays, for evidence made before."""


class BlobRow(Base):
    """The bytes of a stored file, once for each hash."""

    __tablename__ = "blobs"

    sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    size: Mapped[int] = mapped_column(BigInteger)
    file_id: Mapped[int] = mapped_column(ForeignKey("files.id"))
    """The first file with these bytes."""
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
