"""Files that hold a secret: for their owner alone, written whole or not at all, and never written over."""

import os
import secrets
from pathlib import Path

MODE = 0o600


def put_once(path: Path, content: bytes) -> bool:
    """Write the file, synced to the disk; return False where there is one already, which stays.

    Several processes may do so at once: whoever names its complete file first wins.

    Raises:
        OSError: the folder is missing, or can't be written.
    """
    draft = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, MODE)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        os.link(draft, path)
    except FileExistsError:
        return False
    finally:
        draft.unlink()
    return True
