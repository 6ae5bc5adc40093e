"""Where checkpoints and certificates leave the machine to: a folder, which is taken further, or an address."""

import contextlib
import os
import re
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

from pipeline.delivery.posting import Address
from pipeline.errors import TransientError

_NAME = re.compile(r"proofdesk-checkpoint-(\d{8}T\d{6})Z\.json")


@dataclass(frozen=True)
class CheckpointFolder:
    """A folder that collects checkpoints, one file each, named by their time in UTC; none is ever replaced."""

    folder: Path

    @property
    def name(self) -> str:
        return "folder"

    @property
    def place(self) -> str:
        return str(self.folder)

    def find_last(self, sent: datetime | None) -> datetime | None:
        """Return the time in the newest file's name, whatever is on record of it: a folder can lose what it had."""
        try:
            names = sorted(found[1] for name in os.listdir(self.folder) if (found := _NAME.fullmatch(name)))  # noqa: PTH208
        except FileNotFoundError:
            return None
        except OSError as error:
            raise _unreachable(self.folder, error) from error
        return datetime.strptime(names[-1], "%Y%m%dT%H%M%S").replace(tzinfo=UTC) if names else None

    def put(self, name: str, content: bytes) -> None:
        """Write the file under a name of its own, and give it its name once it is on the disk."""
        draft = self.folder / f".{name}.{secrets.token_hex(4)}"
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with draft.open("xb") as stream:
                stream.write(content)
                stream.flush()
                os.fsync(stream.fileno())
            draft.rename(self.folder / name)
        except OSError as error:
            with contextlib.suppress(OSError):
                draft.unlink(missing_ok=True)
            raise _unreachable(self.folder, error) from error

    def put_stamp(self, name: str, stamp: bytes) -> None:
        """Write the time-stamp of a checkpoint beside it, where the one lies there and the other does not."""
        beside = self.folder / name
        stamped = beside.with_suffix(".tsr")
        if beside.exists() and not stamped.exists():
            self.put(stamped.name, stamp)


@dataclass(frozen=True)
class CheckpointAddress:
    """An address that checkpoints are sent to (POST, JSON), each with its hash as what makes sending it again safe."""

    address: Address

    @property
    def name(self) -> str:
        return self.address.host

    @property
    def place(self) -> str:
        return self.address.host

    def find_last(self, sent: datetime | None) -> datetime | None:
        """Return what is on record of it: it is sent to, and asked nothing."""
        return sent

    def put(self, name: str, content: bytes) -> None:
        headers = {"Content-Type": "application/json", "Idempotency-Key": sha256(content).hexdigest()}
        self.address.post(content, headers)

    def put_stamp(self, name: str, stamp: bytes) -> None:
        """Do nothing: whoever keeps checkpoints there finds their time-stamps in the evidence."""


def _unreachable(folder: Path, error: OSError) -> TransientError:
    return TransientError(
        f"Checkpoints can't be put into {folder} ({error.strerror}). Give this user the right to write there, "
        "or set PROOFDESK_CHECKPOINTS to another folder. It is tried again."
    )
