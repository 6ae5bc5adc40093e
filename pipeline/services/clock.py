from datetime import UTC, datetime


class SystemClock:
    """The machine's time, as aware UTC."""

    def now(self) -> datetime:
        return datetime.now(UTC)
