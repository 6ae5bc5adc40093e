from dataclasses import dataclass
from typing import Any

from sqlalchemy import and_, func, select

from pipeline.domain.actors import Act, Actor
from pipeline.domain.documents import DocumentState
from pipeline.domain.files import FileSource, FileState
from pipeline.services import access, visible
from pipeline.services.search import file_conditions
from pipeline.services.text import printable
from pipeline.services.typeshelf import TypeShelf
from pipeline.services.views import FilePage, FileView
from pipeline.store.engine import Store
from pipeline.store.tables import DocumentRow, FileRow


@dataclass(frozen=True)
class Files:
    """Every file that was ever seen, and what became of it."""

    store: Store
    types: TypeShelf

    def list_files(
        self, *, by: Actor, state: FileState | None = None, search: str = "", page: int = 1, page_size: int = 50
    ) -> FilePage:
        """Return files, newest first; the words of `search` begin words of the name, or it is a file's id."""
        access.check_may(by, Act.READ)
        sight = visible.sight_of(by, self.types)
        seen = visible.of_files(sight)
        conditions: list[Any] = [*seen]
        if state is not None:
            conditions.append(FileRow.state == state)
        with self.store.reading() as session:
            if text := printable(search).strip():
                conditions += file_conditions(session, text)
            total = session.scalar(select(func.count()).select_from(FileRow).where(*conditions)) or 0
            became = and_(
                DocumentRow.file_id == func.coalesce(FileRow.duplicate_of, FileRow.id), *visible.of_documents(sight)
            )
            rows = session.execute(
                select(FileRow, DocumentRow.id, DocumentRow.state)
                .outerjoin(DocumentRow, became)
                .where(*conditions)
                .order_by(FileRow.id.desc())
                .limit(page_size)
                .offset((max(page, 1) - 1) * page_size)
            )
            counts = session.execute(select(FileRow.state, func.count()).where(*seen).group_by(FileRow.state))
            found = {FileState(name): count for name, count in counts}
            return FilePage(
                rows=tuple(
                    _view(file, document_id, document_state, sight.is_limited)
                    for file, document_id, document_state in rows
                ),
                total=total,
                page=max(page, 1),
                page_size=page_size,
                by_state={each: found.get(each, 0) for each in FileState},
            )

    def find_document(self, file_id: int, *, by: Actor) -> int | None:
        """Return the document that a file became; None where it became none."""
        access.check_may(by, Act.READ)
        with self.store.reading() as session:
            seen = visible.of_documents(visible.sight_of(by, self.types))
            return session.scalar(select(func.min(DocumentRow.id)).where(DocumentRow.file_id == file_id, *seen))


def _view(file: FileRow, document_id: int | None, document_state: str | None, is_limited: bool) -> FileView:
    # whose first file is out of sight: that it is a duplicate is all that is said
    duplicate_of = None if is_limited and document_id is None else file.duplicate_of
    return FileView(
        id=file.id,
        state=FileState(file.state),
        source=FileSource(file.source),
        name=file.name,
        size=file.size,
        sha256=file.sha256,
        page_count=file.page_count,
        duplicate_of=duplicate_of,
        first_document_id=document_id if file.duplicate_of is not None else None,
        reason=file.reason,
        is_erased=file.erased_at is not None,
        received_by=file.received_by,
        received_at=file.received_at,
        document_id=document_id if file.duplicate_of is None else None,
        document_state=DocumentState(document_state) if document_state else None,
    )
