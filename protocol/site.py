"""What a place is made of: the records of a site file, which gateway, nodes and simulator all read.

Ids are permanent, names free. Pins are BCM numbers. Hours are local to the site's time zone.
"""

from datetime import date, time
from typing import Annotated, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import Field, model_validator

from protocol.access import OnStale
from protocol.base import Id, Message
from protocol.events import Assurance, Direction

Pin = Annotated[int, Field(ge=0, le=27)]
Seconds = Annotated[float, Field(gt=0, le=3600)]
Minutes = Annotated[int, Field(ge=1, le=240)]
Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
Plan = Literal["nomad", "part-time", "student", "resident", "staff", "guest", "invited"]
"""Full time; so many days a month; at a student's hours; with an office of one's own; running the place;
for bookings alone; for one day, invited by a member."""

SpaceKind = Literal["coworking", "office", "meeting", "kitchen", "cosy", "lounge", "lockers", "hall"]


class Hours(Message):
    """Opening hours of one weekday, half-open: [opens, closes)."""

    opens: time
    closes: time

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.opens >= self.closes:
            raise ValueError(f"opens at {self.opens} but closes at {self.closes}: it must close later")
        return self


class Closure(Message):
    """Days, both included, on which the site opens to nobody but staff and residents."""

    name: str
    first: date
    last: date

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.last < self.first:
            raise ValueError(f"first {self.first}, last {self.last}: it must end on the first day or later")
        return self


class PlanRules(Message):
    """What a plan gives beside the site's opening hours.

    `hours` narrow them (a weekday that is left out is closed); `days_per_month` counts civil days with a
    visit at any site; a member may invite `guests_per_day`, and have `booked_h_per_month` hours of bookings
    that begin in a civil month.
    """

    hours: dict[Weekday, Hours] | None = None
    days_per_month: Annotated[int, Field(ge=1, le=31)] | None = None
    booked_h_per_month: Annotated[float, Field(gt=0, le=744)] | None = None
    guests_per_day: Annotated[int, Field(ge=0, le=50)] = 2


class Access(Message):
    """How far ahead access lists reach, how long they hold without the gateway, and booking margins."""

    horizon_h: Annotated[int, Field(ge=1, le=24 * 200)] = 48
    expires_h: Annotated[int, Field(ge=1, le=24 * 200)] = 36
    reissue_h: Annotated[int, Field(ge=1)] = 6
    booking_margin_min: Annotated[int, Field(ge=0, le=120)] = 10


class BookingRules(Message):
    """What becomes of a booking while it lasts, in minutes or "never".

    A space that nobody checked in to is given back `no_show_after_min` after it began; so is one whose holder
    has left the site for `left_after_min`. Staff is told of who still sits there `overstay_after_min` after
    the end. `no_show_billable` says whether a no-show is still paid for.
    """

    no_show_after_min: Minutes | Literal["never"] = 15
    left_after_min: Minutes | Literal["never"] = 10
    overstay_after_min: Minutes | Literal["never"] = 10
    no_show_billable: bool = True


class Rectangle(Message):
    """A space on the floor plan, in decimetres from its top left corner."""

    x: int
    y: int
    width: Annotated[int, Field(gt=0)]
    height: Annotated[int, Field(gt=0)]


class Space(Message):
    """A room or an area. `capacity` is in people; only `bookable` spaces can be booked.

    `setup_min` before and `cleaning_min` after each booking the space is kept free. `when_full`: what is done
    when its counter says that there is no room left: nothing, staff is told, or its doors also refuse.
    """

    id: Id
    name: str
    kind: SpaceKind
    capacity: Annotated[int, Field(ge=1)]
    bookable: bool = False
    setup_min: Annotated[int, Field(ge=0, le=240)] = 0
    cleaning_min: Annotated[int, Field(ge=0, le=240)] = 0
    when_full: Literal["ignore", "report", "refuse"] = "ignore"
    plan: Rectangle


class Node(Message):
    """One Raspberry Pi. `status_led` and `buzzer` are its own lamp and sound.

    `fire` reads the alarm panel's contact, closed to ground at rest. It only tells: doors are released in
    hardware, with no software in between.
    """

    id: Id
    status_led: Pin | None = None
    buzzer: Pin | None = None
    fire: Pin | None = None


class Door(Message):
    """An access point into `space`. A `perimeter` door separates the place from the street.

    The strike is fail-secure: energised for `relock_after_s`, then locked. `held_after_s` is when an open
    door is reported held; a granted badge opens a visit if the door opens within `opens_within_s`, or while
    it is released for who walks slowly. With `assurance = "aes"` only cards come in that prove their own key;
    a number alone can be copied. During `key_expected`, of each weekday, whoever opens it without a badge is
    taken to have a key: cleaners, say.

    `anti_passback`: a badge that came in and did not go out is let in again and told of (soft), or refused
    (hard), for `forget_after_h`. Of doors with one `interlock`, one opens only while all others are shut and
    locked. With `first_card` the first who comes in during opening hours lets everybody in until they end.
    """

    id: Id
    name: str
    node: Id
    space: Id
    perimeter: bool = False
    on_stale: OnStale = "deny"
    assurance: Assurance = "uid"
    relock_after_s: Seconds = 5
    held_after_s: Seconds = 30
    opens_within_s: Seconds = 10
    key_expected: dict[Weekday, Hours] = Field(default_factory=dict)
    anti_passback: Literal["off", "soft", "hard"] = "off"
    forget_after_h: Annotated[float, Field(gt=0, le=168)] = 12
    interlock: Id | None = None
    first_card: bool = False
    strike: Pin
    contact: Pin
    rex: Pin | None = None


class Reader(Message):
    """A badge reader at a door, on the side that `direction` leads from, or at a locker bank."""

    id: Id
    node: Id
    door: Id | None = None
    bank: Id | None = None
    direction: Direction = "in"

    @model_validator(mode="after")
    def _at_one_place(self) -> Self:
        if (self.door is None) == (self.bank is None):
            raise ValueError("a reader names either a door or a bank")
        return self


class Keypad(Message):
    """A matrix keypad outside a door: four rows that the node drives, and three or four columns it reads.

    Visitors type their code there: eight digits, then `#`; `*` begins again.
    """

    id: Id
    node: Id
    door: Id
    rows: Annotated[tuple[Pin, ...], Field(min_length=4, max_length=4)]
    columns: Annotated[tuple[Pin, ...], Field(min_length=3, max_length=4)]


class PresenceSensor(Message):
    """A motion sensor (PIR): the space is empty once nothing moved for `hold_s`."""

    id: Id
    node: Id
    space: Id
    pin: Pin
    hold_s: Seconds = 120


class Counter(Message):
    """Two light beams in a passage into `space`, or out of it: outer beam first means someone came in.

    Where they are right behind a `door`, more who come in than were let in are told of.
    """

    id: Id
    node: Id
    space: Id
    perimeter: bool = False
    door: Id | None = None
    outer: Pin
    inner: Pin


class Bank(Message):
    """A locker cabinet with one reader. `assurance` is asked as at a door."""

    id: Id
    name: str
    node: Id
    space: Id
    assurance: Assurance = "uid"


class Compartment(Message):
    """One locker door. `item_sensor` reads whether something lies inside, where there is one."""

    id: Id
    bank: Id
    use: Literal["loan", "parcel"]
    lock: Pin
    contact: Pin
    item_sensor: Pin | None = None
    pulse_s: Seconds = 1


class Item(Message):
    """Equipment that is lent, and the compartment where it lives."""

    id: Id
    name: str
    compartment: Id


class Site(Message):
    """A whole place. `valid_from` dates this version of the file.

    From another site of the same gateway nobody comes in less than `from_other_sites_s`: a badge that does
    has a copy.
    """

    id: Id
    name: str
    address: str
    timezone: str
    valid_from: date
    from_other_sites_s: Seconds = 120
    capacity_event: Annotated[int, Field(ge=1)]
    opening: dict[Weekday, Hours]
    public_holidays: Literal["FR"] | None = None
    closures: tuple[Closure, ...] = Field(default=(), validation_alias="closure")
    plans: dict[Plan, PlanRules] = Field(default_factory=dict)
    access: Access = Access()
    booking: BookingRules = BookingRules()
    spaces: tuple[Space, ...] = Field(validation_alias="space")
    nodes: tuple[Node, ...] = Field(validation_alias="node")
    doors: tuple[Door, ...] = Field(validation_alias="door")
    readers: tuple[Reader, ...] = Field(validation_alias="reader")
    keypads: tuple[Keypad, ...] = Field(default=(), validation_alias="keypad")
    presence_sensors: tuple[PresenceSensor, ...] = Field(default=(), validation_alias="presence")
    counters: tuple[Counter, ...] = Field(default=(), validation_alias="counter")
    banks: tuple[Bank, ...] = Field(default=(), validation_alias="bank")
    compartments: tuple[Compartment, ...] = Field(default=(), validation_alias="compartment")
    items: tuple[Item, ...] = Field(default=(), validation_alias="item")

    def plan(self, plan: Plan) -> PlanRules:
        """Return what `plan` gives here: nothing beyond the opening hours where the file says nothing."""
        return self.plans.get(plan, PlanRules())

    @property
    def counts_days(self) -> bool:
        """Whether a plan gives only so many days a month here."""
        return any(rules.days_per_month is not None for rules in self.plans.values())

    @property
    def zone(self) -> ZoneInfo:
        """The zone whose civil days are counted."""
        return ZoneInfo(self.timezone)
