from dataclasses import dataclass

from pipeline.domain.value import Value


@dataclass(frozen=True, slots=True)
class Reading:
    """One way to read a printed text: the canonical value, and what had to be assumed for it."""

    value: Value
    note: str = ""
    """The assumption in words ("day before month"); empty where the print leaves no doubt."""


def text_of(reading: Reading) -> str:
    """Return the value of a reading that is one string.

    Raises:
        TypeError: the reading holds a list or a table.
    """
    if not isinstance(reading.value, str):
        raise TypeError("a list has no single text")
    return reading.value


def distinct(readings: list[Reading]) -> tuple[Reading, ...]:
    """Return the readings without repeated values, in order."""
    seen: dict[object, Reading] = {}
    for reading in readings:
        seen.setdefault(reading.value, reading)
    return tuple(seen.values())
