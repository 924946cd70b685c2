"""A canary in every table that can hold one: erased, and 91 days later, no byte of it is left."""

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import sqlalchemy as sa

from gateway import commands as ask
from gateway.adapters.ledger.tables import metadata
from gateway.commands import AddMembers, EraseMember, ExportMember, NewMember
from gateway.domain.authority import MEMBER, SYSTEM, Actor
from gateway.domain.bookings import Booking
from gateway.domain.people import Card, Member
from gateway.ports import DeadLetter
from tests.feeds import ics
from tests.unit.gateway.forgetting import retention, written_in
from tests.unit.gateway.web.place import SCEAUX, Place, card

CANARY, NAME, MAIL, VISITOR = (
    "m-canary-7f3a",
    "Zephyrine Quetzalcanari",
    "zq@oiseaux.example",
    "Lou Quetzalami",
)
_WORDS = (NAME, "Quetzalcanari", MAIL, VISITOR, card(77), card(77)[2:])
_TRACES = tuple(word.encode() for word in _WORDS)
_HELD = {
    "members", "credentials", "suspensions", "bookings", "privatisations", "loans", "parcels", "visits",
    "journal",
    "calendars", "calendar_feeds", "calendar_meetings", "calendar_subscriptions", "visitor_passes", "keys",
    "dead_letters", "lists",
}  # fmt: skip
_KEEPS_THE_ID = {"audit"}
"""Ids are kept there for as long as the law wants to know who did what: they are no names."""


def live_through(place: Place) -> None:
    """Let the canary do and suffer all that there is, and others go on beside it."""
    place.join(2)
    now = place.clock.now()
    member = Member(CANARY, NAME, "member", "staff", (SCEAUX,), None, now - timedelta(days=9), None, MAIL)

    def handle(command: ask.Command) -> object:
        return place.gateway.handle(command, SYSTEM)

    handle(AddMembers((NewMember(member, (Card(card(77)),)),)))
    place.beat()
    place.come(77)
    place.leave(77)
    _book(place, handle)
    _follow_calendars(place, handle)
    handle(ask.SuspendMember(CANARY, now + timedelta(days=20), None, f"{NAME} nous doit un projecteur"))
    handle(ask.LendItem(SCEAUX, "projector", CANARY, now + timedelta(hours=2)))
    handle(ask.DropParcel(SCEAUX, CANARY, "La Poste"))
    handle(ask.ShareCalendar(f"Agenda de {NAME}", None, None, CANARY, titles=False))
    handle(
        ask.InviteVisitor(
            SCEAUX,
            ("entrance",),
            VISITOR,
            CANARY,
            "v_" + "7" * 32,
            now,
            now + timedelta(hours=1),
            single_use=True,
        )
    )
    handle(ask.SendMemberLink(MAIL, "https://portes.example.org"))
    place.gateway.registrar.look(Actor.of(f"{MEMBER}{CANARY}", "member"), f"member:{CANARY}")
    with place.ledger.writing() as books:
        letter = DeadLetter("passerelle/s/n/up/events", "bad_field", "", f'{{"x":"{card(77)}"}}'.encode())
        books.journal.bury(letter, now)
    place.gateway.issue()
    place.gateway.take_in()


def _book(place: Place, handle: Callable[[ask.Command], object]) -> None:
    def wish(days: int, hours: int = 0, space: str = "meeting-1", *, or_wait: bool = False) -> ask.BookSpace:
        start = place.clock.now() + timedelta(days=days, hours=hours)
        return ask.BookSpace(
            SCEAUX, space, CANARY, start, start + timedelta(hours=1), f"Entretien de {NAME}", or_wait=or_wait
        )

    handle(wish(0))
    handle(ask.BookSeries((wish(1), wish(8))))
    made = handle(ask.BookSpace(SCEAUX, "meeting-2", "m-2", *_times(place, 2), None))
    assert isinstance(made, Booking)
    waiting = handle(wish(2, space="meeting-2", or_wait=True))
    assert isinstance(waiting, Booking)
    assert waiting.status == "waiting"
    handle(ask.Privatise(SCEAUX, ("meeting-3",), CANARY, *_times(place, 3), f"Fête de {NAME}", ("m-2",)))
    handle(ask.Privatise(SCEAUX, ("meeting-3",), "m-2", *_times(place, 4), None, (CANARY,)))


def _times(place: Place, days: int) -> tuple[datetime, datetime]:
    start = place.clock.now() + timedelta(days=days)
    return start, start + timedelta(hours=1)


def _follow_calendars(place: Place, handle: Callable[[ask.Command], object]) -> None:
    """One calendar of theirs, and one of somebody else's that names them, folded as feeds are."""
    start, end = (f"{moment:%Y%m%dT%H%M%SZ}" for moment in _times(place, 5))
    for member, space, organisers in ((CANARY, "office-1", {MAIL: CANARY}), ("m-2", "meeting-3", {})):
        made = handle(ask.AddCalendar(SCEAUX, space, "Agenda", None, (member, "m-2"), organisers))
        feed = ics(
            f"UID:{member}\nDTSTART:{start}\nDTEND:{end}\n"
            f"ORGANIZER;CN={NAME}:mailto:{MAIL}\nSUMMARY:Entretien avec {NAME}"
        ).replace(b"Quetzal", b"Quet\r\n zal")
        place.polling.bring(getattr(made, "id", ""), feed, handle)


def tables_with(folder: Path, *words: bytes) -> set[str]:
    """The tables in which one of `words` stands, in whatever column."""
    found = set()
    engine = sa.create_engine(f"sqlite:///{folder / 'ledger.sqlite'}")
    with engine.connect() as connection:
        for table in metadata.sorted_tables:
            for row in connection.execute(sa.text(f'SELECT * FROM "{table.name}"')):
                cells = [cell if isinstance(cell, bytes) else str(cell).encode() for cell in row]
                whole = b"\0".join(cells).replace(b"\r\n ", b"")
                found |= {table.name} if any(word in whole for word in words) else set()
    engine.dispose()
    return found


def test_nothing_is_left_of_an_erased_member_after_day_91(place: Place, tmp_path: Path) -> None:
    live_through(place)
    held = tables_with(tmp_path, *_TRACES, CANARY.encode())
    assert held >= _HELD | _KEEPS_THE_ID, f"the canary is not in {(_HELD | _KEEPS_THE_ID) - held}"
    place.gateway.handle(EraseMember(CANARY), SYSTEM)
    assert tables_with(tmp_path, *_TRACES) <= {"lists"}, (
        "named until the lists are compiled anew, within a second"
    )
    place.gateway.issue()
    assert tables_with(tmp_path, *_TRACES) == set()
    place.clock.at += timedelta(days=91)
    retention(place).keep()
    place.gateway.issue()
    retention(place).keep()
    assert tables_with(tmp_path, CANARY.encode()) <= _KEEPS_THE_ID
    left = written_in(tmp_path)
    assert [word for word in _TRACES if word in left] == []
    assert b"Camille 2" in left


def test_time_alone_takes_a_member_out_of_everything_that_happened(place: Place, tmp_path: Path) -> None:
    live_through(place)
    place.clock.at += timedelta(days=130)
    place.gateway.take_in()
    retention(place).keep()
    place.gateway.issue()
    # what waits to be fetched, or to be brought back, must still be known
    their_own = {"members", "credentials", "suspensions", "calendars", "calendar_subscriptions", "lists"}
    assert tables_with(tmp_path, *_TRACES, CANARY.encode()) <= their_own | _KEEPS_THE_ID | {
        "parcels",
        "loans",
    }
    assert tables_with(tmp_path, VISITOR.encode()) == set()


def test_an_export_tells_of_hires_and_meetings_too(place: Place) -> None:
    live_through(place)
    found = place.gateway.handle(ExportMember(CANARY), SYSTEM)
    assert [hire["title"] for hire in found["hires"]] == [f"Fête de {NAME}", None]
    assert {meeting["title"] for meeting in found["meetings"]} == {f"Entretien avec {NAME}"}
