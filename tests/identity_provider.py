"""A real OpenID Connect provider on 127.0.0.1: real HTTP, real keys, and mischief on demand."""

import base64
import hashlib
import hmac
import json
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from flask import Flask, Response, jsonify, redirect, request
from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey
from werkzeug.serving import BaseWSGIServer, make_server

CLIENT_ID, CLIENT_SECRET = "proofdesk", "a secret of the client"


@dataclass
class Person:
    """Whom the provider knows."""

    subject: str
    name: str
    groups: list[str]
    login: str = ""


@dataclass
class Granted:
    """One log-in that waits to be redeemed."""

    person: Person
    asked: dict[str, str]


@dataclass
class Provider:
    """What it does wrong is named by `mischief`; every log-in is whoever `person` is at that time."""

    person: Person
    url: str = ""
    mischief: str = ""
    key: RSAKey = field(default_factory=lambda: RSAKey.generate_key(2048, {"kid": "one", "use": "sig", "alg": "RS256"}))
    codes: dict[str, Granted] = field(default_factory=dict[str, Granted])
    tokens: dict[str, Person] = field(default_factory=dict[str, Person])
    asked: list[str] = field(default_factory=list[str])
    """Paths of all requests, oldest first."""
    left: list[str] = field(default_factory=list[str])
    """Clients of whom somebody logged out."""
    groups_in_token: bool = True

    def app(self) -> Flask:
        app = Flask("provider")

        @app.before_request
        def note() -> Response | None:
            self.asked.append(request.path)
            return redirect("/elsewhere") if self.mischief == f"redirect of {request.path}" else None

        @app.get("/.well-known/openid-configuration")
        def description() -> Response:
            issuer = "https://elsewhere.example" if self.mischief == "other description" else self.url
            return jsonify(
                issuer=issuer,
                authorization_endpoint=f"{self.url}/authorize",
                token_endpoint=f"{self.url}/token",
                userinfo_endpoint=f"{self.url}/userinfo",
                jwks_uri=f"{self.url}/keys",
                end_session_endpoint=f"{self.url}/leave",
                authorization_response_iss_parameter_supported=True,
                token_endpoint_auth_methods_supported=["client_secret_basic"],
                id_token_signing_alg_values_supported=["RS256", "HS256", "none"],
            )

        @app.get("/keys")
        def keys() -> Response:
            return jsonify(keys=[self.key.as_dict(private=False)])

        @app.get("/authorize")
        def authorize() -> str:
            """Show a page with a button, as providers do."""
            asked = request.args.items()
            fields = "".join(f'<input type="hidden" name="{name}" value="{text}">' for name, text in asked)
            button = f"<button>I am {self.person.name}</button>"
            return f'<!doctype html><title>Provider</title><form method="post">{fields}{button}</form>'

        @app.post("/authorize")
        def granted() -> Response:
            return redirect(self.grant(request.form.to_dict()))

        @app.post("/token")
        def token() -> tuple[Response, int] | Response:
            expected = base64.b64encode(f"{CLIENT_ID}:{CLIENT_SECRET}".replace(" ", "+").encode()).decode()
            plain = base64.b64encode(f"{CLIENT_ID}:{CLIENT_SECRET}".encode()).decode()
            if request.headers.get("Authorization") not in (f"Basic {expected}", f"Basic {plain}"):
                return jsonify(error="invalid_client"), 401
            grant = self.codes.pop(request.form.get("code", ""), None)
            challenge = hashlib.sha256(request.form.get("code_verifier", "").encode()).digest()
            if (
                grant is None
                or grant.asked["redirect_uri"] != request.form.get("redirect_uri")
                or grant.asked["code_challenge_method"] != "S256"
                or base64.urlsafe_b64encode(challenge).rstrip(b"=").decode() != grant.asked["code_challenge"]
            ):
                return jsonify(error="invalid_grant"), 400
            access = secrets.token_urlsafe(16)
            self.tokens[access] = grant.person
            return jsonify(access_token=access, token_type="Bearer", id_token=self.id_token(grant))

        @app.get("/userinfo")
        def userinfo() -> Response:
            person = self.tokens[request.headers["Authorization"].removeprefix("Bearer ")]
            subject = "somebody else" if self.mischief == "other person's userinfo" else person.subject
            return jsonify(sub=subject, name=person.name, groups=person.groups)

        @app.get("/leave")
        def leave() -> Response:
            self.left.append(request.args["client_id"])
            return redirect(request.args["post_logout_redirect_uri"])

        return app

    def grant(self, asked: dict[str, str]) -> str:
        """Let the person in; return where their browser goes."""
        code = secrets.token_urlsafe(16)
        self.codes[code] = Granted(self.person, asked)
        answer = {"code": code, "state": asked["state"], "iss": self.url}
        match self.mischief:
            case "swapped state":
                answer["state"] = secrets.token_urlsafe(32)
            case "other issuer's answer":
                answer["iss"] = "https://elsewhere.example"
            case "nameless answer":
                del answer["iss"]
            case "refusal":
                answer = {"error": "access_denied", "state": asked["state"], "iss": self.url}
        return f"{asked['redirect_uri']}?{urlencode(answer)}"

    def id_token(self, grant: Granted) -> str:
        now = int(time.time())
        claims: dict[str, Any] = {
            "iss": self.url,
            "sub": grant.person.subject,
            "aud": CLIENT_ID,
            "iat": now,
            "exp": now + 300,
            "nonce": grant.asked["nonce"],
            "name": grant.person.name,
            "preferred_username": grant.person.login or grant.person.name.lower(),
        }
        if self.groups_in_token:
            claims["groups"] = grant.person.groups
        header, key = {"alg": "RS256", "kid": self.key.kid}, self.key
        match self.mischief:
            case "wrong nonce":
                claims["nonce"] = "of another log-in"
            case "no nonce":
                del claims["nonce"]
            case "wrong audience":
                claims["aud"] = "another client"
            case "other party":
                claims |= {"aud": [CLIENT_ID, "another client"], "azp": "another client"}
            case "other issuer":
                claims["iss"] = "https://elsewhere.example"
            case "expired":
                claims |= {"iat": now - 900, "exp": now - 600}
            case "no expiry":
                del claims["exp"]
            case "no subject":
                del claims["sub"]
            case "alg none":
                parts = [_part({"alg": "none"}), _part(claims), ""]
                return ".".join(parts)
            case "signed with the client's secret":
                header = {"alg": "HS256"}
                return jwt.encode(header, claims, OctKey.import_key(CLIENT_SECRET), algorithms=["HS256"])
            case "signed with the public key":
                # what a verifier falls for that takes the token's word for its algorithm
                header = {"alg": "HS256", "kid": self.key.kid}
                signed = f"{_part(header)}.{_part(claims)}"
                mac = hmac.digest(self.key.as_pem(private=False), signed.encode(), "sha256")
                return f"{signed}.{base64.urlsafe_b64encode(mac).rstrip(b'=').decode()}"
            case "somebody else's key":
                stranger = RSAKey.generate_key(2048, {"kid": self.key.kid})
                return jwt.encode(header, claims, stranger)
            case "no token":
                return ""
        return jwt.encode(header, claims, key)

    def change_key(self) -> None:
        """Sign with a new key from now on, as providers do every few weeks."""
        self.key = RSAKey.generate_key(2048, {"kid": secrets.token_hex(4), "use": "sig", "alg": "RS256"})

    def log_in(self, address: str) -> str:
        """Do what a person does at the provider's page; return where their browser goes then."""
        return self.grant(dict(parse_qsl(urlsplit(address).query)))


def _part(value: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


@contextmanager
def serving(app: Any, host: str = "127.0.0.1") -> Iterator[str]:
    """Serve an application in a thread; its address is given."""
    server: BaseWSGIServer = make_server(host, 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield urlunsplit(("http", f"{host}:{server.server_port}", "", "", ""))
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def providing(person: Person) -> Iterator[Provider]:
    """Run a provider."""
    provider = Provider(person)
    # another site than the pages: a browser counts names, not ports
    with serving(provider.app(), "localhost") as url:
        provider.url = url
        yield provider
