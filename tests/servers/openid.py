"""A small OpenID Connect provider on a real socket: what it says can be bent, to see what is believed."""

import base64
import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from joserfc import jwt
from joserfc.jwk import ECKey

CLIENT = "passerelle"
SECRET = "shared with nobody"  # this server's own


@dataclass
class Provider:
    """Vouches for one person. `claims` are added to the ID token's own, `key` signs it."""

    issuer: str
    now: int
    claims: dict[str, Any]
    key: ECKey = field(default_factory=lambda: ECKey.generate_key("P-256"))
    signing: ECKey | None = None
    _asked: dict[str, dict[str, str]] = field(default_factory=dict)

    def authorise(self, url: str) -> str:
        """Say yes, as the person's browser would at `url`; return the code that it comes back with."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
        assert asked["response_type"] == "code"
        assert asked["client_id"] == CLIENT
        code = f"code-{len(self._asked)}"
        self._asked[code] = asked
        return code

    def token(self, basic: str, form: dict[str, str]) -> dict[str, Any] | None:
        """Change a code into an ID token, once, for whom it was made (RFC 6749, RFC 7636)."""
        asked = self._asked.pop(form.get("code", ""), None)
        known = "Basic " + base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
        if asked is None or basic != known or form.get("redirect_uri") != asked["redirect_uri"]:
            return None
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        if base64.urlsafe_b64encode(digest).rstrip(b"=").decode() != asked["code_challenge"]:
            return None
        own = {"iss": self.issuer, "aud": CLIENT, "exp": self.now + 300, "iat": self.now, "sub": "1"}
        claims = {**own, "nonce": asked["nonce"], **self.claims}
        return {"id_token": jwt.encode({"alg": "ES256"}, claims, self.signing or self.key)}


@contextmanager
def provider_for(now: int, **claims: Any) -> Iterator[Provider]:
    """Run a provider that vouches for `claims` at `now`, in seconds since 1970."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler)
    provider = Provider(f"http://127.0.0.1:{server.server_port}", now, claims)
    server.RequestHandlerClass = _answering(provider)
    thread = threading.Thread(target=server.serve_forever, name="openid", daemon=True)
    thread.start()
    yield provider
    server.shutdown()
    server.server_close()
    thread.join()


def _answering(provider: Provider) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:  # http.server's name
            if self.path == "/.well-known/openid-configuration":
                self._tell(
                    {
                        "issuer": provider.issuer,
                        "authorization_endpoint": f"{provider.issuer}/authorise",
                        "token_endpoint": f"{provider.issuer}/token",
                        "jwks_uri": f"{provider.issuer}/keys",
                    }
                )
            else:
                self._tell({"keys": [provider.key.as_dict(private=False)]})

        def do_POST(self) -> None:  # http.server's name
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            form = {name: values[0] for name, values in parse_qs(body).items()}
            told = provider.token(self.headers.get("Authorization", ""), form)
            self._tell(told or {"error": "invalid_grant"}, 200 if told else 400)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # http.server's name
            """Say nothing."""

        def _tell(self, told: dict[str, Any], status: int = 200) -> None:
            body = json.dumps(told).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    return Handler
