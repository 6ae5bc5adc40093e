"""A server on this machine that keeps what is sent to it, or has something wrong with it."""

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import Message

from tests.serving import Quiet, serving


@dataclass
class Keeper:
    """What it was sent, and how it answers."""

    status: int = 201
    answer: bytes = b"{}"
    got: list[tuple[bytes, Message]] = field(default_factory=list[tuple[bytes, Message]])


@contextmanager
def keeping(keeper: Keeper) -> Generator[str]:
    """Let it listen; its host and port are given."""

    class Handler(Quiet):
        def do_POST(self) -> None:
            keeper.got.append((self.rfile.read(int(self.headers["Content-Length"])), self.headers))
            self.send_response(keeper.status)
            self.send_header("Location", "/elsewhere")
            self.end_headers()
            self.wfile.write(keeper.answer)

    with serving(Handler) as place:
        yield place
