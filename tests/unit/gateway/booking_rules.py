"""A second reading of the rules of bookings: slow, lived through from the beginning, without the gateway.

Times are minutes since a moment that the player chose; what people do happens after half past a minute,
one thing after another, so that nothing coincides with a deadline.
"""

from dataclasses import dataclass, field, replace
from typing import Literal

MARGIN, NO_SHOW_AFTER, GONE_AFTER = 10, 15, 10

Deed = Literal["into_room", "in", "out", "check_in", "check_out"]


@dataclass(frozen=True)
class Promise:
    """A room promised to somebody in [start, end); `kept_until` is when it was given back."""

    name: str
    room: str
    who: str
    start: float
    end: float
    made: float
    kept_until: float | None = None

    @property
    def taken_until(self) -> float:
        return self.end if self.kept_until is None else self.kept_until

    def opens(self, minute: float) -> bool:
        """Whether it lets its holder into the room, and on the way there."""
        until = self.end + MARGIN if self.kept_until is None else self.kept_until
        return self.start - MARGIN <= minute < until


@dataclass
class Diary:
    """Every promise, and what was done: when, by whom, at which room or (by hand) for which promise."""

    promises: dict[str, Promise] = field(default_factory=dict)
    deeds: list[tuple[float, str, str, Deed]] = field(default_factory=list)

    def in_the_way(self, room: str, start: float, end: float, but: str = "") -> list[tuple[float, float]]:
        """From when to when others have the room within [start, end), the earliest first."""
        return sorted(
            (each.start, each.taken_until)
            for each in self.promises.values()
            if each.name != but and each.room == room and each.start < end and start < each.taken_until
        )

    def tick(self, minute: float) -> bool:
        """Give back what is given back by `minute`, and take again what is free. Whether anything changed."""
        changed = False
        for promise in sorted(self.promises.values(), key=lambda each: (each.start, each.name)):
            again = replace(promise, kept_until=self.given_back_at(promise, minute))
            over = promise.end <= minute and again.kept_until is None
            taken = self.in_the_way(again.room, again.start, again.taken_until, again.name)
            if again != promise and not over and not taken:
                self.promises[promise.name] = again
                changed = True
        return changed

    def given_back_at(self, promise: Promise, now: float) -> float | None:
        """Live through a promise: who came, who went, and who did not come back."""
        by_hand = [
            (minute, deed) for minute, _, where, deed in self.deeds if where == promise.name and minute <= now
        ]
        walked = [
            (minute, where, deed)
            for minute, who, where, deed in self.deeds
            if who == promise.who and deed not in {"check_in", "check_out"} and minute <= now
        ]
        came = [
            minute
            for minute, where, deed in walked
            if deed == "into_room"
            and where == promise.room
            and promise.start - MARGIN <= minute < promise.end
        ]
        if by_hand and by_hand[-1][1] == "check_out":
            left = by_hand[-1][0]
            return max(left, promise.start) if left < promise.end else None
        if not by_hand and not came:
            deadline = max(promise.start, promise.made) + NO_SHOW_AFTER
            return deadline if deadline <= now and deadline < promise.end else None
        here_since = by_hand[-1][0] if by_hand else came[0]
        for went in [minute for minute, _, deed in walked if deed == "out" and minute >= here_since]:
            gone = went + GONE_AFTER
            back = any(deed != "out" and went < minute <= gone for minute, _, deed in walked)
            if not back and gone < promise.end:
                return gone if gone <= now else None
        return None
