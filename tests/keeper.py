"""A server on this machine that keeps what is sent to it, or has something wrong with it."""

import threading
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Keeper:
    """What it was sent, and how it answers."""

    status: int = 201
    answer: bytes = b"{}"
    got: list[tuple[bytes, Message]] = field(default_factory=list[tuple[bytes, Message]])


@contextmanager
def keeping(keeper: Keeper) -> Generator[str]:
    """Let it listen; its host and port are given."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            keeper.got.append((self.rfile.read(int(self.headers["Content-Length"])), self.headers))
            self.send_response(keeper.status)
            self.send_header("Location", "/elsewhere")
            self.end_headers()
            self.wfile.write(keeper.answer)

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
