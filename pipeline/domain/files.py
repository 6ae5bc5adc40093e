from enum import StrEnum


class FileState(StrEnum):
    """Where a received file stands; each file ends in one of the last three."""

    CLAIMED = "claimed"
    STORED = "stored"
    DUPLICATE = "duplicate"
    QUARANTINED = "quarantined"


class FileSource(StrEnum):
    DROP = "drop"
    UPLOAD = "upload"
