"""Whatever comes down the wire: a node takes none of it, and its doors go on deciding."""

import json
from typing import Any, Final

from hypothesis import given, settings
from hypothesis import strategies as st

from edge.ports import Received
from protocol.messages import Ack, GatewayStatus
from protocol.topics import Down, gateway_status
from tests.hostile import hostile
from tests.unit.edge.fakes import NINE
from tests.unit.edge.gateway_side import ANA, BEN, command, listing, patch, signed
from tests.unit.edge.world import World, live

_ACK: Final = Ack(ledger="ledger", node="ss-entrance", epoch="e" * 16, seq=1)
MESSAGES: Final[dict[Down, dict[str, Any]]] = {
    "ack": _ACK.model_dump(mode="json", exclude={"renew"}),
    "access": json.loads(signed(listing(9, credential=BEN))),
    "access/patch": json.loads(signed(patch(4, 5, {ANA: None}))),
    "command": json.loads(signed(command())),
    "certificate": json.loads(signed(command(), "certificate")),
}
_sent = st.sampled_from(sorted(MESSAGES)).flatmap(
    lambda kind: st.tuples(st.just(kind), hostile(MESSAGES[kind]), st.booleans())
)


@given(st.lists(_sent, min_size=1, max_size=4))
@settings(max_examples=30, deadline=None)
def test_hostile_payloads_change_nothing_at_the_door(sent: list[tuple[Down, bytes, bool]]) -> None:
    async def story(world: World) -> None:
        for kind, payload, retained in sent:
            await world.receive(kind, payload, retained=retained)
        assert world.locks["entrance"].history == []
        assert world.status().list_revision == 4
        await world.tap(ANA)
        assert world.locks["entrance"].energised

    live(story, access=listing(4))


@given(hostile(GatewayStatus(online=True, start="9" * 16, at=NINE).model_dump(mode="json")))
@settings(max_examples=30, deadline=None)
def test_a_hostile_word_about_the_gateway_changes_nothing(payload: bytes) -> None:
    async def story(world: World) -> None:
        world.node.post(Received(gateway_status("sceaux-smart"), payload, retained=True))
        await world.settle()
        await world.tap(ANA)
        assert world.locks["entrance"].energised

    live(story, access=listing(4))
