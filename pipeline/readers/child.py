"""The reading process: answers probe, read and render requests about files, until its parent closes the pipe.

Started by `pipeline.readers.process`. It parses hostile files, so it is confined before it sees the first one.
"""

import json
import os
import resource
import signal
import sys
import traceback
from pathlib import Path
from typing import Any

from pipeline.errors import DocumentError, NotFoundError, PipelineError
from pipeline.garbage import collect_rarely
from pipeline.readers.confine import confine, die_with
from pipeline.readers.filekinds import FileOfPages, PdfFile, PictureFile
from pipeline.readers.frames import MEMORY, REQUEST_BYTES_MAX, ClosedError, Frame, Kind, receive, send
from pipeline.readers.ocr.protocol import IMAGE_HEADER
from pipeline.readers.page_frame import packed
from pipeline.readers.sniff import FileKind
from pipeline.sealed_file import Readable, SealedFile, telling_damage

UNEXPECTED = "unexpected"
GRACE_SECONDS = 5.0
"""The parent's clock strikes first; this process ends itself only where there is no parent left to do it."""


def serve(requests: int, answers: int, address_space: int, parent: int | None) -> None:
    """Confine this process and answer requests until the parent is gone.

    Args:
        requests: descriptor to read from.
        answers: descriptor to write to.
        address_space: bytes.
        parent: the process to die with; None where only the end of the pipe tells of its death.
    """
    if parent is not None:
        die_with(parent)
    isolated = confine(address_space)
    collect_rarely()
    try:
        _send(answers, Kind.HELLO, _json({"network_isolated": isolated, "pid": os.getpid()}))
        while True:
            request = json.loads(receive(requests, bytes_max=REQUEST_BYTES_MAX).payload)
            _set_timers(float(request["seconds"]))
            _answer(answers, request)
            _set_timers(0)
    except ClosedError:
        return


def _set_timers(seconds: float) -> None:
    """Bound the request at hand in processor time and in time on the clock: the default actions end the process."""
    signal.setitimer(signal.ITIMER_PROF, seconds)
    signal.setitimer(signal.ITIMER_REAL, seconds + GRACE_SECONDS if seconds else 0)


def _answer(answers: int, request: dict[str, Any]) -> None:
    try:
        file = _file(request)
        with telling_damage(file):
            kind, payload = _answered(answers, request, file)
        _send(answers, kind, payload)
    except (DocumentError, NotFoundError) as error:
        _refuse(answers, error.code, str(error))
    except MemoryError:
        _refuse(answers, MEMORY, "")
    except (ClosedError, PipelineError):
        raise
    except Exception as error:  # noqa: BLE001 - whatever a hostile file makes the libraries raise is the file's fault
        _refuse(answers, UNEXPECTED, f"{type(error).__name__} at {_place(error)}")


def _file(request: dict[str, Any]) -> Readable:
    path, key = Path(request["path"]), request.get("key")
    return path if key is None else SealedFile(path, bytes.fromhex(key))


def _answered(answers: int, request: dict[str, Any], file: Readable) -> tuple[Kind, bytes]:
    """Return the answer's last frame, having sent those before it."""
    does: FileOfPages = PictureFile() if request.get("kind") == FileKind.PICTURE else PdfFile()
    if request["call"] == "probe":
        return Kind.DONE, _json({"page_count": does.probe(file, request["pages"])})
    if request["call"] == "render":
        frame = tuple(request["frame"]) if request.get("frame") else None
        return Kind.IMAGE, does.render(file, request["page"], request["dpi"], frame)
    if request["call"] == "pixels":
        width, height, grey = does.pixels(file, request["page"], request["dpi"])
        return Kind.IMAGE, IMAGE_HEADER.pack(width, height) + grey
    for page in does.pages(file, request["pages"]):
        _send(answers, Kind.PAGE, packed(page))
    return Kind.DONE, _json({"attached": does.attached(file) if request.get("attachments") else None})


def _place(error: Exception) -> str:
    """Return file and line of the innermost frame: no message, because messages quote documents."""
    frames = traceback.extract_tb(error.__traceback__)
    return f"{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else "unknown"


def _json(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


def _send(answers: int, kind: Kind, payload: bytes) -> None:
    send(answers, Frame(kind, payload, _resident()))


def _refuse(answers: int, code: str, sentence: str) -> None:
    _send(answers, Kind.ERROR, _json({"code": code, "message": sentence}))


def _resident() -> int:
    try:
        with Path("/proc/self/statm").open("rb") as file:
            return int(file.read().split()[1]) * resource.getpagesize()
    except OSError:
        return 0


def main(arguments: list[str]) -> None:
    """Run as a fresh process: descriptors, address space and the parent's process id (0 for none) are given."""
    requests, answers, address_space, parent = (int(argument) for argument in arguments)
    serve(requests, answers, address_space, parent or None)


if __name__ == "__main__":
    main(sys.argv[1:])
