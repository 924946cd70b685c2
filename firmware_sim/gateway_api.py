"""The gateway's HTTP API, as the simulator and the judge use it."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, date, datetime
from typing import Any, NamedTuple

import httpx2

from protocol.base import as_wire_time

Plain = Mapping[str, Any]

_PAGE = 5000
_PATIENCE_S = 60.0


class Revisions(NamedTuple):
    """The revision of its list that was issued to a node, and the one that it has said to hold."""

    issued: int
    held: int


class GatewayRefused(Exception):
    """The gateway said no; `status` is the HTTP status, the text its problem's title, detail and errors."""

    def __init__(self, request: str, status: int, problem: str) -> None:
        super().__init__(f"{request}: {status}: {problem}")
        self.status = status


class GatewayApi:
    """`http` has the gateway's base URL and, for what is asked here, an administrator's bearer key."""

    def __init__(self, http: httpx2.Client) -> None:
        self._http = http

    @classmethod
    def at(cls, url: str, key: str) -> "GatewayApi":
        """Reach a gateway by its URL with an API key."""
        headers = {"Authorization": f"Bearer {key}"}
        return cls(httpx2.Client(base_url=url, headers=headers, timeout=_PATIENCE_S))

    def now(self) -> datetime:
        """Ask what time it is there."""
        return datetime.fromisoformat(self._get("/healthz")["now"]).astimezone(UTC)

    def move_clock(self, to: datetime) -> None:
        """Move a stepped clock, and wait until the access lists are those of that moment."""
        self._send("PUT", "/api/v1/clock", {"now": as_wire_time(to)})

    def node_settings(self, node: str) -> Plain:
        """Tell what a node must know: ledger, gateway_key and credential_key among it."""
        return self._plain(self._get(f"/api/v1/node-settings/{node}"))

    def enrol_sealing_key(self, node: str, key: str) -> None:
        """Have keys of cards sealed to a node's own public key (base64) from now on."""
        self._send("POST", f"/api/v1/nodes/{node}/sealing-key", {"key": key})

    def card_key(self, uid: bytes) -> bytes:
        """Ask for the key that belongs into a card, as whoever personalises it does."""
        return bytes.fromhex(self._send("POST", "/api/v1/card-keys", {"uid": uid.hex()})["key"])

    def member_ids(self) -> set[str]:
        """List the ids of all members."""
        return {member["id"] for member in self._get("/api/v1/members")}

    def import_members(self, members: Iterable[Plain]) -> None:
        self._send("POST", "/api/v1/imports/members", {"members": list(members)})

    def import_bookings(self, bookings: Iterable[Plain]) -> None:
        self._send("POST", "/api/v1/imports/bookings", {"bookings": list(bookings)})

    def book(self, site: str, space: str, member: str, begins_at: datetime, ends_at: datetime) -> str:
        """Book a space; returns the booking's id."""
        times = {"starts_at": as_wire_time(begins_at), "ends_at": as_wire_time(ends_at)}
        wish = {"site": site, "space": space, "member": member, **times}
        return str(self._plain(self._send("POST", "/api/v1/bookings", wish))["id"])

    def cancel(self, booking: str) -> None:
        self._send("DELETE", f"/api/v1/bookings/{booking}", {})

    def lend(self, site: str, item: str, member: str, due_at: datetime) -> Plain:
        """Lend an item; returns the loan."""
        body = {"site": site, "item": item, "member": member, "due_at": as_wire_time(due_at)}
        return self._plain(self._send("POST", "/api/v1/loans", body))

    def drop_parcel(self, site: str, member: str, carrier: str) -> Plain:
        """Let a courier put a parcel into a locker; returns the parcel."""
        body = {"site": site, "member": member, "carrier": carrier}
        return self._plain(self._send("POST", "/api/v1/parcels", body))

    def lists(self) -> dict[str, Revisions]:
        """Return how each node stands with its access list; 0 for none."""
        return {
            item["node"]: Revisions(item["issued_revision"] or 0, item["held_revision"] or 0)
            for item in self._get("/api/v1/lists")
        }

    def events(self) -> Iterator[Plain]:
        """Read the whole journal, in its order."""
        yield from self._pages("/api/v1/events", {})

    def visits(self, first: date, end: date) -> Iterator[Plain]:
        """Read the visits of the civil days in [first, end)."""
        yield from self._pages("/api/v1/visits", {"from": first.isoformat(), "to": end.isoformat()})

    def statement(self, month: str) -> Plain:
        """Read the statement of a month such as "2026-11"."""
        return self._plain(self._get(f"/api/v1/statements/{month}"))

    def _pages(self, path: str, query: Mapping[str, str]) -> Iterator[Plain]:
        cursor = None
        while True:
            page = self._get(path, {**query, "limit": _PAGE, **({"cursor": cursor} if cursor else {})})
            yield from page["items"]
            cursor = page["next_cursor"]
            if cursor is None:
                return

    def _get(self, path: str, query: Mapping[str, Any] | None = None) -> Any:
        return self._checked(self._http.get(path, params=dict(query or {})))

    def _send(self, method: str, path: str, body: Plain) -> Any:
        return self._checked(self._http.request(method, path, json=body))

    def _checked(self, response: httpx2.Response) -> Any:
        if response.is_success:
            return response.json() if response.content else None
        request = f"{response.request.method} {response.request.url}"
        raise GatewayRefused(request, response.status_code, response.text[:500])

    def _plain(self, answer: Any) -> Plain:
        if not isinstance(answer, dict):
            raise TypeError(f"the gateway answered {type(answer).__name__}, expected an object")
        return answer
