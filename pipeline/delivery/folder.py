import hashlib
import os
import secrets
from contextlib import suppress
from pathlib import Path

from pipeline.errors import DestinationUnavailableError
from pipeline.ports import Receipt


class FolderDestination:
    """Writes one JSON file a delivery, named by its key; implements `pipeline.ports.Destination`.

    The file appears whole or not at all, and a repeated delivery finds it there.
    """

    name = "folder"

    def __init__(self, root: Path) -> None:
        self.root = root

    def send(self, key: str, payload: bytes) -> Receipt:
        final = self.root / f"{key}.json"
        receipt = Receipt(reference=final.name, sha256=hashlib.sha256(payload).hexdigest())
        temporary = self.root / f".{key}.{secrets.token_hex(6)}"
        try:
            if final.exists() and final.read_bytes() == payload:
                return receipt
            self.root.mkdir(parents=True, exist_ok=True)
            with temporary.open("xb") as target:
                target.write(payload)
                target.flush()
                os.fsync(target.fileno())
            temporary.replace(final)
            descriptor = os.open(self.root, os.O_RDONLY | os.O_DIRECTORY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
        except OSError as error:
            raise DestinationUnavailableError(
                f"The record could not be written to {self.root}: {error.strerror}. Free space, or mend its rights."
            ) from error
        finally:
            with suppress(OSError):  # what went wrong is told already
                temporary.unlink(missing_ok=True)
        return receipt
