"""Whatever people and machines do, in whatever order, a document only moves as the model allows."""

import shutil
from datetime import timedelta
from pathlib import Path
from tempfile import mkdtemp

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from pipeline.domain.actors import Role
from pipeline.domain.documents import ALLOWED, DocumentState
from pipeline.domain.review import Decision, FieldState, Settlement
from pipeline.errors import PipelineError, ReviewError
from pipeline.store import migrate
from pipeline.store.engine import Store
from tests import builders
from tests.builders import MACHINE
from tests.desk import Office

REACHABLE = {
    state: {state} | set().union(*(ALLOWED[after] | {after} for after in ALLOWED[state]), ALLOWED[state])
    for state in DocumentState
}
"""Where a document may be after one command, which may make two moves (queued, reading)."""


class Desk(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        folder = Path(mkdtemp(prefix="proofdesk-states-"))
        url = f"sqlite:///{folder / 'proofdesk.db'}"
        migrate.upgrade(url)
        self.office = Office(Store(url), folder)
        self.people = [self.office.hire("rowe", Role.REVIEWER), self.office.hire("both")]
        self.office.engine.answer = builders.extraction({"gross_total": "1482.00"})
        self.id = self.office.receive().id
        self.before = self.look().state
        self.approvals = 0

    def look(self):  # type: ignore[no-untyped-def]
        return self.office.reviewing.get_document(self.id, by=self.people[0])

    def attempt(self, act) -> None:  # type: ignore[no-untyped-def]
        self.before = self.look().state
        try:
            act()
        except PipelineError as error:
            assert isinstance(error, ReviewError) or "need" in str(error) or "no document type" in str(error)
            assert self.look().state is self.before, "a refused command changes nothing"

    @rule(person=st.integers(0, 1))
    def claim(self, person: int) -> None:
        self.attempt(lambda: self.office.reviewing.claim(self.id, by=self.people[person]))

    @rule(person=st.integers(0, 1), stale=st.booleans(), data=st.data())
    def settle(self, person: int, stale: bool, data: st.DataObject) -> None:
        view = self.look()
        shown = [field.record for field in view.fields if field.record.state is FieldState.OPEN]
        record = data.draw(st.sampled_from(shown or [field.record for field in view.fields]))
        decision = Decision.CONFIRM if record.machine_value is not None else Decision.ABSENT
        command = Settlement(field=record.name, decision=decision)
        revision = view.revision - stale
        self.attempt(lambda: self.office.reviewing.settle(self.id, command, by=self.people[person], revision=revision))

    @rule(person=st.integers(0, 1))
    def validate(self, person: int) -> None:
        revision = self.look().revision
        self.attempt(lambda: self.office.reviewing.validate(self.id, by=self.people[person], revision=revision))

    @rule(person=st.integers(0, 1))
    def approve(self, person: int) -> None:
        revision = self.look().revision
        self.attempt(lambda: self.office.approving.approve(self.id, by=self.people[person], revision=revision))

    @rule()
    def send_back(self) -> None:
        revision = self.look().revision
        self.attempt(lambda: self.office.approving.send_back(self.id, "look", by=self.people[1], revision=revision))

    @rule()
    def supersede(self) -> None:
        revision = self.look().revision
        self.attempt(lambda: self.office.approving.supersede(self.id, "wrong", by=self.people[1], revision=revision))

    @rule()
    def hold(self) -> None:
        view, until = self.look(), self.office.clock.now() + timedelta(days=1)
        self.attempt(
            lambda: self.office.reviewing.hold(self.id, "wait", until, by=self.people[0], revision=view.revision)
        )

    @rule()
    def retype(self) -> None:
        revision = self.look().revision
        self.attempt(lambda: self.office.reviewing.retype(self.id, "invoice", by=self.people[0], revision=revision))

    @rule(minutes=st.integers(1, 3000))
    def time_passes(self, minutes: int) -> None:
        self.before = self.look().state
        self.office.clock.advance(minutes=minutes)
        self.office.sweeping.sweep(by=MACHINE)

    @precondition(lambda self: self.office.queue.rung)
    @rule()
    def work(self) -> None:
        self.before = self.look().state
        self.office.work()

    @invariant()
    def state_is_one_the_model_allows(self) -> None:
        view = self.look()
        assert view.state in REACHABLE[self.before]
        if view.state in (DocumentState.READY, DocumentState.APPROVED):
            assert view.open_count == 0
        if view.state is DocumentState.REVIEW:
            assert view.open_count == sum(field.record.state is FieldState.OPEN for field in view.fields)
        signed = [approval for approval in view.approvals if approval.superseded_at is None]
        assert len(signed) == (view.state is DocumentState.APPROVED)
        assert len(view.approvals) >= self.approvals, "a signature never disappears"
        self.approvals = len(view.approvals)

    def teardown(self) -> None:
        self.office.store.close()
        shutil.rmtree(self.office.folder, ignore_errors=True)


TestDesk = Desk.TestCase
TestDesk.settings = settings(
    max_examples=12, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck)
)
