"""Odd requests to every page, by everybody, and what no answer to any of them may hold."""

import re
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any, NamedTuple
from urllib.parse import quote

from flask import got_request_exception
from hypothesis import strategies as st
from werkzeug.test import TestResponse

from tests.integration.authorisation_matrix import WEB
from tests.integration.test_authorisation_matrix import form_of, path_of
from tests.world import ROLES, World

VISITORS = (*ROLES, "maker", None)
METHODS = ("GET", "POST", "HEAD", "OPTIONS", "PUT", "DELETE", "PATCH", "TRACE", "BREW")
SECRET = "draft-of-the-colleague-90210"
"""What a colleague has typed and not saved: nobody else's page may show it."""
TRACES = ("Traceback (most recent call last)", 'File "/', "sqlalchemy.", "werkzeug.", "jinja2.", "psycopg", "sqlite3.")
HEADERS = ("Content-Security-Policy", "X-Content-Type-Options", "Referrer-Policy")

ODD = (
    "",
    " ",
    "0",
    "-1",
    "1",
    "007",
    "2",
    "99999999",
    "999999999999999",
    "9" * 30,
    "1e3",
    "1.5",
    "٣",
    "１",
    "²",
    "nan",
    "-inf",
    "1e999",
    "null",
    "true",
    "[]",
    "{}",
    "\x00",
    "a\x00b",
    "\ud800",
    "\u202e",
    "\ufeff",
    "\r\nSet-Cookie: x=1",
    "../../etc/passwd",
    "..%2f..%2fetc%2fpasswd",
    "%",
    "%zz",
    "'; DROP TABLE users; --",
    '"><script>alert(1)</script>',
    "{{7*7}}",
    "${7*7}",
    "__class__",
    "//evil.example",
    "https://evil.example",
    "javascript:alert(1)",
    "2026-13-45",
    "0001-01-01",
    "9999-12-31",
    "10000-01-01",
    "x" * 5000,
    "ß" * 300,
    "review",
    "queued",
    "seller_name",
    "line_items",
    "_type",
    "invoice",
    "confirm",
    "take",
    "correct",
    "absent",
    "me",
    "down",
    '{"page": 1, "boxes": []}',
    '{"page": 1e400}',
    '{"page": 99, "boxes": [{"x0": 1, "top": 1, "x1": 2, "bottom": 2}], "reader": "x"}',
    "[" * 3000,
    'W/"x"',
    "1:2:3",
    ":",
    "1:",
)
NAMES = (
    "act",
    "active",
    "address",
    "after",
    "again",
    "as",
    "at",
    "automatic",
    "back",
    "bad_name",
    "before",
    "cell-description",
    "choice",
    "code",
    "column",
    "comment",
    "confirm",
    "decision",
    "density",
    "display_name",
    "document",
    "dpi",
    "entries",
    "field",
    "field-seller_name",
    "fields",
    "files",
    "folders",
    "format",
    "four_eyes_from",
    "four_eyes_types",
    "groups",
    "handling_ms",
    "header-description",
    "holder",
    "iss",
    "language",
    "name",
    "new",
    "next",
    "next_by",
    "of",
    "old",
    "on",
    "order",
    "page",
    "part",
    "password",
    "person",
    "policy",
    "priority",
    "provenance",
    "ready",
    "reason",
    "revision",
    "roles",
    "sample_rate",
    "search",
    "separate_duties",
    "shared",
    "since",
    "sort",
    "state",
    "statement",
    "talk",
    "text",
    "theme",
    "then",
    "threshold:invoice_number",
    "to",
    "type",
    "until",
    "value",
    "version",
    "why",
)
ASKED_WITH = (
    "Accept",
    "Accept-Language",
    "Accept-Encoding",
    "Content-Type",
    "Cookie",
    "If-None-Match",
    "If-Modified-Since",
    "Range",
    "Referer",
    "Origin",
    "Host",
    "X-Forwarded-For",
    "X-Forwarded-Host",
    "X-Forwarded-Proto",
    "X-HTTP-Method-Override",
    "X-CSRFToken",
    "Authorization",
    "User-Agent",
    "Content-Length",
    "Transfer-Encoding",
    "Expect",
    "Upgrade",
)

texts = st.sampled_from(ODD) | st.text(max_size=40)
pairs = st.dictionaries(st.sampled_from(NAMES) | st.text(min_size=1, max_size=8), texts, max_size=4)
headers = st.dictionaries(
    st.sampled_from(ASKED_WITH),
    st.sampled_from(
        (
            "*/*",
            "application/json",
            "text/html;q=0.1, application/json;q=0.9",
            "de",
            "xx-YY, *;q=x",
            "gzip, ???",
            "multipart/form-data",
            "multipart/form-data; boundary=",
            "application/json; charset=nope",
            'proofdesk=; theme="; density=x',
            "language=xx; theme=dark; density=dense",
            'W/"x", "y", *',
            "bytes=0-,5-1,-",
            "Thu, 99 Foo 2026 99:99:99 GMT",
            "evil.example",
            "127.0.0.1, unknown, ::::",
            "https://evil.example/",
            "DELETE",
            "Bearer x",
            "Basic !!!",
            "",
            "0",
            "x" * 3000,
        )
    ),
    max_size=3,
)


class Asked(NamedTuple):
    """One request."""

    route: str
    visitor: str | None
    document: str
    method: str | None
    """Other than the route's; None takes that."""
    parts: dict[str, str]
    """In place of the address's parts."""
    query: dict[str, str]
    form: dict[str, str]
    left_out: frozenset[str]
    """Entries of the right form that are missing."""
    headers: dict[str, str]
    body: bytes | None
    """In place of any form."""


requests = st.builds(
    Asked,
    route=st.sampled_from(sorted(WEB)),
    visitor=st.sampled_from(VISITORS),
    document=st.sampled_from(("mine", "another", "nobody", "ready", "approved", "held", "failed", "queued")),
    method=st.none() | st.none() | st.none() | st.sampled_from(METHODS),
    parts=st.dictionaries(st.integers(0, 3).map(str), texts, max_size=1) | st.just({}),
    query=pairs,
    form=pairs,
    left_out=st.frozensets(st.sampled_from(NAMES), max_size=2),
    headers=headers,
    body=st.none()
    | st.none()
    | st.none()
    | st.binary(max_size=64)
    | st.sampled_from((b"{}", b"\xff\xfe", b"a=%FF&b=%")),
)


@dataclass
class Fuzzer:
    """Asks, looks at the answer, and puts back what was changed."""

    world: World
    raised: list[BaseException] = field(default_factory=list[BaseException])
    statuses: dict[int, int] = field(default_factory=dict[int, int])

    def __post_init__(self) -> None:
        world = self.world
        drafting, colleague = world.services.drafting, world.people["colleague"]
        drafting.keep(world.documents["another"], "seller_name", {"value": [SECRET]}, by=colleague)
        world.keep()
        self.marks = {name: f"nr-{name}-1" for name in world.documents}
        with world.services.store.reading() as session:
            from pipeline.store.tables import SessionRow, UserRow

            hashes = [user.password_hash for user in session.query(UserRow)]
            hashes += [row.token_sha256 for row in session.query(SessionRow)]
        self.secrets = (SECRET, *hashes, *world.tokens.values(), world.app.secret_key.hex())  # type: ignore[union-attr]
        self._note = lambda _sender, exception, **_more: self.raised.append(exception)
        got_request_exception.connect(self._note, world.app)

    def ask(self, asked: Asked) -> None:
        """Ask for real, and check the answer.

        Raises:
            AssertionError: it has what it may not have, or lacks what it must have.
        """
        self.raised.clear()
        try:
            answer = self._send(asked)
            self.statuses[answer.status_code] = self.statuses.get(answer.status_code, 0) + 1
            self._check(asked, answer)
        finally:
            self.world.restore()

    def _send(self, asked: Asked) -> TestResponse:
        row = WEB[asked.route]
        method = asked.method or asked.route.partition(" ")[0]
        path = path_of(self.world, row, asked.document).partition("?")[0]
        pieces = path.split("/")
        for place, text in asked.parts.items():
            pieces[1 + int(place) % max(1, len(pieces) - 1)] = _quoted(text)
        query = "&".join(f"{_quoted(name)}={_quoted(text)}" for name, text in asked.query.items())
        data: Any = asked.body
        if asked.body is None and method not in ("GET", "HEAD"):
            data = form_of(self.world, row, asked.visitor, asked.document)
            data |= {name: _sent(text) for name, text in asked.form.items()}
            data = {name: text for name, text in data.items() if name not in asked.left_out and name}
            data = {name.encode(errors="replace").decode(): text for name, text in data.items()}
            if isinstance(data.get("files"), str):
                data["files"] = (BytesIO(b"%PDF odd"), data["files"].replace("\r", "").replace("\n", ""))
        headers = {name: text.replace("\r", "").replace("\n", "") for name, text in asked.headers.items()}
        browser = self.world.browser(asked.visitor)
        if "Cookie" in headers:
            browser = self.world.app.test_client(use_cookies=False)
            if asked.visitor is not None:
                headers["Cookie"] += f"; proofdesk={self.world.tokens[asked.visitor]}"
        return browser.open("/".join(pieces), method=method, query_string=query, data=data, headers=headers)

    def _check(self, asked: Asked, answer: TestResponse) -> None:
        text = answer.get_data().decode(errors="replace") if answer.status_code != 304 else ""
        about = f"{asked} answered {answer.status_code}"
        # every part of this world answers: a 503 is as much of a bug as a 500
        assert answer.status_code not in (500, 503), f"{about}: {self.raised[-1:]!r} {text[:500]}"
        assert not [trace for trace in TRACES if trace in text], f"{about} with a trace of the program: {text[:2000]}"
        assert not [name for name in HEADERS if name not in answer.headers], f"{about} without its headers"
        assert "evil.example" not in answer.headers.get("Location", "").partition("?")[0], f"{about} elsewhere"
        location = answer.headers.get("Location", "/")
        assert location.startswith("/") and not location.startswith("//"), f"{about} to {location}"
        assert not [name for name, _ in answer.headers if name.lower() == "set-cookie-x"], about
        secrets = [one for one in self.secrets if one in text and not self._is_own(asked, one)]
        assert not secrets, f"{about} with {secrets}"
        named = {name for name, mark in self.marks.items() if mark in text.lower()}
        if asked.visitor in (None, "none"):
            assert not named, f"{about}, and tells {asked.visitor or 'a stranger'} of {named}"
        elif answer.status_code >= 400 and not asked.query and "/documents/" not in asked.route:
            assert not named, f"{about}, a refusal that tells of {named}"
        one = re.match(r"GET /documents/<int:document_id>(?!/approval)", asked.route)
        if one and not asked.parts and asked.method in (None, "GET"):
            assert named <= {asked.document}, f"{about}, and tells of {named - {asked.document}}"

    def _is_own(self, asked: Asked, secret: str) -> bool:
        """Say whether the person sent it themselves: their own cookie, echoed nowhere, would be a finding, too."""
        return secret in asked.query.values() or secret in asked.form.values()


def _quoted(text: str) -> str:
    return quote(text.encode(errors="surrogatepass"), safe="")


def _sent(text: str) -> str:
    return text.encode(errors="replace").decode()
