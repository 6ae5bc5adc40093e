"""The policies that were in force."""

from datetime import datetime

from pydantic import TypeAdapter
from sqlalchemy import Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from pipeline.domain.routing import Policy
from pipeline.store.columns import PydanticJSON, UtcDateTime
from pipeline.store.tables.base import Base


class PolicyRow(Base):
    """One version of the policy; the newest is in force."""

    __tablename__ = "policies"

    version: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    by: Mapped[str] = mapped_column(String(200))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    why: Mapped[str] = mapped_column(Text)
    policy: Mapped[Policy] = mapped_column(PydanticJSON(TypeAdapter(Policy)))
