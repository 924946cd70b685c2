"""Which commands a node carries out."""

import pytest

from edge.commands import CommandDeclined, CommandDesk
from tests.unit.edge.fakes import HandClock
from tests.unit.edge.gateway_side import START, TRUST, command, signed, tampered


def desk() -> CommandDesk:
    return CommandDesk(TRUST, START, HandClock())


def why_not(desk: CommandDesk, payload: bytes, *, retained: bool = False) -> tuple[str, str | None]:
    with pytest.raises(CommandDeclined) as refusal:
        desk.accept(payload, retained=retained)
    return refusal.value.reason, refusal.value.command


def test_a_signed_command_in_time_is_accepted() -> None:
    assert desk().accept(signed(command()), retained=False) == command()


def test_a_command_is_carried_out_once() -> None:
    here = desk()
    here.accept(signed(command()), retained=False)
    assert why_not(here, signed(command())) == ("replayed", "k-1")


def test_another_command_is_not_a_replay() -> None:
    here = desk()
    here.accept(signed(command()), retained=False)
    assert here.accept(signed(command(name="k-2")), retained=False).id == "k-2"


def test_a_command_after_its_deadline_is_late() -> None:
    assert why_not(desk(), signed(command(not_after_uptime_s=999.9))) == ("late", "k-1")


def test_a_command_that_was_carried_out_stays_refused_after_its_deadline() -> None:
    clock = HandClock()
    here = CommandDesk(TRUST, START, clock)
    here.accept(signed(command()), retained=False)
    clock.pass_s(60)
    here.accept(signed(command(name="k-2", not_after_uptime_s=1065)), retained=False)
    assert why_not(here, signed(command())) == ("late", "k-1")


def test_a_command_that_was_recorded_is_late_for_a_process_that_has_started_since() -> None:
    clock = HandClock()
    CommandDesk(TRUST, START, clock).accept(signed(command()), retained=False)
    clock.pass_s(1)
    restarted = CommandDesk(TRUST, "6" * 16, clock)
    assert why_not(restarted, signed(command())) == ("late", "k-1")


def test_a_command_for_another_node_is_refused() -> None:
    assert why_not(desk(), signed(command(node="ss-garden"))) == ("wrong_node", "k-1")


def test_a_command_that_the_broker_kept_is_refused() -> None:
    assert why_not(desk(), signed(command()), retained=True) == ("retained", "k-1")


def test_a_command_that_was_tampered_with_is_unsigned() -> None:
    assert why_not(desk(), tampered(signed(command()))) == ("unsigned", None)


def test_a_list_cannot_pass_for_a_command() -> None:
    assert why_not(desk(), signed(command(), "access_list")) == ("unsigned", None)


@pytest.mark.parametrize("payload", [b"", b"{}", b"\xff", b'{"v": 2}'])
def test_what_is_no_message_is_unreadable(payload: bytes) -> None:
    assert why_not(desk(), payload) == ("unreadable", None)
