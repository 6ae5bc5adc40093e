from pipeline.domain.actors import Act, Actor, Role, Scope
from pipeline.errors import AccessDeniedError

ALLOWED: dict[Act, frozenset[Role]] = {
    Act.RECEIVE: frozenset({Role.REVIEWER, Role.APPROVER, Role.ADMINISTRATOR}),
    Act.PROCESS: frozenset(),
    Act.SWEEP: frozenset(),
    Act.DELIVER: frozenset(),
    Act.LEARN: frozenset(),
    Act.ASSURE: frozenset({Role.APPROVER, Role.AUDITOR, Role.ADMINISTRATOR}),
    Act.READ: frozenset(Role),
    Act.REVIEW: frozenset({Role.REVIEWER}),
    Act.ASSIGN: frozenset({Role.REVIEWER}),
    Act.COMMENT: frozenset(Role),
    Act.RETRY: frozenset({Role.REVIEWER, Role.ADMINISTRATOR}),
    Act.APPROVE: frozenset({Role.APPROVER}),
    Act.AUDIT: frozenset({Role.AUDITOR, Role.ADMINISTRATOR}),
    Act.PRESERVE: frozenset({Role.AUDITOR, Role.ADMINISTRATOR}),
    Act.ERASE: frozenset({Role.ADMINISTRATOR}),
    Act.OPERATE: frozenset(Role),
    Act.ADMINISTER: frozenset({Role.ADMINISTRATOR}),
    Act.SELF: frozenset(Role),
}
"""Which roles may do what; a person needs one of them."""

SCOPED: dict[Scope, frozenset[Act]] = {
    Scope.RECEIVE: frozenset({Act.RECEIVE}),
    Scope.READ: frozenset({Act.READ}),
    Scope.EXPORT: frozenset({Act.AUDIT}),
}
"""What a token of another system covers, by its scopes; nothing else at all."""

PEOPLE_ONLY = frozenset({Act.REVIEW, Act.ASSIGN, Act.COMMENT, Act.APPROVE, Act.PRESERVE, Act.ERASE, Act.SELF})
"""What no part of the machine may ever do: machines read, people sign."""

WORDS: dict[Act, str] = {
    Act.RECEIVE: "hand in documents",
    Act.PROCESS: "read documents for the machine",
    Act.SWEEP: "run the machine's own upkeep",
    Act.DELIVER: "deliver approved records",
    Act.LEARN: "train models",
    Act.ASSURE: "see what the machine has learned",
    Act.READ: "see documents",
    Act.REVIEW: "review documents",
    Act.ASSIGN: "hand documents over",
    Act.COMMENT: "comment on documents",
    Act.RETRY: "have a document read again",
    Act.APPROVE: "approve or return documents",
    Act.AUDIT: "see and export the record",
    Act.PRESERVE: "keep documents from being erased",
    Act.ERASE: "erase documents",
    Act.OPERATE: "see how the installation is doing",
    Act.ADMINISTER: "change people and policy",
    Act.SELF: "change your own account",
}


def is_allowed(by: Actor, act: Act) -> bool:
    """Return whether `by` may do `act`."""
    if by.scopes is not None:
        return any(act in SCOPED[scope] for scope in by.scopes)
    if not by.is_person:
        return by.name.startswith("machine:") and act not in PEOPLE_ONLY
    return bool(ALLOWED[act] & by.roles)


def check_may(by: Actor, act: Act) -> None:
    """Let `by` pass, or refuse.

    Raises:
        AccessDeniedError: the sentence says which role is missing.
    """
    if is_allowed(by, act):
        return
    if by.scopes is not None:
        raise AccessDeniedError(f"This token may not {WORDS[act]}. Ask an administrator for one that may.")
    needed = " or ".join(sorted(role.value for role in ALLOWED[act]))
    if needed:
        raise AccessDeniedError(f"You need the role {needed} to {WORDS[act]}. Ask an administrator for it.")
    raise AccessDeniedError(f"Only the machine itself may {WORDS[act]}.")
