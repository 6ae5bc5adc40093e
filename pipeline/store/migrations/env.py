"""What Alembic runs: `pipeline.store.migrate` hands it a connection inside an open transaction."""

from typing import Any, Literal

from alembic import context
from sqlalchemy import JSON
from sqlalchemy.types import TypeDecorator

from pipeline.store.tables import Base


def _render_item(kind: str, item: Any, autogen: Any) -> str | Literal[False]:
    """Write our own column types as the plain ones they are made of: a migration must outlive the code of its day."""
    if kind == "type" and isinstance(item, TypeDecorator):
        impl: Any = item.impl_instance  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
        return "sa.JSON()" if isinstance(impl, JSON) else f"sa.{impl!r}"
    return False


def _run() -> None:
    connection = context.config.attributes["connection"]
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        transactional_ddl=True,  # SQLite can, where the driver leaves BEGIN alone: a failed migration leaves nothing
        transaction_per_migration=False,
        render_as_batch=True,
        render_item=_render_item,
    )
    context.run_migrations()


_run()
