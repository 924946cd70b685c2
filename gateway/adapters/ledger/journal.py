"""The journal's tables: entries, cursors, gaps, dead letters."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any, Final, cast

from pydantic import Field, TypeAdapter, ValidationError
from sqlalchemy import Connection, Row, Select, bindparam, delete, func, insert, or_, select, text, update

from gateway.adapters.ledger.tables import TROUBLES, cursors, dead_letters, gaps, journal
from gateway.domain.journal import Content, Entry, Identity, NodeTime, Quality
from gateway.ports import (
    Badge,
    Buried,
    Cursor,
    DeadLetter,
    EntryUnreadable,
    Gap,
    Heading,
    LetterCount,
    Numbered,
)
from protocol.events import ClockQuality

_event: TypeAdapter[Content] = TypeAdapter(Annotated[Content, Field(discriminator="type")])
_BADGES: Final = select(journal).where(journal.c.kind.in_(("BadgePresented", "CheckedByHand")))


class JournalTable:
    """The journal within one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def cursor(self, node: str, epoch: str) -> int:
        wanted = select(cursors.c.seq).where(cursors.c.node == node, cursors.c.epoch == epoch)
        return self._connection.execute(wanted).scalar() or 0

    def cursors(self, node: str) -> list[Cursor]:
        wanted = select(cursors).where(cursors.c.node == node).order_by(cursors.c.epoch)
        rows = self._connection.execute(wanted)
        return [Cursor(row.node, row.epoch, row.seq) for row in rows]

    def append(self, entries: Sequence[Entry], new_cursors: Iterable[Cursor]) -> None:
        if entries:
            self._connection.execute(insert(journal), [_row(entry) for entry in entries])
        for cursor in new_cursors:
            self._move(cursor)

    def _move(self, cursor: Cursor) -> None:
        here = (cursors.c.node == cursor.node, cursors.c.epoch == cursor.epoch)
        moved = self._connection.execute(update(cursors).where(*here).values(seq=cursor.seq))
        if moved.rowcount == 0:
            row = {"node": cursor.node, "epoch": cursor.epoch, "seq": cursor.seq}
            self._connection.execute(insert(cursors), row)

    def note_gap(self, node: str, epoch: str, first: int, last: int, at: datetime) -> None:
        row = {"node": node, "epoch": epoch, "first": first, "last": last, "noticed_at": at}
        self._connection.execute(insert(gaps), row)

    def bury(self, letter: DeadLetter, at: datetime) -> None:
        fingerprint = hashlib.sha256(letter.topic.encode() + b"\0" + letter.payload).hexdigest()
        again = (
            update(dead_letters)
            .where(dead_letters.c.fingerprint == fingerprint)
            .values(last_at=at, times=dead_letters.c.times + 1)
        )
        if self._connection.execute(again).rowcount == 0:
            row = {
                "fingerprint": fingerprint,
                "topic": letter.topic,
                "reason": letter.reason,
                "detail": letter.detail,
                "payload": letter.payload,
                "first_at": at,
                "last_at": at,
                "times": 1,
            }
            self._connection.execute(insert(dead_letters), row)

    def buried(self, *, payloads: bool = True) -> list[Buried]:
        columns = [each for each in dead_letters.c if payloads or each is not dead_letters.c.payload]
        return [
            _buried(row) for row in self._connection.execute(select(*columns).order_by(dead_letters.c.id))
        ]

    def buried_as(self, number: int) -> Buried | None:
        row = self._connection.execute(select(dead_letters).where(dead_letters.c.id == number)).first()
        return _buried(row) if row else None

    def unbury(self, number: int) -> None:
        self._connection.execute(delete(dead_letters).where(dead_letters.c.id == number))

    def letters_since(self, since: datetime) -> list[LetterCount]:
        wanted = (
            select(
                dead_letters.c.topic,
                dead_letters.c.reason,
                func.count().label("letters"),
                func.min(dead_letters.c.first_at).label("since"),
                func.max(dead_letters.c.last_at).label("last_at"),
            )
            .where(dead_letters.c.last_at >= since)
            .group_by(dead_letters.c.topic, dead_letters.c.reason)
        )
        rows = self._connection.execute(wanted)
        return [LetterCount(row.topic, row.reason, row.letters, row.since, row.last_at) for row in rows]

    def troubles(self, site: str, since: datetime) -> list[Entry]:
        wanted = select(journal).where(journal.c.site == site, journal.c.occurred_at >= since, text(TROUBLES))
        return [numbered.entry for numbered in self._read(wanted.order_by(journal.c.occurred_at))]

    def gaps(self, since: datetime) -> list[Gap]:
        found = self._connection.execute(select(gaps).where(gaps.c.noticed_at >= since).order_by(gaps.c.id))
        return [Gap(row.node, row.epoch, row.first, row.last, row.noticed_at) for row in found]

    def around(self, identity: Identity) -> tuple[Entry | None, Entry | None]:
        here = select(journal).where(journal.c.node == identity.node, journal.c.epoch == identity.epoch)
        before = here.where(journal.c.seq < identity.seq).order_by(journal.c.seq.desc()).limit(1)
        after = here.where(journal.c.seq > identity.seq).order_by(journal.c.seq).limit(1)
        found = [self._read(wanted) for wanted in (before, after)]
        first, last = (rows[0].entry if rows else None for rows in found)
        return first, last

    def dead_letters(self, limit: int) -> list[DeadLetter]:
        wanted = select(dead_letters).order_by(dead_letters.c.last_at.desc(), dead_letters.c.id.desc())
        rows = self._connection.execute(wanted.limit(limit))
        return [DeadLetter(row.topic, row.reason, row.detail, row.payload) for row in rows]

    def between(self, site: str, start: datetime, end: datetime, kinds: Iterable[str]) -> list[Entry]:
        wanted = select(journal).where(
            journal.c.site == site,
            journal.c.occurred_at >= start,
            journal.c.occurred_at < end,
            journal.c.kind.in_(list(kinds)),
        )
        return [numbered.entry for numbered in self._read(wanted)]

    def latest(self, site: str, since: datetime, kinds: Iterable[str], limit: int) -> list[Entry]:
        wanted = select(journal).where(
            journal.c.site == site, journal.c.occurred_at >= since, journal.c.kind.in_(list(kinds))
        )
        last = wanted.order_by(journal.c.occurred_at.desc(), journal.c.id.desc()).limit(limit)
        return [numbered.entry for numbered in self._read(last)]

    def after(self, number: int, limit: int) -> list[Numbered]:
        return self._read(select(journal).where(journal.c.id > number).order_by(journal.c.id).limit(limit))

    def headings(self, number: int, limit: int) -> list[Heading]:
        columns = (journal.c.id, journal.c.site, journal.c.kind, journal.c.occurred_at)
        wanted = select(*columns).where(journal.c.id > number).order_by(journal.c.id).limit(limit)
        return [Heading(*row) for row in self._connection.execute(wanted)]

    def sites(self) -> list[str]:
        return list(self._connection.execute(select(journal.c.site).distinct()).scalars())

    def badges(self, site: str, start: datetime, end: datetime) -> list[Badge]:
        here = (journal.c.site == site, journal.c.occurred_at >= start, journal.c.occurred_at < end)
        return self._badges(_BADGES.where(*here).order_by(journal.c.occurred_at, journal.c.id))

    def badges_after(self, number: int, limit: int) -> list[Badge]:
        return self._badges(_BADGES.where(journal.c.id > number).order_by(journal.c.id).limit(limit))

    def badges_of(self, refs: Iterable[str], member: str | None = None) -> list[Badge]:
        said = [*refs, *([] if member is None else [f'"member":"{member}"'])]
        named = [journal.c.event.contains(each, autoescape=True) for each in said]
        return self._badges(_BADGES.where(or_(*named)).order_by(journal.c.id)) if named else []

    def rewrite(self, said: Mapping[int, Mapping[str, Any]]) -> None:
        rows = [
            {"of": number, "to": json.dumps(event, separators=(",", ":"), ensure_ascii=False)}
            for number, event in said.items()
        ]
        if rows:
            changed = update(journal).where(journal.c.id == bindparam("of")).values(event=bindparam("to"))
            self._connection.execute(changed, rows)

    def forget_letters(
        self, before: datetime | None = None, naming: Iterable[str] = (), beyond: int | None = None
    ) -> int:
        old = [] if before is None else [dead_letters.c.last_at < before]
        named = [func.instr(dead_letters.c.payload, ref.encode()) > 0 for ref in naming]
        if beyond is not None:
            latest = select(dead_letters.c.id).order_by(
                dead_letters.c.last_at.desc(), dead_letters.c.id.desc()
            )
            old.append(dead_letters.c.id.not_in(latest.limit(beyond)))
        if not old and not named:
            return 0
        return self._connection.execute(delete(dead_letters).where(or_(*old, *named))).rowcount

    def next_moment(self, site: str, since: datetime) -> datetime | None:
        later = (journal.c.site == site, journal.c.occurred_at >= since)
        return self._connection.execute(select(func.min(journal.c.occurred_at)).where(*later)).scalar()

    def last_number(self) -> int:
        return self._connection.execute(select(func.max(journal.c.id))).scalar() or 0

    def get(self, identity: Identity) -> Entry | None:
        wanted = select(journal).where(
            journal.c.node == identity.node,
            journal.c.epoch == identity.epoch,
            journal.c.seq == identity.seq,
        )
        found = self._read(wanted)
        return found[0].entry if found else None

    def span(self, node: str, epoch: str, first: int, last: int) -> list[Entry]:
        wanted = select(journal).where(
            journal.c.node == node, journal.c.epoch == epoch, journal.c.seq.between(first, last)
        )
        return [numbered.entry for numbered in self._read(wanted.order_by(journal.c.seq))]

    def counts(self) -> dict[str, int]:
        wanted = {
            "events": select(func.count()).select_from(journal),
            "gaps": select(func.count()).select_from(gaps),
            "dead_letters": select(func.coalesce(func.sum(dead_letters.c.times), 0)),
        }
        return {name: int(self._connection.execute(query).scalar_one()) for name, query in wanted.items()}

    def _badges(self, wanted: Select[Any]) -> list[Badge]:
        rows = self._connection.execute(wanted)
        return [
            Badge(row.id, row.site, Identity(row.node, row.epoch, row.seq), row.occurred_at, _said(row.event))
            for row in rows
        ]

    def _read(self, wanted: Select[Any]) -> list[Numbered]:
        return [Numbered(row.id, _entry(row)) for row in self._connection.execute(wanted)]


def _row(entry: Entry) -> dict[str, Any]:
    told = entry.told
    return {
        "site": entry.site,
        "node": entry.identity.node,
        "epoch": entry.identity.epoch,
        "seq": entry.identity.seq,
        "occurred_at": entry.occurred_at,
        "quality": entry.quality,
        "kind": entry.event.type,
        "event": entry.event.model_dump_json(),
        "boot": told.boot if told else None,
        "uptime_s": told.uptime_s if told else None,
        "node_at": told.at if told else None,
        "node_clock": told.clock if told else None,
    }


def _buried(row: Row[Any]) -> Buried:
    letter = DeadLetter(row.topic, row.reason, row.detail, getattr(row, "payload", b""))
    return Buried(row.id, letter, row.first_at, row.last_at, row.times)


def _said(event: str) -> dict[str, Any] | None:
    try:
        said = json.loads(event)
    except ValueError:
        return None
    return said if isinstance(said, dict) else None


def _entry(row: Row[Any]) -> Entry:
    identity = Identity(row.node, row.epoch, row.seq)
    try:
        event = _event.validate_json(row.event)
    except ValidationError as error:
        why = error.errors(include_url=False)[0]["msg"]
        raise EntryUnreadable(f"{identity}, row {row.id} of the journal: {why}") from error
    return Entry(
        site=row.site,
        identity=identity,
        occurred_at=row.occurred_at,
        quality=cast("Quality", row.quality),
        event=event,
        told=_told(row),
    )


def _told(row: Row[Any]) -> NodeTime | None:
    if row.boot is None:
        return None
    return NodeTime(row.boot, row.uptime_s, row.node_at, cast("ClockQuality", row.node_clock))
