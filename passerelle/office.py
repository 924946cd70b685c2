"""The gateway's API, as the commands for staff use it."""

import json
import urllib.error
import urllib.request
from typing import Any, Final

_PATIENCE_S: Final = 10.0


class OfficeRefused(Exception):
    """The gateway said no, or nothing; the text says what it said. `status` is HTTP's, 0 for no answer."""

    def __init__(self, text: str, status: int = 0) -> None:
        super().__init__(text)
        self.status = status


class Office:
    """Speaks to the gateway at `url` with an API key."""

    def __init__(self, url: str, key: str) -> None:
        """Note where the gateway is. Raises OfficeRefused for what is no web address."""
        if not url.startswith(("http://", "https://")):
            raise OfficeRefused(f"{url}: expected the gateway's address, such as https://passerelle.example")
        self._url = url.rstrip("/")
        self._key = key

    def get(self, path: str) -> Any:
        return self._send("GET", path, None)

    def post(self, path: str, body: dict[str, Any]) -> Any:
        return self._send("POST", path, body)

    def delete(self, path: str) -> None:
        self._send("DELETE", path, None)

    def _send(self, method: str, path: str, body: dict[str, Any] | None) -> Any:
        content = None if body is None else json.dumps(body).encode()
        headers = {"Authorization": f"Bearer {self._key}", "Content-Type": "application/json"}
        request = urllib.request.Request(  # noqa: S310 - its scheme was looked at above
            f"{self._url}/api/v1{path}", content, headers, method=method
        )
        try:
            with urllib.request.urlopen(request, timeout=_PATIENCE_S) as answer:  # noqa: S310 - as above
                said = answer.read()
        except urllib.error.HTTPError as error:
            raise OfficeRefused(_told(error), error.code) from error
        except OSError as error:
            raise OfficeRefused(f"{self._url} does not answer: {error}") from error
        return json.loads(said) if said else None


def _told(error: urllib.error.HTTPError) -> str:
    """Return what the problem (RFC 9457) says."""
    try:
        problem = json.loads(error.read())
        return str(problem.get("detail") or problem["title"])
    except (ValueError, KeyError, AttributeError):
        return f"the gateway answers {error.code} {error.reason}"
