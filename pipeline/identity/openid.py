"""An OpenID Connect provider, asked over HTTPS: discovery, authorization code with PKCE, and a checked ID token."""

import hmac
import json
import threading
import time
from collections.abc import Mapping
from typing import Any, cast
from urllib.parse import urlsplit

import requests
from authlib.common.urls import add_params_to_uri
from authlib.integrations.base_client.errors import OAuthError
from authlib.integrations.requests_client import OAuth2Session
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet

from pipeline.errors import IdentityProviderUnavailableError, LoginRefusedError
from pipeline.ports import Attempt, Identity

ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
"""How an ID token may be signed: by a key that only the provider has. "none" signs nothing, HS256's key is ours."""

TIMEOUT_SECONDS = 10.0
BYTES_MAX = 1024 * 1024
"""Of one answer: a provider's documents have a few kilobytes."""
KNOWN_SECONDS = 3600.0
"""How long the provider's description is kept before it is asked for again; keys are, too, whenever a new one signs."""
LEEWAY_SECONDS = 60
"""Two clocks never agree."""

AWAY = "The single sign-on service does not answer. Try again in a minute, or tell your administrator."
STRANGE = "The single sign-on service answered with something that can't be used. Tell your administrator."
UNKNOWN = (
    "The single sign-on service does not know this installation. Tell your administrator: its client name or secret "
    "is wrong."
)
REFUSED = "What the single sign-on service said about you does not hold. Start again from the log-in page."


class OpenIdProvider:
    """One provider, known by its issuer; safe to ask from several threads."""

    def __init__(
        self, issuer: str, client_id: str, client_secret: str | None, scopes: str, wanted: tuple[str, ...] = ()
    ) -> None:
        """Keep what is needed to ask; nothing is asked yet.

        Args:
            issuer: the provider's address, exactly as it names itself.
            client_id: what it knows this installation by.
            client_secret: None for a public client, which PKCE alone protects.
            scopes: what is asked for beside `openid`.
            wanted: claims that are looked for at the userinfo endpoint where the ID token lacks them.
        """
        self.issuer = issuer
        self._wanted = wanted
        self._client_id, self._client_secret = client_id, client_secret
        self._scopes = " ".join(dict.fromkeys(["openid", *scopes.split()]))
        self._lock = threading.Lock()
        self._metadata: Mapping[str, Any] = {}
        self._keys: Mapping[str, Any] = {}
        self._known_until = 0.0

    def address(self, attempt: Attempt) -> str:
        endpoint = self._endpoint("authorization_endpoint")
        with self._session(attempt.back) as session:
            url, _state = session.create_authorization_url(
                endpoint, state=attempt.state, nonce=attempt.nonce, code_verifier=attempt.verifier
            )
        return cast(str, url)

    def redeem(self, code: str, attempt: Attempt) -> Identity:
        with self._session(attempt.back) as session:
            try:
                token = session.fetch_token(
                    self._endpoint("token_endpoint"),
                    code=code,
                    code_verifier=attempt.verifier,
                    timeout=TIMEOUT_SECONDS,
                    allow_redirects=False,
                )
            except OAuthError as error:
                if error.error in ("invalid_client", "unauthorized_client"):
                    raise IdentityProviderUnavailableError(UNKNOWN) from error
                raise LoginRefusedError(REFUSED) from error  # the code was used, timed out, or is somebody else's
            except requests.RequestException as error:
                raise IdentityProviderUnavailableError(AWAY) from error
            except ValueError as error:
                raise IdentityProviderUnavailableError(STRANGE) from error
        claims = self._checked(token, attempt.nonce)
        if any(name not in claims for name in self._wanted) and "access_token" in token:
            claims = self._more_about(claims["sub"], str(token["access_token"])) | claims
        return Identity(issuer=self.issuer, subject=claims["sub"], claims=claims)

    def leaving(self, back: str) -> str | None:
        endpoint = self._known().get("end_session_endpoint")
        if not endpoint:
            return None
        return add_params_to_uri(_safe(endpoint), [("client_id", self._client_id), ("post_logout_redirect_uri", back)])

    def names_itself(self) -> bool:
        return bool(self._known().get("authorization_response_iss_parameter_supported"))

    def _more_about(self, subject: str, access_token: str) -> dict[str, Any]:
        """Return what the userinfo endpoint says of the same person; nothing where there is none."""
        endpoint = self._known().get("userinfo_endpoint")
        if not endpoint:
            return {}
        found = self._get(endpoint, {"Authorization": f"Bearer {access_token}"})
        # an answer about somebody else is what a swapped token would get
        return found if found.get("sub") == subject else {}

    def _checked(self, token: Mapping[str, Any], nonce: str) -> dict[str, Any]:
        """Return the claims of the ID token, which says what it should, to us, now, in answer to our question.

        Raises:
            LoginRefusedError: it does not.
        """
        text = token.get("id_token")
        if not isinstance(text, str):
            raise LoginRefusedError(REFUSED)
        try:
            decoded = self._decoded(text)
            claims = CodeIDToken(
                decoded.claims,
                decoded.header,
                {
                    "iss": {"essential": True, "value": self.issuer},
                    "aud": {"essential": True, "value": self._client_id},
                    "nonce": {"essential": True},
                },
                {"nonce": nonce, "client_id": self._client_id, "access_token": token.get("access_token")},
            )
            cast(Any, claims).validate(leeway=LEEWAY_SECONDS)
        except (JoseError, ValueError, TypeError, KeyError) as error:
            raise LoginRefusedError(REFUSED) from error
        found = dict(cast(Mapping[str, Any], decoded.claims))
        # said again in our own words, where a mistake would let anybody in: whatever a library's next version does
        audience = found.get("aud")
        audiences = cast(list[object], audience) if isinstance(audience, list) else [audience]
        subject = found.get("sub")
        if (
            found.get("iss") != self.issuer
            or self._client_id not in audiences
            or not hmac.compare_digest(str(found.get("nonce")).encode(), nonce.encode())
            or not isinstance(subject, str)
            or not 0 < len(subject) <= 255
        ):
            raise LoginRefusedError(REFUSED)
        return found

    def _decoded(self, text: str) -> jwt.Token:
        try:
            return jwt.decode(text, KeySet.import_key_set(cast(Any, self._keys)), algorithms=list(ALGORITHMS))
        except InvalidKeyIdError:
            # the provider has begun to sign with a new key
            self._learn()
            return jwt.decode(text, KeySet.import_key_set(cast(Any, self._keys)), algorithms=list(ALGORITHMS))

    def _session(self, back: str) -> Any:  # authlib has no types
        return OAuth2Session(
            client_id=self._client_id,
            client_secret=self._client_secret,
            token_endpoint_auth_method=self._authentication(),
            scope=self._scopes,
            redirect_uri=back,
            code_challenge_method="S256",
        )

    def _authentication(self) -> str:
        """Return how we say who we are: by the secret in the header, where nothing else is asked for."""
        if self._client_secret is None:
            return "none"
        offered = self._known().get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
        return "client_secret_basic" if "client_secret_basic" in offered else "client_secret_post"

    def _endpoint(self, name: str) -> str:
        found = self._known().get(name)
        if not isinstance(found, str):
            raise IdentityProviderUnavailableError(STRANGE)
        return _safe(found)

    def _known(self) -> Mapping[str, Any]:
        if time.monotonic() >= self._known_until:
            self._learn()
        return self._metadata

    def _learn(self) -> None:
        """Ask the provider what it is and which keys it signs with."""
        with self._lock:
            found = self._get(f"{self.issuer.rstrip('/')}/.well-known/openid-configuration")
            if found.get("issuer") != self.issuer or not isinstance(found.get("jwks_uri"), str):
                raise IdentityProviderUnavailableError(STRANGE)
            self._keys = self._get(found["jwks_uri"])
            self._metadata, self._known_until = found, time.monotonic() + KNOWN_SECONDS

    def _get(self, url: str, headers: Mapping[str, str] | None = None) -> dict[str, Any]:
        try:
            with requests.get(
                _safe(url), headers=headers, timeout=TIMEOUT_SECONDS, allow_redirects=False, stream=True
            ) as answer:
                answer.raise_for_status()
                text = answer.raw.read(BYTES_MAX, decode_content=True)
        except requests.RequestException as error:
            raise IdentityProviderUnavailableError(AWAY) from error
        return _object(text)


def _object(text: bytes) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except ValueError as error:
        raise IdentityProviderUnavailableError(STRANGE) from error
    if not isinstance(found, dict):
        raise IdentityProviderUnavailableError(STRANGE)
    return cast(dict[str, Any], found)


def _safe(url: str) -> str:
    """Return an address that only its server can read and answer for: HTTPS, or this very machine."""
    parts = urlsplit(url)
    if parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in ("127.0.0.1", "localhost", "::1")):
        return url
    raise IdentityProviderUnavailableError(STRANGE)
