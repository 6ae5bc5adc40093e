"""The OCR process: reads one image at a time for whoever connects, until nobody has for a while.

Started by `pipeline.readers.ocr.client`, which hands over a listening socket and the lock that says it is alive. It is
confined before it sees the first image, and reads nothing but pixels: what parses files is another process.
"""

import json
import os
import resource
import signal
import socket
import sys
from pathlib import Path
from time import monotonic
from typing import Any

from pipeline.readers.confine import confine
from pipeline.readers.frames import ClosedError, Frame, GarbledError, Kind, LateError, receive, send
from pipeline.readers.ocr.engine import Engine
from pipeline.readers.ocr.protocol import IMAGE_HEADER, PIXELS_MAX
from pipeline.readers.ocr.reading import read_image

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


class OcrProcess:
    """The loop over connections: the kernel's queue of them is the queue of images."""

    def __init__(self, listener: socket.socket, engine: Engine, network_isolated: bool) -> None:
        self.listener = listener
        self.engine = engine
        self.network_isolated = network_isolated
        self.images = 0

    def serve(self) -> None:
        while self.images < IMAGES_MAX and _resident() < RESIDENT_MAX:
            self.listener.settimeout(IDLE_SECONDS)
            try:
                caller, _ = self.listener.accept()
            except TimeoutError:
                return
            except OSError:
                continue
            caller.setblocking(True)
            with caller:
                self.answer(caller.fileno())

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
                text = read_image(self.engine, self.image(payload)).model_dump_json()
            finally:
                signal.setitimer(signal.ITIMER_REAL, 0)
            send(caller, Frame(Kind.DONE, text.encode(), _resident()))
        except (ClosedError, LateError, GarbledError):
            return
        except Exception as error:  # noqa: BLE001 - an odd image may make the libraries raise anything
            self._refuse(caller, type(error).__name__)

    def facts(self) -> bytes:
        facts = {"network_isolated": self.network_isolated, "pid": os.getpid(), "images": self.images}
        return json.dumps(facts).encode()

    def image(self, payload: bytes) -> Any:
        """Return the pixels as an array of height x width.

        Raises:
            ValueError: there are fewer or more than the header says.
        """
        width, height = IMAGE_HEADER.unpack_from(payload)
        if not (0 < width * height <= PIXELS_MAX and len(payload) == IMAGE_HEADER.size + width * height):
            raise ValueError("the image is not as large as it says")
        pixels = self.engine.numpy.frombuffer(payload, dtype="uint8", offset=IMAGE_HEADER.size)
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
    """Run as a fresh process; the listening socket, the held lock and the number of threads are given."""
    listening, lock, threads = (int(argument) for argument in arguments)
    os.set_inheritable(lock, False)
    with socket.socket(fileno=listening) as listener:
        # connecting is possible already; loading goes on while the first caller waits
        isolated = confine(ADDRESS_SPACE, accepts=True, open_files=OPEN_FILES_MAX)
        OcrProcess(listener, Engine(threads or None), isolated).serve()


if __name__ == "__main__":
    main(sys.argv[1:])
