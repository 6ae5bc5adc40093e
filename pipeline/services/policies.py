from dataclasses import dataclass

from pipeline.domain.actors import Act, Actor
from pipeline.domain.audit import AuditTag
from pipeline.domain.routing import Policy
from pipeline.errors import StaleTaskError
from pipeline.ports import Clock
from pipeline.services import access
from pipeline.services.desk import check_why
from pipeline.services.entries import entry
from pipeline.store import events, queries
from pipeline.store.engine import Store
from pipeline.store.tables import PolicyRow


@dataclass(frozen=True)
class Policies:
    """The rules in force; every change is a new version with its reason."""

    store: Store
    clock: Clock

    def get_current(self, *, by: Actor) -> Policy:
        access.check_may(by, Act.READ)
        with self.store.reading() as session:
            return queries.get_policy(session).policy

    def change(self, policy: Policy, why: str, *, by: Actor) -> Policy:
        """Put a new version in force and return it.

        Args:
            policy: the new rules; `version` is that of the policy they were made from.
            why: for the record.
            by: who asks.

        Raises:
            StaleTaskError: another version came into force meanwhile.
        """
        access.check_may(by, Act.ADMINISTER)
        why = check_why(why, "a change of policy")
        now = self.clock.now()
        with self.store.writing() as session:
            before = queries.get_policy(session).policy
            if policy.version != before.version:
                raise StaleTaskError(
                    f"The policy was changed meanwhile (version {before.version}). Nothing was overwritten: "
                    "reload to see the newer rules, then decide again."
                )
            after = policy.model_copy(update={"version": before.version + 1})
            session.add(PolicyRow(version=after.version, by=by.name, at=now, why=why, policy=after))
            events.append(
                session,
                entry(
                    AuditTag.POLICY_CHANGE,
                    by,
                    now,
                    facts={"from": before.model_dump(mode="json"), "to": after.model_dump(mode="json")},
                    values={"why": why},
                ),
            )
        return after
