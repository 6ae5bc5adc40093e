"""Sending something to an address that an operator has set, and nowhere else."""

import ipaddress
import socket
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit, urlunsplit

from pipeline.errors import TransientError

if TYPE_CHECKING:
    import requests

BYTES_MAX = 64 * 1024
SECONDS = 10.0
PIECE = 8192
METADATA = frozenset({"100.100.100.200", "fd00:ec2::254"})
"""Where clouds tell machines their secrets, beside the link-local addresses."""


@dataclass(frozen=True)
class Address:
    """A server of somebody else's; it may be slow, wrong or gone, and is told no more than what is sent to it."""

    url: str = field(repr=False)
    """May hold a name and a password: it is never shown or logged."""
    called: str
    """What it is, to begin a sentence with."""
    setting: str
    """The variable that names it."""
    seconds: float = SECONDS
    """How long it may take to answer, and again to answer whole."""

    @property
    def host(self) -> str:
        """Its machine, with the port where it is not the usual one."""
        return urlsplit(self.url).netloc.rpartition("@")[2].lower()

    def post(self, content: bytes, headers: Mapping[str, str]) -> bytes:
        """Send the content there, and return what is answered.

        No redirect is followed, and its certificate has to be good.

        Raises:
            TransientError: it does not answer, or not as it should; the sentence names no more of it than its host.
        """
        import requests  # not before it is needed: most installations send nothing

        self._check_reachable()
        parts = urlsplit(self.url)
        plain = urlunsplit(parts._replace(netloc=self.host))
        until = time.monotonic() + 2 * self.seconds
        try:
            with requests.post(
                plain,
                data=content,
                headers=dict(headers),
                auth=(unquote(parts.username), unquote(parts.password or "")) if parts.username else _nobody,
                timeout=self.seconds,
                allow_redirects=False,
                stream=True,
            ) as answer:
                self._check_status(answer.status_code)
                return self._read(answer, until)
        except (requests.RequestException, OSError) as error:
            raise self._fault(f"does not answer ({type(error).__name__})") from error

    def _check_reachable(self) -> None:
        """Refuse what only the machine's own surroundings answer at, above all what tells it its secrets."""
        parts = urlsplit(self.url)
        try:
            found = socket.getaddrinfo(parts.hostname, parts.port or 443, type=socket.SOCK_STREAM)
        except OSError:
            return  # behind a proxy names need not be known here; without one, sending says that it can't be found
        for _family, _type, _protocol, _name, (ip, *_) in found:
            one = ipaddress.ip_address(str(ip).partition("%")[0])
            if one.is_link_local or one.is_multicast or one.is_unspecified or str(one) in METADATA:
                raise self._fault(f"is at an address that nothing may be sent to. Set {self.setting} to another")

    def _check_status(self, status: int) -> None:
        if HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.BAD_REQUEST:
            raise self._fault(f"sends elsewhere, which is not followed. Set {self.setting} to where it sends")
        if not HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
            raise self._fault(f"refuses with status {status}")

    def _read(self, answer: "requests.Response", until: float) -> bytes:
        found = b""
        raw: Any = answer.raw
        while piece := raw.read1(PIECE):
            found += piece
            if len(found) > BYTES_MAX:
                raise self._fault("answers without end")
            if time.monotonic() > until:
                raise self._fault("answers too slowly")
        return found

    def _fault(self, what: str) -> TransientError:
        return TransientError(f"{self.called} at {self.host} {what}. It is tried again.")


def _nobody(request: "requests.PreparedRequest") -> "requests.PreparedRequest":
    """Send no name and password: without this, a `.netrc` of the machine's would be asked for some."""
    return request
