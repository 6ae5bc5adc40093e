"""A time-stamp authority on this machine: real answers of RFC 3161, and wrong ones on demand."""

import hashlib
import threading
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from tests.serving import Quiet, serving

LONG_AGO, LONG_AFTER = datetime(2020, 1, 1, tzinfo=UTC), datetime(2040, 1, 1, tzinfo=UTC)
SHA256 = "2.16.840.1.101.3.4.2.1"
TST_INFO = "1.2.840.113549.1.9.16.1.4"


class Wrong(StrEnum):
    """What an answer can have wrong with it."""

    IMPRINT = "over something else"
    NONCE = "to another request"
    KEY = "signed with a key that is not the certificate's"
    STRANGER = "under a root that nobody named"
    EXPIRED = "under a certificate that was over"
    PURPOSE = "under a certificate for something else"
    REFUSED = "refused"
    GARBAGE = "no such answer"
    EARLY = "of a clock that is days behind"
    LATE = "of a clock that is days ahead"
    EMPTY = "empty"
    LONG = "without end"
    ERROR = "server error"
    REDIRECT = "elsewhere"
    HANGING = "none"


def der(tag: int, *parts: bytes) -> bytes:
    body = b"".join(parts)
    size = len(body)
    if size < 0x80:
        return bytes((tag, size)) + body
    digits = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(digits))) + digits + body


def sequence(*parts: bytes) -> bytes:
    return der(0x30, *parts)


def a_set(*parts: bytes) -> bytes:
    return der(0x31, *sorted(parts))


def integer(number: int) -> bytes:
    return der(0x02, number.to_bytes(number.bit_length() // 8 + 1, "big", signed=True))


def octets(content: bytes) -> bytes:
    return der(0x04, content)


def oid(dotted: str) -> bytes:
    first, second, *others = map(int, dotted.split("."))
    out = b""
    for number in (first * 40 + second, *others):
        digits = bytes((number & 0x7F,))
        while number := number >> 7:
            digits = bytes((number & 0x7F | 0x80,)) + digits
        out += digits
    return der(0x06, out)


def algorithm(dotted: str, *parameters: bytes) -> bytes:
    return sequence(oid(dotted), *parameters)


NULL = b"\x05\x00"


@dataclass(frozen=True)
class Kind:
    """How an authority signs."""

    make: Any
    hashed: hashes.HashAlgorithm
    algorithm: bytes
    padding: Any = None

    def sign(self, key: Any, text: bytes) -> bytes:
        if isinstance(key, rsa.RSAPrivateKey):
            return key.sign(text, self.padding, self.hashed)
        return bytes(key.sign(text, ec.ECDSA(self.hashed)))


def _rsa() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 2048)


PSS = algorithm(
    "1.2.840.113549.1.1.10",
    sequence(
        der(0xA0, algorithm(SHA256, NULL)),
        der(0xA1, algorithm("1.2.840.113549.1.1.8", algorithm(SHA256, NULL))),
        der(0xA2, integer(32)),
    ),
)
KINDS = {
    "rsa": Kind(_rsa, hashes.SHA256(), algorithm("1.2.840.113549.1.1.1", NULL), padding.PKCS1v15()),
    "rsa-512": Kind(_rsa, hashes.SHA512(), algorithm("1.2.840.113549.1.1.13", NULL), padding.PKCS1v15()),
    "pss": Kind(_rsa, hashes.SHA256(), PSS, padding.PSS(padding.MGF1(hashes.SHA256()), 32)),
    "p256": Kind(lambda: ec.generate_private_key(ec.SECP256R1()), hashes.SHA256(), algorithm("1.2.840.10045.4.3.2")),
    "p384": Kind(lambda: ec.generate_private_key(ec.SECP384R1()), hashes.SHA384(), algorithm("1.2.840.10045.4.3.3")),
}
HASH_OIDS = {"sha256": SHA256, "sha384": "2.16.840.1.101.3.4.2.2", "sha512": "2.16.840.1.101.3.4.2.3"}


def certify(
    name: str,
    key: Any,
    above: tuple[x509.Name, Any] | None = None,
    *,
    is_root: bool = False,
    until: datetime = LONG_AFTER,
    purpose: x509.ObjectIdentifier = ExtendedKeyUsageOID.TIME_STAMPING,
) -> x509.Certificate:
    """Return a certificate; `above` is the name and the key of what signs it, itself if none."""
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    issuer, signer = above or (subject, key)
    building = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(LONG_AGO)
        .not_valid_after(until)
        .add_extension(x509.BasicConstraints(ca=is_root, path_length=None), critical=True)
    )
    if not is_root:
        building = building.add_extension(x509.ExtendedKeyUsage([purpose]), critical=True)
    else:
        uses = x509.KeyUsage(False, False, False, False, False, True, True, False, False)
        building = building.add_extension(uses, critical=True)
    return building.sign(signer, hashes.SHA256())


@dataclass
class Authority:
    """One that signs under a certificate of its own, which a root signed; `between` puts one more between them."""

    kind: str = "p256"
    between: bool = False
    is_between_root: bool = True
    """Whether the one between may sign certificates."""
    sends_root: bool = False
    """Whether its root comes along, which nothing in the answer needs."""
    wrong: Wrong | None = None
    now: datetime | None = None
    """What its clock says; None: the machine's."""
    asked: list[bytes] = field(default_factory=list[bytes])

    def __post_init__(self) -> None:
        self.how = KINDS[self.kind]
        root = self.how.make()
        self.root = certify("Root", root, is_root=True)
        above = (self.root.subject, root)
        self.sent: list[x509.Certificate] = []
        if self.between:
            middle = self.how.make()
            self.sent.append(certify("Between", middle, above, is_root=self.is_between_root))
            above = (self.sent[0].subject, middle)
        if self.sends_root:
            self.sent.append(self.root)
        self.key = self.how.make()
        self.certificate = certify("Time-stamps", self.key, above)
        self.expired = certify("Time-stamps", self.key, above, until=datetime(2021, 1, 1, tzinfo=UTC))
        self.for_mail = certify("Time-stamps", self.key, above, purpose=ExtendedKeyUsageOID.EMAIL_PROTECTION)
        strange = self.how.make()
        self.strange = certify("Time-stamps", self.key, (self.root.subject, strange))

    @property
    def pem(self) -> bytes:
        """The file that this authority's customers are given."""
        return self.root.public_bytes(Encoding.PEM)

    def answer(self, request: bytes) -> bytes:
        """Return what it answers to a request (RFC 3161, 2.4)."""
        self.asked.append(request)
        match self.wrong:
            case Wrong.GARBAGE:
                return b"<html>Welcome to our hotel's network</html>"
            case Wrong.EMPTY:
                return b""
            case Wrong.REFUSED:
                return sequence(sequence(integer(2)))
            case _:
                return sequence(sequence(integer(0)), self._token(*_read(request)))

    def stamp(self, content: bytes) -> bytes:
        """Return its answer to whoever wants to have the content stamped."""
        imprint = sequence(algorithm(SHA256, NULL), octets(hashlib.sha256(content).digest()))
        return self.answer(sequence(integer(1), imprint, integer(77), der(0x01, b"\xff")))

    def _token(self, imprint: bytes, nonce: int) -> bytes:
        at = self.now or datetime.now(UTC)
        at += {Wrong.EARLY: timedelta(days=-3), Wrong.LATE: timedelta(days=3)}.get(self.wrong, timedelta())  # type: ignore[arg-type]
        if self.wrong is Wrong.IMPRINT:
            imprint = sequence(algorithm(SHA256, NULL), octets(hashlib.sha256(b"another").digest()))
        said = sequence(
            integer(1),
            oid("1.3.6.1.4.1.57264.2"),
            imprint,
            integer(len(self.asked)),
            der(0x18, f"{at.astimezone(UTC):%Y%m%d%H%M%S}Z".encode()),
            integer(nonce + (self.wrong is Wrong.NONCE)),
        )
        chosen = {Wrong.EXPIRED: self.expired, Wrong.PURPOSE: self.for_mail, Wrong.STRANGER: self.strange}
        certificate = chosen.get(self.wrong, self.certificate)  # type: ignore[arg-type]
        certificates = [one.public_bytes(Encoding.DER) for one in (certificate, *self.sent)]
        hashed = algorithm(HASH_OIDS[self.how.hashed.name], NULL)
        return sequence(
            oid("1.2.840.113549.1.7.2"),
            der(
                0xA0,
                sequence(
                    integer(3),
                    a_set(hashed),
                    sequence(oid(TST_INFO), der(0xA0, octets(said))),
                    der(0xA0, *sorted(certificates)),
                    a_set(self._signed(said, certificate, hashed)),
                ),
            ),
        )

    def _signed(self, said: bytes, certificate: x509.Certificate, hashed: bytes) -> bytes:
        whole = certificate.public_bytes(Encoding.DER)
        digest = hashlib.new(self.how.hashed.name, said).digest()
        attributes = a_set(
            sequence(oid("1.2.840.113549.1.9.3"), a_set(oid(TST_INFO))),
            sequence(oid("1.2.840.113549.1.9.4"), a_set(octets(digest))),
            sequence(
                oid("1.2.840.113549.1.9.16.2.47"),
                a_set(sequence(sequence(sequence(octets(hashlib.sha256(whole).digest()))))),
            ),
        )
        key = self.how.make() if self.wrong is Wrong.KEY else self.key
        issuer = certificate.issuer.public_bytes()
        return sequence(
            integer(1),
            sequence(issuer, integer(certificate.serial_number)),
            hashed,
            b"\xa0" + attributes[1:],
            self.how.algorithm,
            octets(self.how.sign(key, attributes)),
        )


def _read(request: bytes) -> tuple[bytes, int]:
    """Return a request's imprint as it stands there, and its number (nonce)."""
    at = 2 if request[1] < 0x80 else 3
    parts: list[bytes] = []
    while at < len(request):
        size = request[at + 1]
        parts.append(request[at : at + 2 + size])
        at += 2 + size
    numbers = [int.from_bytes(part[2:], "big", signed=True) for part in parts if part[0] == 0x02]
    return parts[1], numbers[1]


@contextmanager
def listening(authority: Authority) -> Generator[str]:
    """Let the authority answer over HTTP; the address is given."""
    over = threading.Event()

    class Handler(Quiet):
        def do_POST(self) -> None:
            request = self.rfile.read(int(self.headers["Content-Length"]))
            if authority.wrong is Wrong.HANGING:
                over.wait(60)
                return
            if authority.wrong is Wrong.REDIRECT:
                self.send_response(307)
                self.send_header("Location", "/elsewhere")
                self.end_headers()
                return
            content = authority.answer(request)
            self.send_response(500 if authority.wrong is Wrong.ERROR else 200)
            self.send_header("Content-Type", "application/timestamp-reply")
            self.end_headers()
            self.wfile.write(content * 100_000 if authority.wrong is Wrong.LONG else content)

    with serving(Handler) as place:
        try:
            yield f"http://{place}/tsa"
        finally:
            over.set()  # or who hangs would be waited for
