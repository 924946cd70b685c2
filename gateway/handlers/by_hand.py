"""Usage as staff say it was: somebody came or left without a badge that tells so."""

from datetime import datetime, timedelta

from gateway import commands as ask
from gateway.commands import Fault, Refused
from gateway.domain.by_hand import AT_THE_GATEWAY, ByHand, CheckedByHand, TakenBack
from gateway.domain.civil import day_of
from gateway.domain.journal import Entry, Identity, Quality
from gateway.domain.visits import Visit
from gateway.handlers.desk import Desk
from gateway.ports import Cursor
from gateway.projections import Projections
from protocol.site import Site

_INSTANT = timedelta(microseconds=1)
_FAULTS = {
    "in_the_future": "nobody has come or left at a time that is yet to come",
    "names_gone": "of that month names are no longer kept: it can change no more",
    "already_in": "they are there already at that moment",
    "not_in": "nobody saw them come before that moment, on that day",
    "not_by_hand": "only what was said by hand can be taken back",
    "taken_back": "it was taken back already",
}


def check_by_hand(command: ask.CheckByHand, desk: Desk) -> Entry:
    """Write into the journal that a member came to a site, or left it; without `at`, now."""
    site, member = desk.site(command.site), desk.member(command.member)
    at = command.at or desk.now
    if at > desk.now:
        raise _refusal("invalid", "/at", "in_the_future")
    visits = [visit for visit in _visits_on(at, site, desk) if visit.member == member.id]
    if command.what == "check_in" and any(_spans(visit, at) for visit in visits):
        raise _refusal("conflict", "/member", "already_in")
    if command.what == "check_out" and not any(_could_end(visit, at) for visit in visits):
        raise _refusal("conflict", "/member", "not_in")
    said = CheckedByHand(member=member.id, what=command.what, by=desk.by.id, said_at=desk.now)
    return _write(said, site, at, "synchronised" if command.at is None else "estimated", desk)


def take_back(command: ask.TakeBack, desk: Desk) -> Entry:
    """Let a hand entry count no more. It stays in the journal, and so does that it was taken back."""
    entry = desk.books.journal.get(command.entry)
    if entry is None:
        raise Refused("not_found", Fault("", "unknown_entry", f"the journal has no entry {command.entry}"))
    if not isinstance(entry.event, CheckedByHand):
        raise _refusal("invalid", "", "not_by_hand")
    at = entry.occurred_at
    for other in desk.books.journal.between(entry.site, at, at + _INSTANT, ("TakenBack",)):
        if isinstance(other.event, TakenBack) and other.event.entry == str(command.entry):
            raise _refusal("conflict", "", "taken_back")
    site = desk.site(entry.site)
    _visits_on(at, site, desk)
    said = TakenBack(entry=str(command.entry), by=desk.by.id, said_at=desk.now)
    return _write(said, site, at, entry.quality, desk)


def _visits_on(at: datetime, site: Site, desk: Desk) -> list[Visit]:
    """Return the visits of a civil day that may still change. Raises Refused."""
    day = day_of(at, site.zone)
    if day < desk.books.pseudonyms.nameless_before(site.id):
        raise _refusal("conflict", "/at", "names_gone")
    return desk.books.projections.visits(day, day + timedelta(days=1), site.id)


def _spans(visit: Visit, at: datetime) -> bool:
    return visit.begun_at <= at and (visit.ended_at is None or at < visit.ended_at)


def _could_end(visit: Visit, at: datetime) -> bool:
    """Whether a visit may have ended at that moment: also after closing time, where nobody saw the end."""
    return _spans(visit, at) or (visit.begun_at <= at and visit.ended_by is None)


def _write(said: ByHand, site: Site, at: datetime, quality: Quality, desk: Desk) -> Entry:
    """Write an entry, and work its day out again at once: whoever said it sees what follows."""
    seq = desk.books.journal.cursor(AT_THE_GATEWAY, desk.epoch) + 1
    entry = Entry(site.id, Identity(AT_THE_GATEWAY, desk.epoch, seq), at, quality, said)
    desk.books.journal.append([entry], [Cursor(AT_THE_GATEWAY, desk.epoch, seq)])
    projections = Projections(desk.books, desk.sites, desk.now)
    projections.work_out_day(site.id, day_of(at, site.zone))
    if projections.days_counted:
        desk.touch(each.id for each in desk.sites.values() if each.counts_days)
    desk.booked.add(site.id)
    desk.entered.append(entry)
    return entry


def _refusal(kind: ask.RefusalKind, pointer: str, code: str) -> Refused:
    return Refused(kind, Fault(pointer, code, _FAULTS[code]))
