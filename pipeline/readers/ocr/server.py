"""The OCR process: reads images for whoever connects, until nobody has for a while.

Started by `pipeline.readers.ocr.client`, which hands over a listening socket and the lock that says it is alive. It is
confined before it sees the first image, and reads nothing but pixels: what parses files is another process.

RapidOCR reads one image at a time, on all cores. Tesseract gains little from a second core, so as many images as there
are cores are read side by side, each by a copy of this process and the program that the copy starts.
"""

import importlib
import json
import os
import resource
import signal
import socket
import sys
from collections.abc import Callable
from pathlib import Path
from time import monotonic
from typing import Any

from pipeline.readers.confine import confine, die_with
from pipeline.readers.frames import ClosedError, Frame, GarbledError, Kind, LateError, receive, send
from pipeline.readers.ocr.choice import EngineChoice
from pipeline.readers.ocr.engine import Engine, count_cores
from pipeline.readers.ocr.protocol import IMAGE_HEADER, PIXELS_MAX, ReadImage
from pipeline.readers.ocr.reading import read_image
from pipeline.readers.ocr.tesseract import Tesseract

ADDRESS_SPACE = 4 * 1024**3
"""Bytes of address space: some three times what is ever resident."""
RESIDENT_MAX = 1536 * 1024**2
"""Resident bytes after which the process makes way for a fresh one."""
IMAGES_MAX = 200
"""Images after which it does so in any case: what its libraries leaked goes with it."""
IDLE_SECONDS = 60.0
HAND_OVER_SECONDS = 10.0
"""A caller who has connected sends its image within this time."""
GRACE_SECONDS = 5.0
OPEN_FILES_MAX = 128


Read = Callable[[Any, float], ReadImage]
"""Reads grey pixels (height x width) within some seconds; may raise anything."""


class OcrProcess:
    """The loop over connections: the kernel's queue of them is the queue of images."""

    def __init__(self, listener: socket.socket, read: Read, network_isolated: bool, copies: int = 0) -> None:
        """Serve a listening socket.

        Args:
            listener: what callers connect to.
            read: the engine.
            network_isolated: what was seen of it.
            copies: of this process that may read side by side; 0 reads here, one image after the other.
        """
        self.listener = listener
        self.read = read
        self.network_isolated = network_isolated
        self.copies = copies
        self.reading: set[int] = set()
        self.images = 0
        self.pid = os.getpid()

    def serve(self) -> None:
        while self.images < IMAGES_MAX and _resident() < RESIDENT_MAX:
            self.listener.settimeout(IDLE_SECONDS)
            try:
                caller, _ = self.listener.accept()
            except TimeoutError:
                break
            except OSError:
                continue
            caller.setblocking(True)
            with caller:
                if self.copies:
                    self._answer_aside(caller)
                else:
                    self.answer(caller.fileno())
        while self.reading:
            self._take_leave()

    def _answer_aside(self, caller: socket.socket) -> None:
        """Let a copy of this process answer, once there are not too many."""
        while len(self.reading) >= self.copies:
            self._take_leave()
        self.images += 1
        copy = os.fork()
        if copy:
            self.reading.add(copy)
            return
        try:
            die_with(self.pid)
            self.answer(caller.fileno())
        finally:
            os._exit(0)

    def _take_leave(self) -> None:
        """Wait until a copy has ended."""
        ended, _ = os.waitpid(-1, 0)
        self.reading.discard(ended)

    def answer(self, caller: int) -> None:
        """Read the image that one caller sends; whatever goes wrong ends this call, not the process."""
        try:
            until = monotonic() + HAND_OVER_SECONDS
            asked = json.loads(receive(caller, until, bytes_max=1024).payload)
            seconds = min(max(float(asked["seconds"]), 0.1), 3600.0)
            send(caller, Frame(Kind.HELLO, self.facts()))
            if asked["call"] != "read":
                return
            self.images += 1
            payload = receive(caller, until, bytes_max=PIXELS_MAX + IMAGE_HEADER.size).payload
            # the default actions end the process: the caller finds its connection closed
            signal.setitimer(signal.ITIMER_REAL, seconds + GRACE_SECONDS)
            try:
                text = self.read(self.image(payload), seconds).model_dump_json()
            finally:
                signal.setitimer(signal.ITIMER_REAL, 0)
            send(caller, Frame(Kind.DONE, text.encode(), _resident()))
        except (ClosedError, LateError, GarbledError):
            return
        except Exception as error:  # noqa: BLE001 - an odd image may make the libraries raise anything
            self._refuse(caller, type(error).__name__)

    def facts(self) -> bytes:
        facts = {"network_isolated": self.network_isolated, "pid": self.pid, "images": self.images}
        return json.dumps(facts).encode()

    def image(self, payload: bytes) -> Any:
        """Return the pixels as an array of height x width.

        Raises:
            ValueError: there are fewer or more than the header says.
        """
        width, height = IMAGE_HEADER.unpack_from(payload)
        if not (0 < width * height <= PIXELS_MAX and len(payload) == IMAGE_HEADER.size + width * height):
            raise ValueError("the image is not as large as it says")
        numpy: Any = importlib.import_module("numpy")
        pixels = numpy.frombuffer(payload, dtype="uint8", offset=IMAGE_HEADER.size)
        return pixels.reshape(height, width)

    def _refuse(self, caller: int, what: str) -> None:
        try:
            send(caller, Frame(Kind.ERROR, json.dumps({"code": "unexpected", "message": what}).encode(), _resident()))
        except ClosedError:
            return


def _resident() -> int:
    try:
        with Path("/proc/self/statm").open("rb") as file:
            return int(file.read().split()[1]) * resource.getpagesize()
    except OSError:
        return 0


def main(arguments: list[str]) -> None:
    """Run as a fresh process: the listening socket, the held lock, the threads (0: one a core), the engine's choice."""
    listening, lock, threads = (int(argument) for argument in arguments[:3])
    choice = EngineChoice(*arguments[3:])
    os.set_inheritable(lock, False)
    with socket.socket(fileno=listening) as listener:
        # connecting is possible already; loading goes on while the first caller waits
        isolated = confine(ADDRESS_SPACE, accepts=True, starts=bool(choice.program), open_files=OPEN_FILES_MAX)
        if choice.program:
            numpy: Any = importlib.import_module("numpy")
            OcrProcess(listener, Tesseract(choice, numpy).read, isolated, threads or count_cores()).serve()
        else:
            engine = Engine(threads or None)
            OcrProcess(listener, lambda grey, _: read_image(engine, grey), isolated).serve()


if __name__ == "__main__":
    main(sys.argv[1:])
