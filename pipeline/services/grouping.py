"""Groups: which document types and folders their members see."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from pipeline.domain.actors import Act, Actor
from pipeline.domain.audit import AuditTag
from pipeline.domain.sight import Allowance, listed_folder
from pipeline.domain.value import Frozen
from pipeline.errors import InvalidCorrectionError
from pipeline.ports import Clock
from pipeline.services import access, membership, people
from pipeline.services.entries import entry
from pipeline.services.text import printable
from pipeline.services.typeshelf import TypeShelf
from pipeline.services.views import PersonView
from pipeline.store import events, queries
from pipeline.store.engine import Store
from pipeline.store.tables import ApiTokenRow, GroupRow, MemberRow, UserRow

NAME_LONGEST = 60
FOLDERS_MOST = 100
"""Folders of one group: each is a condition of every list that its members see."""


class GroupView(Frozen):
    id: int
    name: str
    types: tuple[str, ...]
    """Names of document types; none: all."""
    folders: tuple[str, ...]
    """None: all."""
    members: tuple[PersonView, ...]
    """By the name that others see."""


@dataclass(frozen=True)
class Grouping:
    """Limits people to document types and folders. Without a group, a person sees everything."""

    store: Store
    clock: Clock
    types: TypeShelf

    def list_groups(self, *, by: Actor) -> tuple[GroupView, ...]:
        """Return every group with its members, by name."""
        access.check_may(by, Act.ADMINISTER)
        with self.store.reading() as session:
            rows = session.scalars(select(GroupRow)).all()
            members = _members(session)
            views = (_view(row, members.get(row.id, [])) for row in rows)
            return tuple(sorted(views, key=lambda view: view.name.casefold()))

    def get_group(self, group_id: int, *, by: Actor) -> GroupView:
        access.check_may(by, Act.ADMINISTER)
        with self.store.reading() as session:
            row = queries.get_group(session, group_id)
            return _view(row, _members(session).get(row.id, []))

    def add(self, name: str, types: Iterable[str], folders: Iterable[str], *, by: Actor) -> int:
        """Make a group without members; return its number.

        Args:
            name: what it is called.
            types: names of document types that its members see, with their variants; none: all.
            folders: those inside the drop folder, with all below them; none: all.
            by: who makes it.

        Raises:
            InvalidCorrectionError: the name is taken or empty, a folder is none, or nothing is limited.
            NotFoundError: there is no such type.
        """
        access.check_may(by, Act.ADMINISTER)
        allowance = self._allowance(types, folders)
        now = self.clock.now()
        with self.store.writing() as session:
            row = GroupRow(name=_checked_name(session, name), allowance=allowance, created_at=now)
            session.add(row)
            session.flush()
            _record(session, AuditTag.ACCESS_GRANT, "group", row, by, now)
            return row.id

    def change(self, group_id: int, name: str, types: Iterable[str], folders: Iterable[str], *, by: Actor) -> None:
        """Give a group another name or other limits, which hold for its members from their next request on.

        What they hold and can't see any more goes back into the queue. Arguments and errors as of `add`.
        """
        access.check_may(by, Act.ADMINISTER)
        now = self.clock.now()
        with self.store.writing() as session:
            row = queries.get_group(session, group_id)
            before = row.allowance
            allowance = self._allowance(types, folders, before.types)
            row.name, row.allowance = _checked_name(session, name, row), allowance
            tag = AuditTag.ACCESS_GRANT if _is_wider(allowance, before) else AuditTag.ACCESS_REVOKE
            facts = {"types_before": sorted(before.types), "folders_before": len(before.folders)}
            _record(session, tag, "group", row, by, now, facts)
            session.flush()
            for user_id in session.scalars(select(MemberRow.user_id).where(MemberRow.group_id == group_id)).all():
                membership.release_unseen(session, queries.get_user(session, user_id), self.types, by, now)

    def remove(self, group_id: int, *, by: Actor) -> None:
        """Remove a group that has no members any more.

        Raises:
            InvalidCorrectionError: somebody is in it, who could see everything without it, or a token is.
        """
        access.check_may(by, Act.ADMINISTER)
        now = self.clock.now()
        with self.store.writing() as session:
            row = queries.get_group(session, group_id)
            if session.scalar(select(MemberRow.user_id).where(MemberRow.group_id == group_id).limit(1)) is not None:
                raise InvalidCorrectionError(
                    f"“{row.name}” still has members, who might see everything without it. Take them out first."
                )
            if (token := _token_in(session, row, now)) is not None:
                raise InvalidCorrectionError(f"The token of “{token}” is limited by “{row.name}”. Take it back first.")
            _record(session, AuditTag.ACCESS_REVOKE, "group removed", row, by, now)
            session.delete(row)

    def set_members(self, group_id: int, user_ids: Iterable[int], *, by: Actor) -> None:
        """Put these people into a group and no others.

        Raises:
            NotFoundError: there is no such group or account.
        """
        access.check_may(by, Act.ADMINISTER)
        wanted = set(user_ids)
        with self.store.writing() as session:
            queries.get_group(session, group_id)
            in_it = set(session.scalars(select(MemberRow.user_id).where(MemberRow.group_id == group_id)))
            for user_id in sorted(in_it ^ wanted):
                user = queries.get_user(session, user_id)
                groups = {group.id for group in user.groups}
                self._put(session, user, groups ^ {group_id}, by)

    def set_groups(self, user_id: int, group_ids: Iterable[int], *, by: Actor) -> None:
        """Put a person into these groups and no others; into none: they see everything.

        Raises:
            NotFoundError: there is no such group or account.
        """
        access.check_may(by, Act.ADMINISTER)
        with self.store.writing() as session:
            self._put(session, queries.get_user(session, user_id), set(group_ids), by)

    def _put(self, session: Session, user: UserRow, wanted: Collection[int], by: Actor) -> None:
        rows = [queries.get_group(session, group_id) for group_id in sorted(wanted)]
        membership.put(session, user, rows, self.types, by, self.clock.now())

    def _allowance(
        self, types: Iterable[str], folders: Iterable[str], before: frozenset[str] = frozenset()
    ) -> Allowance:
        # one that was switched off since stays: a group that listed it alone would else show every type
        names = frozenset(name if name in before else self.types.get_enabled(name).name for name in types)
        listed = frozenset(listed_folder(folder) for folder in folders if folder.strip())
        if not names and not listed:
            raise InvalidCorrectionError("A group limits its members: choose types, list folders, or both.")
        if len(listed) > FOLDERS_MOST:
            raise InvalidCorrectionError(
                f"A group lists at most {FOLDERS_MOST} folders. List one above several of them."
            )
        return Allowance(types=names, folders=listed)


def _token_in(session: Session, group: GroupRow, now: datetime) -> str | None:
    """Return the name of a token that is good and limited by the group; None where there is none."""
    good = select(ApiTokenRow).where(ApiTokenRow.revoked_at.is_(None), ApiTokenRow.expires_at > now)
    return next((row.name for row in session.scalars(good) if group.id in (row.groups or ())), None)


def _checked_name(session: Session, name: str, own: GroupRow | None = None) -> str:
    name = printable(name).strip()
    if not name or len(name) > NAME_LONGEST:
        raise InvalidCorrectionError(f"Give the group a name of at most {NAME_LONGEST} characters.")
    taken = session.scalar(select(GroupRow.id).where(GroupRow.name == name))
    if taken is not None and (own is None or taken != own.id):
        raise InvalidCorrectionError(f"There is a group called “{name}” already. Choose another name.")
    return name


def _members(session: Session) -> dict[int, list[UserRow]]:
    """Return the members of each group, by the name that others see."""
    members: dict[int, list[UserRow]] = {}
    for user in session.scalars(select(UserRow).order_by(UserRow.display_name, UserRow.name)):
        for group in user.groups:
            members.setdefault(group.id, []).append(user)
    return members


def _view(row: GroupRow, members: list[UserRow]) -> GroupView:
    return GroupView(
        id=row.id,
        name=row.name,
        types=tuple(sorted(row.allowance.types)),
        folders=tuple(sorted(row.allowance.folders)),
        members=tuple(people.view_of(user) for user in members),
    )


def _is_wider(after: Allowance, before: Allowance) -> bool:
    """Return whether anything is seen now that was not before."""

    def gained(now: frozenset[str], then: frozenset[str]) -> bool:
        return bool(then) and (not now or bool(now - then))

    return gained(after.types, before.types) or gained(after.folders, before.folders)


def _record(
    session: Session,
    tag: AuditTag,
    what: str,
    row: GroupRow,
    by: Actor,
    now: datetime,
    facts: dict[str, Any] | None = None,
) -> None:
    """Write the event; folders and names are what can be erased, types are codes."""
    types, folders = sorted(row.allowance.types), sorted(row.allowance.folders)
    event = entry(
        tag,
        by,
        now,
        facts={**(facts or {}), "what": what, "group": row.id, "types": types, "folders": len(folders)},
        values={"group_name": row.name, "folders": folders},
    )
    events.append(session, event)
