"""What all rows share."""

from sqlalchemy import BigInteger, Integer, MetaData, String
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.types import TypeEngine

# SQLite gives only INTEGER primary keys a row id of their own
Id: TypeEngine[int] = BigInteger().with_variant(Integer(), "sqlite")

# compared byte by byte, so that a beginning is one stretch of the index on both databases
Term: TypeEngine[str] = String(128).with_variant(String(128, collation="C"), "postgresql")
Order: TypeEngine[str] = String(80).with_variant(String(80, collation="C"), "postgresql")


# compared byte by byte, as `Term`
Folder: TypeEngine[str] = String(255).with_variant(String(255, collation="C"), "postgresql")


class Base(DeclarativeBase):
    """Base of all rows."""

    # every constraint has a name of its own, so that a later migration can drop or change it on both databases
    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(column_0_label)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
