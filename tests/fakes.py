"""Stand-ins for the gateway's rim: a clock that is set by hand, a downlink that remembers what was sent."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from gateway.adapters.certificate_authority import FileAuthority
from gateway.adapters.signer import FileSigner
from gateway.auditor import Auditor
from gateway.domain.accounts import Account
from gateway.domain.bookings import Booking
from gateway.domain.history import Point, Value
from gateway.domain.parcels import Parcel
from gateway.domain.people import Member
from gateway.enrolment import Enrolment, PlaceWords
from gateway.ports import Answer, Clock, Cursor, Ledger, NotWritten
from gateway.service import site_of_node
from protocol.signing import Signed
from protocol.site import Site
from protocol.site_file import read_site

SITES = Path(__file__).parents[1] / "deploy" / "sites"


def site(name: str = "sceaux-smart") -> Site:
    return read_site((SITES / f"{name}.toml").read_text(encoding="utf-8"), f"{name}.toml")


@dataclass
class SetClock:
    """Stands still until it is moved."""

    at: datetime = datetime(2026, 11, 24, 9, tzinfo=UTC)

    def now(self) -> datetime:
        return self.at

    def pass_s(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)


@dataclass
class RememberingDownlink:
    """Keeps what would have gone out."""

    answers: list[Answer] = field(default_factory=list)
    lists: list[Signed] = field(default_factory=list)
    patches: list[Signed] = field(default_factory=list)
    commands: list[Signed] = field(default_factory=list)
    certificates: list[Signed] = field(default_factory=list)

    @property
    def acks(self) -> list[Cursor]:
        return [answer.cursor for answer in self.answers]

    def acknowledge(self, answer: Answer) -> None:
        self.answers.append(answer)

    def send_list(self, site: str, node: str, signed: Signed) -> None:
        self.lists.append(signed)

    def send_patch(self, site: str, node: str, signed: Signed) -> None:
        self.patches.append(signed)

    def send_command(self, site: str, node: str, signed: Signed) -> None:
        self.commands.append(signed)

    def send_certificate(self, site: str, node: str, signed: Signed) -> None:
        self.certificates.append(signed)


def enrolment(folder: Path, ledger: Ledger, clock: Clock, sites: Mapping[str, Site]) -> Enrolment:
    """A real authority in `folder`, for nodes of these sites, at a broker that nobody calls."""
    authority = FileAuthority(folder / "authority.pem", ledger.id, node_days=365, now=clock.now())
    files = {name: (SITES / f"{name}.toml").read_text(encoding="utf-8") for name in sites}
    signer = FileSigner(folder / "signing.key")
    words = PlaceWords(signer.public_text, "00" * 32, files, "192.0.2.10", 8883)
    return Enrolment(ledger, clock, authority, words, site_of_node(sites), Auditor(ledger, signer))


@dataclass
class RememberingNotifier:
    """Keeps what members would have been told."""

    codes: dict[str, str] = field(default_factory=dict)
    freed: list[tuple[str, str]] = field(default_factory=list)
    links: dict[str, str] = field(default_factory=dict)

    def come_in(self, member: Member, url: str, until: datetime) -> None:
        self.links[member.id] = url

    def choose_password(self, account: Account, url: str, until: datetime) -> None:
        self.links[account.mail] = url

    forgotten: list[str] = field(default_factory=list)

    def parcel_arrived(self, member: Member, parcel: Parcel, code: str) -> None:
        self.codes[parcel.id] = code

    def space_came_free(self, member: Member, booking: Booking, site: Site) -> None:
        self.freed.append((member.id, booking.id))

    def forget(self, member: Member) -> None:
        self.forgotten.append(member.id)


Series = tuple[str, tuple[tuple[str, str], ...]]


@dataclass
class MemoryHistory:
    """Keeps points as InfluxDB does: one per measurement, tags and time, fields replaced one by one."""

    points: dict[tuple[Series, int], dict[str, Value]] = field(default_factory=dict)
    batches: list[int] = field(default_factory=list)
    attempts: int = 0
    away: bool = False

    def write(self, points: Sequence[Point]) -> None:
        self.attempts += 1
        if self.away:
            raise NotWritten("history is away")
        self.batches.append(len(points))
        for point in points:
            self.points.setdefault(((point.measurement, point.tags), point.time_ns), {}).update(point.fields)

    def values(self, measurement: str, name: str) -> list[Value]:
        """Every value of one field, in the order of time."""
        rows = sorted(
            (time, fields) for ((kind, _), time), fields in self.points.items() if kind == measurement
        )
        return [fields[name] for _, fields in rows if name in fields]
