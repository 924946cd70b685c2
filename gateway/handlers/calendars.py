"""Calendars kept elsewhere: followed, taken up as bookings, let go."""

import logging
import secrets
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from urllib.parse import urlsplit

from gateway import commands as ask
from gateway.commands import Fault, Refused
from gateway.domain.calendars import TOLERATED, Calendar, Followed, Key, Meeting, Trouble, changes
from gateway.domain.people import Member
from gateway.domain.redaction import Redaction
from gateway.handlers.bookings import book_space, cancel_booking
from gateway.handlers.desk import Desk

_log = logging.getLogger(__name__)
_SCHEMES: Final = ("https", "http", "webcal")
_EVER: Final = datetime.min.replace(tzinfo=UTC)
_KEPT: Final = timedelta(days=1)  # lists look back as far for those who are let in


def add_calendar(command: ask.AddCalendar, desk: Desk) -> Calendar:
    """Follow a calendar. Its feed is asked for at the next turn."""
    faults = [*_wrong_with_space(command, desk), *_wrong_with_people(command, desk)]
    if command.url is not None and not _on_the_web(command.url):
        faults.append(Fault("/url", "bad_url", "expected an http, https or webcal address"))
    if not command.name.strip():
        faults.append(Fault("/name", "unnamed", "give it a name that staff know it by"))
    if faults:
        raise Refused("invalid", *faults)
    calendar = Calendar(
        id=f"cal-{secrets.token_hex(6)}",
        site=command.site,
        space=command.space,
        name=command.name,
        url=command.url,
        **_people(command),
    )
    desk.books.calendars.put(calendar)
    return calendar


def admit_to_calendar(command: ask.AdmitToCalendar, desk: Desk) -> Calendar:
    """Let others in for a calendar's meetings. Those to come change hands at the next turn."""
    calendar = _calendar(command.calendar, desk)
    faults = list(_wrong_with_people(command, desk))
    if faults:
        raise Refused("invalid", *faults)
    changed = replace(calendar, **_people(command), read_at=None, polled_at=None)
    desk.books.calendars.put(changed)
    return changed


def remove_calendar(command: ask.RemoveCalendar, desk: Desk) -> None:
    """Follow a calendar no longer."""
    calendar = _calendar(command.calendar, desk)
    for followed in desk.books.calendars.followed(calendar.id, desk.now):
        _give_back(followed, desk)
    desk.books.calendars.remove(calendar.id)


def forget_member(member: str, desk: Desk) -> None:
    """Take a member out of every calendar, and give back what it booked for them: others take it over.

    A calendar that has no other member is followed no longer.
    """
    books = desk.books.calendars
    for calendar in books.all():
        theirs = [each for each in books.followed(calendar.id, _EVER) if each.admission.lets_in(member)]
        for followed in theirs:
            if followed.meeting.ends_at > desk.now:
                _give_back(followed, desk)
        books.unfollow(calendar.id, theirs)
        others = tuple(each for each in calendar.members if each != member)
        if not others:
            remove_calendar(ask.RemoveCalendar(calendar.id), desk)
        elif calendar.members != others or member in calendar.organisers.values():
            known = {mail: each for mail, each in calendar.organisers.items() if each != member}
            books.put(replace(calendar, members=others, organisers=known, read_at=None, polled_at=None))


def take_out_of_feeds(member: Member, desk: Desk) -> None:
    """Take a member's name and address out of the feeds that are kept, and out of the meetings read there.

    A feed of elsewhere that changes and names them still brings them back: that is for whoever keeps it.
    """
    books = desk.books.calendars
    redaction = Redaction(tuple(word for word in (member.mail, member.name) if word))
    for calendar in books.all():
        body = books.body(calendar.id)
        if body is not None and (redacted := redaction.feed(body)) != body:
            books.keep_body(calendar.id, redacted)
        for followed in books.followed(calendar.id, _EVER):
            nameless = _redacted(followed.meeting, redaction)
            if nameless != followed.meeting:
                books.unfollow(calendar.id, [followed])
                books.follow(calendar.id, [replace(followed, meeting=nameless)])
                _retitle(followed.booking, redaction, desk)


def _redacted(meeting: Meeting, redaction: Redaction) -> Meeting:
    return replace(
        meeting,
        key=Key(redaction.text(meeting.key.uid), meeting.key.recurrence),
        title=redaction.text(meeting.title) if meeting.title else meeting.title,
        organiser=redaction.text(meeting.organiser) if meeting.organiser else meeting.organiser,
    )


def _retitle(booking: str | None, redaction: Redaction, desk: Desk) -> None:
    known = desk.books.bookings.get(booking) if booking else None
    if known is not None and known.title is not None:
        desk.books.bookings.put(replace(known, title=redaction.text(known.title)))


def poll_calendar(command: ask.PollCalendar, desk: Desk) -> None:
    """Make it a calendar's turn, whatever was known of its feed."""
    calendar = _calendar(command.calendar, desk)
    asked_anew = replace(calendar, etag=None, last_modified=None, polled_at=None, read_at=None)
    desk.books.calendars.put(asked_anew)


def take_up_meetings(command: ask.TakeUpMeetings, desk: Desk) -> None:
    """Make the bookings of a calendar what its feed says."""
    calendar = desk.books.calendars.get(command.calendar)
    if calendar is None:
        return  # it was removed while its feed was read
    followed = desk.books.calendars.followed(calendar.id, desk.now)
    if followed and not command.meetings and not command.meant and calendar.empties < TOLERATED:
        empties = calendar.empties + 1
        told = _in_trouble(calendar, "empty", str(empties), desk)
        desk.books.calendars.put(replace(told, empties=empties))
        return
    _carry_out(calendar, command.meetings, followed, desk)
    if command.fetched is not None:
        version = command.fetched.version
        calendar = replace(calendar, etag=version.etag, last_modified=version.last_modified)
        desk.books.calendars.keep_body(calendar.id, command.fetched.body)
    if calendar.trouble is not None:
        _log.info("event=feed_recovered calendar=%s", calendar.id)
    fine = replace(calendar, good_at=desk.now, read_at=desk.now, empties=0, trouble=None)
    desk.books.calendars.put(fine)


def note_feed_trouble(command: ask.NoteFeedTrouble, desk: Desk) -> None:
    """Note why a feed was not taken."""
    calendar = desk.books.calendars.get(command.calendar)
    if calendar is not None:
        desk.books.calendars.put(_in_trouble(calendar, command.code, command.detail, desk))


def _in_trouble(calendar: Calendar, code: str, detail: str, desk: Desk) -> Calendar:
    """Say what is wrong, once: the same trouble again is no news."""
    before = calendar.trouble
    if before is not None and before.code == code:
        return replace(calendar, trouble=replace(before, detail=detail))
    _log.warning("event=feed_refused calendar=%s code=%s", calendar.id, code)
    return replace(calendar, trouble=Trouble(code, detail, before.since if before else desk.now))


def _carry_out(calendar: Calendar, wanted: tuple[Meeting, ...], followed: list[Followed], desk: Desk) -> None:
    """Give back first, so that meetings can change places; then book, where nobody else has the space."""
    books = desk.books.calendars
    to_do = changes(calendar, (each for each in wanted if each.ends_at > desk.now), followed)
    for dropped in to_do.drop:
        _give_back(dropped, desk)
    books.unfollow(calendar.id, (*to_do.drop, *(before for before, _ in to_do.entitle)))
    known = {each.meeting.key: each.refused for each in to_do.drop}
    taken = [_booked(calendar, meeting, known.get(meeting.key), desk) for meeting in to_do.book]
    for before, meeting in to_do.entitle:
        _entitle(before, meeting, desk)
        taken.append(replace(before, meeting=meeting))
    books.follow(calendar.id, taken)
    books.forget_before(calendar.id, desk.now - _KEPT)


def _entitle(followed: Followed, meeting: Meeting, desk: Desk) -> None:
    booking = desk.books.bookings.get(followed.booking) if followed.booking else None
    if booking is not None:
        desk.books.bookings.put(replace(booking, title=meeting.title))


def _booked(calendar: Calendar, meeting: Meeting, refused_before: str | None, desk: Desk) -> Followed:
    admission = calendar.admits(meeting)
    wanted = ask.BookSpace(
        calendar.site, calendar.space, admission.holder, meeting.starts_at, meeting.ends_at, meeting.title
    )
    try:
        return Followed(meeting, admission, book_space(wanted, desk).id)
    except Refused as refusal:
        code = refusal.faults[0].code
        if code != refused_before:
            _log.warning("event=meeting_not_booked calendar=%s code=%s", calendar.id, code)
        return Followed(meeting, admission, None, code)


def _give_back(followed: Followed, desk: Desk) -> None:
    """Cancel the booking of a meeting, where staff have not done so already."""
    booking = desk.books.bookings.get(followed.booking) if followed.booking else None
    if booking is not None and booking.status == "confirmed":
        cancel_booking(ask.CancelBooking(booking.id), desk)


def _people(command: ask.AddCalendar | ask.AdmitToCalendar) -> dict[str, Any]:
    return {
        "members": tuple(dict.fromkeys(command.members)),
        "organisers": {mail.strip().lower(): member for mail, member in command.organisers.items()},
    }


def _wrong_with_space(command: ask.AddCalendar, desk: Desk) -> Iterator[Fault]:
    bookable = [space.id for space in desk.site(command.site).spaces if space.bookable]
    if command.space not in bookable:
        yield Fault("/space", "not_bookable", f"expected a space that can be booked: {', '.join(bookable)}")


def _wrong_with_people(command: ask.AddCalendar | ask.AdmitToCalendar, desk: Desk) -> Iterator[Fault]:
    if not command.members:
        yield Fault("/members", "nobody", "name at least one member: the first holds the bookings")
    for pointer, named in (("/members", command.members), ("/organisers", command.organisers.values())):
        for member in named:
            if desk.books.people.member(member) is None:
                yield Fault(pointer, "unknown_member", f"nobody is called {member!r}")


def _on_the_web(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in _SCHEMES and bool(parts.hostname)


def _calendar(calendar: str, desk: Desk) -> Calendar:
    found = desk.books.calendars.get(calendar)
    if found is None:
        raise Refused("not_found", Fault("/calendar", "unknown_calendar", "no calendar has this id"))
    return found
