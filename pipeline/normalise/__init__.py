"""Printed or typed text to values and back: pure, strict, and open about what can be read in more than one way."""

from pipeline.normalise.checks import failed_checks
from pipeline.normalise.kinds import check_canonical, read_value, typed
from pipeline.normalise.reading import Reading

__all__ = ["Reading", "check_canonical", "failed_checks", "read_value", "typed"]
