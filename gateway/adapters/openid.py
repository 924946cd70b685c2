"""Login at an OpenID Connect provider: authorization code with PKCE (RFC 7636), state and nonce."""

import base64
import hashlib
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

import urllib3
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from gateway.ports import Clock, Departure, ProviderFailed

_ALGORITHMS: Final = ["RS256", "PS256", "ES256", "EdDSA"]  # none that a shared secret or nobody signs
_PATIENCE_S: Final = 10.0
_LARGEST: Final = 256 * 1024


@dataclass(frozen=True, slots=True)
class Client:
    """What the provider knows this gateway as."""

    issuer: str
    id: str
    secret: str


class OpenIdProvider:
    """See `gateway.ports.IdentityProvider`. What the provider says of itself is asked at every login."""

    def __init__(self, client: Client, clock: Clock) -> None:
        self._client = client
        self._clock = clock
        self._http = urllib3.PoolManager(timeout=_PATIENCE_S, retries=False)

    @property
    def name(self) -> str:
        return urlsplit(self._client.issuer).netloc

    def depart(self, back: str) -> Departure:
        state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
        challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
        asked = {
            "response_type": "code",
            "client_id": self._client.id,
            "redirect_uri": back,
            "scope": "openid email profile",
            "state": state,
            "nonce": nonce,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        }
        url = f"{self._discovered()['authorization_endpoint']}?{urlencode(asked)}"
        return Departure(url, state, nonce, verifier)

    def arrive(self, departure: Departure, code: str, back: str) -> Mapping[str, Any]:
        known = self._discovered()
        told = self._ask(
            "POST",
            known["token_endpoint"],
            headers=urllib3.make_headers(basic_auth=f"{self._client.id}:{self._client.secret}"),
            fields={
                "grant_type": "authorization_code",
                "code": code,
                "redirect_uri": back,
                "code_verifier": departure.verifier,
            },
            encode_multipart=False,
        )
        return self._believed(str(told.get("id_token", "")), self._ask("GET", known["jwks_uri"]), departure)

    def _believed(self, token: str, keys: Mapping[str, Any], departure: Departure) -> Mapping[str, Any]:
        """Check an ID token as OpenID Connect Core 1.0, 3.1.3.7, has it."""
        rules = jwt.JWTClaimsRegistry(
            now=int(self._clock.now().timestamp()),
            leeway=60,
            iss={"essential": True, "value": self._client.issuer},
            aud={"essential": True, "value": self._client.id},
            exp={"essential": True},
            nonce={"essential": True, "value": departure.nonce},
        )
        try:
            claims = jwt.decode(token, KeySet.import_key_set({"keys": keys["keys"]}), _ALGORITHMS).claims
            rules.validate(claims)
        except (JoseError, ValueError, KeyError) as error:
            raise ProviderFailed(f"the ID token does not hold: {error!r}") from error
        if claims.get("azp", self._client.id) != self._client.id:
            raise ProviderFailed("the ID token was made for another client")
        return claims

    def _discovered(self) -> Mapping[str, Any]:
        """Return what the provider says of itself (OpenID Connect Discovery 1.0)."""
        told = self._ask("GET", f"{self._client.issuer.rstrip('/')}/.well-known/openid-configuration")
        if told.get("issuer") != self._client.issuer:
            raise ProviderFailed(f"the provider calls itself {told.get('issuer')!r}")
        if not {"authorization_endpoint", "token_endpoint", "jwks_uri"} <= told.keys():
            raise ProviderFailed("the provider's description lacks an endpoint")
        return told

    def _ask(self, method: str, url: str, **asked: Any) -> Mapping[str, Any]:
        try:
            answer = self._http.request(method, url, preload_content=False, **asked)
            body = answer.read(_LARGEST)
            answer.release_conn()
            told = json.loads(body)
        except (urllib3.exceptions.HTTPError, ValueError) as error:
            raise ProviderFailed(f"{url}: {error!r}") from error
        if answer.status >= 400 or not isinstance(told, dict):  # noqa: PLR2004  # RFC 9110: errors
            raise ProviderFailed(f"{url}: status {answer.status}")
        return told
