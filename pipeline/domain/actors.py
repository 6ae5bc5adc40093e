from enum import StrEnum

from pipeline.domain.sight import EVERYTHING, Sight
from pipeline.domain.value import Frozen


class Role(StrEnum):
    REVIEWER = "reviewer"
    APPROVER = "approver"
    AUDITOR = "auditor"
    ADMINISTRATOR = "administrator"


class Act(StrEnum):
    """What a service can be asked to do; access.py says which roles may."""

    RECEIVE = "receive"
    PROCESS = "process"
    READ = "read"
    REVIEW = "review"
    ASSIGN = "assign"
    COMMENT = "comment"
    RETRY = "retry"
    APPROVE = "approve"
    DELIVER = "deliver"
    SWEEP = "sweep"
    LEARN = "learn"
    ASSURE = "assure"
    AUDIT = "audit"
    PRESERVE = "preserve"
    ERASE = "erase"
    OPERATE = "operate"
    ADMINISTER = "administer"
    SELF = "self"


class Scope(StrEnum):
    """What the token of another system may cover."""

    RECEIVE = "receive"
    READ = "read"
    EXPORT = "export"


class Actor(Frozen):
    """Who asks: a person with roles, or a named part of the machine."""

    id: int | None
    """The account's id; None for the machine."""
    name: str
    """The login name, or `machine:<part>`."""
    display_name: str = ""
    roles: frozenset[Role] = frozenset()
    sight: Sight = EVERYTHING
    """Which documents exist for them, by the groups they are in; every service applies it."""
    session: str | None = None
    """A person's browser, by the public id of its session; None where they ask by other ways."""

    scopes: frozenset[Scope] | None = None
    """Another system's, which has no roles; None: a person, or the machine."""

    @property
    def is_person(self) -> bool:
        return self.id is not None

    @classmethod
    def machine(cls, part: str) -> "Actor":
        return cls(id=None, name=f"machine:{part}", display_name=f"machine ({part})")
