"""What the watcher left in the drop folder: written by it into the data folder, read by `status` and `doctor`."""

import json
import os
import socket
import time
from pathlib import Path
from typing import Any

NAME = "watcher.json"
SILENT_SECONDS = 180.0
"""A watcher writes its report once a minute; after this long it is taken to be gone."""


def write(data: Path, content: dict[str, Any], at: float) -> None:
    """Replace the report in one step.

    Raises:
        OSError: the data folder refuses.
    """
    partial = data / f".{NAME}.{os.getpid()}.tmp"
    partial.write_text(json.dumps({**content, "at": at, "pid": os.getpid(), "host": socket.gethostname()}))
    partial.replace(data / NAME)


def read(data: Path) -> dict[str, Any]:
    """Return the last report; `watcher` says whether its writer is at work: watching, silent or unknown."""
    try:
        found = json.loads((data / NAME).read_text())
    except (OSError, ValueError):
        return {"watcher": "unknown", "waiting": 0, "left_in_place": {}, "named": []}
    age = time.time() - found.pop("at", 0.0)
    return {"watcher": "silent" if age > SILENT_SECONDS else "watching", **found}
