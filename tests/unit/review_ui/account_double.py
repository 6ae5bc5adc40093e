"""What the pages about accounts ask, in memory."""

from datetime import UTC, datetime

from pipeline.domain.actors import Actor
from pipeline.services.api_tokens import ApiTokenView
from pipeline.services.second_factors import Enrolment, SecondFactorView
from pipeline.services.sessions import SessionView

BEGUN = datetime(2026, 3, 10, 8, 0, tzinfo=UTC)
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


class FakeSessions:
    """Two sessions for everybody: this one and another."""

    def list_own(self, *, by: Actor) -> tuple[SessionView, ...]:
        return tuple(
            SessionView(id=name, begun_at=BEGUN, seen_at=BEGUN, address="192.0.2.1", agent=FIREFOX, is_this=is_this)
            for name, is_this in (("aa", True), ("bb", False))
        )


class FakeSecondFactors:
    """Somebody who is about to set theirs up."""

    def get_own(self, *, by: Actor) -> SecondFactorView:
        enrolment = Enrolment(
            secret="JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP", uri="otpauth://totp/Proofdesk:mara?secret=JBSW"
        )
        return SecondFactorView(since=None, recovery_codes=0, required_for=("approver",), enrolment=enrolment)


class FakeApiTokens:
    """No system asks yet."""

    def list_tokens(self, *, by: Actor) -> tuple[ApiTokenView, ...]:
        return ()
