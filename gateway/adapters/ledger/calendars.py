"""Calendars of elsewhere and their meetings: inputs, as bookings are."""

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Column,
    Connection,
    Index,
    Integer,
    LargeBinary,
    RowMapping,
    String,
    Table,
    Text,
    delete,
    func,
    insert,
    select,
    update,
)

from gateway.adapters.ledger.tables import Moment, metadata, serial
from gateway.domain.calendars import Admission, Calendar, Followed, Key, Meeting, Trouble

calendars = Table(
    "calendars",
    metadata,
    Column("id", String, primary_key=True),
    Column("site", String, nullable=False),
    Column("space", String, nullable=False),
    Column("name", String, nullable=False),
    Column("url", Text),
    Column("members", Text, nullable=False),
    Column("organisers", Text, nullable=False),
    Column("etag", Text),
    Column("last_modified", Text),
    Column("polled_at", Moment),
    Column("good_at", Moment),
    Column("read_at", Moment),
    Column("empties", Integer, nullable=False),
    Column("trouble", String),
    Column("trouble_detail", Text),
    Column("trouble_since", Moment),
)

calendar_feeds = Table(
    "calendar_feeds",
    metadata,
    Column("calendar", String, primary_key=True),
    Column("body", LargeBinary, nullable=False),
)

calendar_meetings = Table(
    "calendar_meetings",
    metadata,
    Column("id", serial, primary_key=True),
    Column("calendar", String, nullable=False),
    Column("uid", Text, nullable=False),
    Column("recurrence", String, nullable=False),
    Column("starts_at", Moment, nullable=False),
    Column("ends_at", Moment, nullable=False),
    Column("title", Text),
    Column("organiser", Text),
    Column("holder", String, nullable=False),
    Column("others", Text, nullable=False),
    Column("booking", String),
    Column("refused", String),
    Index("calendar_meetings_by_end", "calendar", "ends_at"),
)


class CalendarTables:
    """Calendars and their meetings within one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def put(self, calendar: Calendar) -> None:
        self._connection.execute(delete(calendars).where(calendars.c.id == calendar.id))
        self._connection.execute(insert(calendars), _row_of(calendar))

    def get(self, calendar: str) -> Calendar | None:
        row = self._connection.execute(select(calendars).where(calendars.c.id == calendar)).mappings().first()
        return _calendar(row) if row else None

    def all(self, site: str | None = None) -> list[Calendar]:
        wanted = select(calendars).order_by(calendars.c.name, calendars.c.id)
        if site is not None:
            wanted = wanted.where(calendars.c.site == site)
        return [_calendar(row) for row in self._connection.execute(wanted).mappings()]

    def polled(self, calendar: str, at: datetime) -> None:
        self._connection.execute(update(calendars).where(calendars.c.id == calendar).values(polled_at=at))

    def answered(self, calendar: str, at: datetime) -> None:
        self._connection.execute(update(calendars).where(calendars.c.id == calendar).values(good_at=at))

    def remove(self, calendar: str) -> None:
        self._connection.execute(delete(calendar_meetings).where(calendar_meetings.c.calendar == calendar))
        self._connection.execute(delete(calendar_feeds).where(calendar_feeds.c.calendar == calendar))
        self._connection.execute(delete(calendars).where(calendars.c.id == calendar))

    def body(self, calendar: str) -> bytes | None:
        wanted = select(calendar_feeds.c.body).where(calendar_feeds.c.calendar == calendar)
        return self._connection.execute(wanted).scalar()

    def keep_body(self, calendar: str, body: bytes) -> None:
        self._connection.execute(delete(calendar_feeds).where(calendar_feeds.c.calendar == calendar))
        self._connection.execute(insert(calendar_feeds), {"calendar": calendar, "body": body})

    def followed(self, calendar: str, after: datetime) -> list[Followed]:
        wanted = (
            select(calendar_meetings)
            .where(calendar_meetings.c.calendar == calendar, calendar_meetings.c.ends_at > after)
            .order_by(calendar_meetings.c.starts_at, calendar_meetings.c.id)
        )
        return [_followed(row) for row in self._connection.execute(wanted).mappings()]

    def refused(self, after: datetime) -> Mapping[str, int]:
        wanted = (
            select(calendar_meetings.c.calendar, func.count().label("times"))
            .where(calendar_meetings.c.refused.is_not(None), calendar_meetings.c.ends_at > after)
            .group_by(calendar_meetings.c.calendar)
        )
        return {row.calendar: row.times for row in self._connection.execute(wanted)}

    def follow(self, calendar: str, meetings: Iterable[Followed]) -> None:
        rows = [{"calendar": calendar, **_row_of_meeting(each)} for each in meetings]
        if rows:
            self._connection.execute(insert(calendar_meetings), rows)

    def unfollow(self, calendar: str, meetings: Iterable[Followed]) -> None:
        for each in meetings:
            self._connection.execute(
                delete(calendar_meetings).where(
                    calendar_meetings.c.calendar == calendar,
                    calendar_meetings.c.uid == each.meeting.key.uid,
                    calendar_meetings.c.recurrence == each.meeting.key.recurrence,
                    calendar_meetings.c.ends_at == each.meeting.ends_at,
                )
            )

    def forget_bodies(self, before: datetime) -> int:
        old = select(calendars.c.id).where(calendars.c.good_at < before)
        gone = delete(calendar_feeds).where(calendar_feeds.c.calendar.in_(old))
        return self._connection.execute(gone).rowcount

    def forget_before(self, calendar: str, moment: datetime) -> int:
        past = (calendar_meetings.c.calendar == calendar, calendar_meetings.c.ends_at < moment)
        return self._connection.execute(delete(calendar_meetings).where(*past)).rowcount

    def company(self, start: datetime, end: datetime) -> Mapping[str, tuple[str, ...]]:
        wanted = select(calendar_meetings.c.booking, calendar_meetings.c.others).where(
            calendar_meetings.c.booking.is_not(None),
            calendar_meetings.c.others != "",
            calendar_meetings.c.starts_at < end,
            calendar_meetings.c.ends_at > start,
        )
        return {row.booking: _listed(row.others) for row in self._connection.execute(wanted)}


def _row_of(calendar: Calendar) -> dict[str, Any]:
    plain = ("id", "site", "space", "name", "url", "etag", "last_modified")
    times = ("polled_at", "good_at", "read_at", "empties")
    trouble = calendar.trouble
    return {
        **{name: getattr(calendar, name) for name in (*plain, *times)},
        "members": ",".join(calendar.members),
        "organisers": json.dumps(dict(calendar.organisers)),
        "trouble": trouble.code if trouble else None,
        "trouble_detail": trouble.detail if trouble else None,
        "trouble_since": trouble.since if trouble else None,
    }


def _calendar(row: RowMapping) -> Calendar:
    values: dict[str, Any] = {**row}
    code, detail, since = (values.pop(name) for name in ("trouble", "trouble_detail", "trouble_since"))
    values["members"] = _listed(values["members"])
    values["organisers"] = json.loads(values["organisers"])
    return Calendar(**values, trouble=Trouble(code, detail, since) if code else None)


def _row_of_meeting(followed: Followed) -> dict[str, Any]:
    meeting = followed.meeting
    return {
        "uid": meeting.key.uid,
        "recurrence": meeting.key.recurrence,
        **{name: getattr(meeting, name) for name in ("starts_at", "ends_at", "title", "organiser")},
        "holder": followed.admission.holder,
        "others": ",".join(followed.admission.others),
        "booking": followed.booking,
        "refused": followed.refused,
    }


def _followed(row: RowMapping) -> Followed:
    key = Key(row["uid"], row["recurrence"])
    meeting = Meeting(key, row["starts_at"], row["ends_at"], row["title"], row["organiser"])
    admission = Admission(row["holder"], _listed(row["others"]))
    return Followed(meeting, admission, row["booking"], row["refused"])


def _listed(text: str) -> tuple[str, ...]:
    return tuple(text.split(",")) if text else ()
