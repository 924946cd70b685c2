"""What the front desk does for people over the gateway's API, while doors and programs come and go."""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import httpx2

from protocol.base import as_wire_time
from protocol.site import Item, Site, Space

_AGAIN_AFTER_S: Final = 0.5
_LOOK_EVERY_S: Final = 0.2
_LISTS_ARRIVE_WITHIN_S: Final = 6.0
_BOOKED_FOR: Final = timedelta(minutes=45)
_LENT_FOR: Final = timedelta(hours=4)


@dataclass(frozen=True, slots=True)
class Booked:
    """A booking that was made."""

    id: str
    space: Space
    ends_at: datetime


class Reception:
    """Asks the gateway. While it does not answer, being started again, the desk waits with `pause`."""

    def __init__(
        self, http: httpx2.AsyncClient, now: Callable[[], datetime], pause: Callable[[float], Awaitable[None]]
    ) -> None:
        self._http = http
        self._now = now
        self._pause = pause

    async def book(self, site: Site, member: str) -> Booked | None:
        """Book a meeting room of the site from now on; None where all are taken."""
        behind_doors = {door.space for door in site.doors}
        rooms = [s for s in site.spaces if s.kind == "meeting" and s.bookable and s.id in behind_doors]
        starts_at = self._now().replace(second=0, microsecond=0)
        for room in rooms:
            booking = await self._ask(
                "POST",
                "/api/v1/bookings",
                {
                    "site": site.id,
                    "space": room.id,
                    "member": member,
                    "starts_at": as_wire_time(starts_at),
                    "ends_at": as_wire_time(starts_at + _BOOKED_FOR),
                },
            )
            if booking is not None:
                return Booked(booking["id"], room, starts_at + _BOOKED_FOR)
        return None

    async def give_back(self, booked: Booked) -> None:
        """Cancel what is left of a booking."""
        await self._ask("DELETE", f"/api/v1/bookings/{booked.id}")

    async def lend(self, site: Site, member: str) -> Item | None:
        """Promise an item that nobody has; None where there is none left."""
        for item in site.items:
            due_at = as_wire_time(self._now() + _LENT_FOR)
            wish = {"site": site.id, "item": item.id, "member": member, "due_at": due_at}
            if await self._ask("POST", "/api/v1/loans", wish) is not None:
                return item
        return None

    async def items_out(self, site: Site) -> set[str]:
        """Return the ids of the items that somebody took."""
        loans = await self._ask("GET", f"/api/v1/loans?site={site.id}")
        return {loan["item"] for loan in loans or () if loan["status"] == "out"}

    async def drop_parcel(self, site: Site, member: str, carrier: str) -> str | None:
        """Let a carrier leave a parcel: the compartment that opens for it; None where none is free."""
        parcel = await self._ask(
            "POST", "/api/v1/parcels", {"site": site.id, "member": member, "carrier": carrier}
        )
        return None if parcel is None else str(parcel["compartment"])

    async def lists(self) -> dict[str, int]:
        """Return which revision of its access list each node was issued."""
        return {held["node"]: held["issued_revision"] for held in await self._lists()}

    async def doors_know(self, nodes: Iterable[str], before: Mapping[str, int]) -> None:
        """Wait until these nodes hold lists later than `before`; after some seconds, go there anyway."""
        nodes = set(nodes)
        for _ in range(round(_LISTS_ARRIVE_WITHIN_S / _LOOK_EVERY_S)):
            held = {word["node"]: word["held_revision"] or 0 for word in await self._lists()}
            if all(held[node] > before.get(node, 0) for node in nodes & held.keys()):
                return
            await self._pause(_LOOK_EVERY_S)

    async def _lists(self) -> list[dict[str, Any]]:
        return await self._ask("GET", "/api/v1/lists") or []

    async def _ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        """Return the answer, `{}` for an empty one; None where the gateway refused."""
        while True:
            try:
                answer = await self._http.request(method, path, json=body)
            except httpx2.TransportError:
                await self._pause(_AGAIN_AFTER_S)
                continue
            if answer.is_success:
                return answer.json() if answer.content else {}
            return None
