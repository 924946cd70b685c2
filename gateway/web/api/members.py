"""Members, and the cards in their hands."""

import secrets
from datetime import datetime
from typing import Annotated, Any, Self

from fastapi import APIRouter, Depends
from pydantic import Field, StringConstraints, model_validator

from gateway.commands import (
    AddMembers,
    EraseMember,
    ExportMember,
    Fault,
    GiveCredential,
    NewMember,
    Refused,
    RevokeCredential,
    SetMail,
    SetRelock,
)
from gateway.domain.accounts import same_mail
from gateway.domain.people import Card, Category, Credential, Member, Plan
from gateway.ports import Books
from gateway.web.api.shapes import Added, Mail, Shape
from gateway.web.auth import CarryOut, allow
from gateway.web.context import House, TheGateway, TheHouse
from gateway.web.looking import LookAt, looking_at
from gateway.web.problems import moved
from protocol.access import RelockSeconds
from protocol.base import CredentialRef, Id, Instant
from protocol.events import Assurance
from protocol.identifiers import credential_ref

router = APIRouter(tags=["members"], dependencies=[Depends(allow("run-place"))])

Uid = Annotated[str, StringConstraints(pattern=r"^([0-9a-fA-F]{8}|[0-9a-fA-F]{14}|[0-9a-fA-F]{20})$")]


class CardIn(Shape):
    """A card: its `ref` as readers make it, or its `uid` (hex; 4, 7 or 10 bytes), which is not kept.

    `aes` says that the card of this `uid` has been given the key that belongs to it: from now on it must
    prove that at every door. For who walks slowly doors stay released for `relock_after_s` at least.
    One of `duress` opens as another would, and calls staff for help.
    """

    ref: CredentialRef | None = None
    uid: Uid | None = None
    aes: bool = False
    relock_after_s: RelockSeconds | None = None
    duress: bool = False

    @model_validator(mode="after")
    def _one_of_them(self) -> Self:
        if (self.ref is None) == (self.uid is None):
            raise ValueError("give either ref or uid")
        if self.aes and self.uid is None:
            raise ValueError("aes goes with uid, of which the card's key is made")
        return self

    def card(self, house: House) -> Card:
        """Return what stands for the card from here on."""
        uid = bytes.fromhex(self.uid or "")
        ref = self.ref or credential_ref(house.credential_key, uid)
        vault = house.card_vault
        locked_key = vault.lock(ref, vault.key_of(uid)) if self.aes else None
        return Card(ref, locked_key, self.relock_after_s, self.duress)


class MemberIn(Shape):
    """A member to be. Without an `id` one is made; `since` is now where it is not said."""

    id: Id | None = None
    name: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
    category: Category
    plan: Plan
    sites: Annotated[list[Id], Field(min_length=1)]
    office: Id | None = None
    since: Instant | None = None
    until: Instant | None = None
    mail: Mail | None = None
    credentials: tuple[CardIn, ...] = ()

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.since is not None and self.until is not None and self.until <= self.since:
            raise ValueError("until must be later than since")
        return self


class MembersIn(Shape):
    """Members to take up together."""

    members: Annotated[list[MemberIn], Field(max_length=10_000)]


class MemberOut(Shape):
    """A member, from `since` until `until` (null: no end); `host` invited a guest for a day."""

    id: str
    name: str
    category: Category
    plan: Plan
    sites: list[str]
    office: str | None
    since: Instant
    until: Instant | None
    mail: str | None
    host: str | None


class MailIn(Shape):
    """Where to write to a member; null: nowhere."""

    mail: Mail | None


class CredentialOut(Shape):
    """A card in a member's hands from `since` until `revoked_at` (null: still), and what it can prove."""

    ref: str
    member: str
    assurance: Assurance
    since: Instant
    revoked_at: Instant | None
    relock_after_s: float | None
    duress: bool


class RelockIn(Shape):
    """How long doors stay released at least for a card's holder, in seconds; null: no longer than usual."""

    relock_after_s: RelockSeconds | None


class ErasedOut(Shape):
    """How many records of each kind name nobody any more. What is counted stays counted."""

    cards: int
    events: int
    visits: int
    bookings: int
    loans: int
    parcels: int


@router.get("/members", summary="All members", dependencies=[Depends(looking_at("members"))])
def members(gateway: TheGateway) -> list[MemberOut]:
    """List all members, those of the past too."""
    with gateway.ledger.reading() as books:
        return [MemberOut.model_validate(member) for member in books.people.members()]


@router.post("/members", status_code=201, summary="Take up a member")
def add_member(member: MemberIn, house: TheHouse, carry_out: CarryOut) -> MemberOut:
    """Take up one member, with the cards already in hand."""
    try:
        [added] = _add(house, [member], carry_out)
    except Refused as refusal:
        raise moved(refusal, "/0", "") from refusal
    return MemberOut.model_validate(added)


@router.post("/imports/members", summary="Take up many members")
def import_members(wanted: MembersIn, house: TheHouse, carry_out: CarryOut) -> Added:
    """Take up all of them, or none where one cannot be."""
    try:
        return Added(added=len(_add(house, wanted.members, carry_out)))
    except Refused as refusal:
        raise moved(refusal, "", "/members") from refusal


@router.get("/members/{member}", summary="One member")
def member(member: str, gateway: TheGateway, look_at: LookAt) -> MemberOut:
    """Return the member of this id."""
    with gateway.ledger.reading() as books:
        found = _known(books, member)
    look_at(f"member:{found.id}")
    return MemberOut.model_validate(found)


@router.get(
    "/members/{member}/export",
    summary="All that is kept of a member",
    dependencies=[Depends(allow("administer"))],
)
def export(member: str, carry_out: CarryOut) -> dict[str, Any]:
    """Return what a member may ask to see and to take along (GDPR, art. 15 and 20)."""
    found: dict[str, Any] = carry_out(ExportMember(member))
    return found


@router.post(
    "/members/{member}/erase", summary="Forget a member", dependencies=[Depends(allow("administer"))]
)
def erase(member: str, carry_out: CarryOut) -> ErasedOut:
    """Forget a member (GDPR, art. 17): cards open nothing any more, records name nobody. It is for good."""
    return ErasedOut.model_validate(carry_out(EraseMember(member)))


@router.put("/members/{member}/mail", summary="A member's mail address")
def set_mail(member: str, wanted: MailIn, carry_out: CarryOut) -> MemberOut:
    """Keep another address; who came in by the old one is signed out."""
    return MemberOut.model_validate(carry_out(SetMail(member, wanted.mail)))


@router.get("/members/{member}/credentials", summary="A member's cards")
def credentials(member: str, gateway: TheGateway, look_at: LookAt) -> list[CredentialOut]:
    """List the cards that a member holds or held."""
    with gateway.ledger.reading() as books:
        held = books.people.credentials(_known(books, member).id)
    look_at(f"member:{member}")
    return [CredentialOut.model_validate(credential) for credential in held]


@router.post("/members/{member}/credentials", status_code=201, summary="Give a card")
def give_credential(member: str, card: CardIn, house: TheHouse, carry_out: CarryOut) -> CredentialOut:
    """Hand a card to a member."""
    credential: Credential = carry_out(GiveCredential(member, card.card(house)))
    return CredentialOut.model_validate(credential)


@router.delete("/credentials/{ref}", status_code=204, summary="Revoke a card")
def revoke_credential(ref: str, carry_out: CarryOut) -> None:
    """Take a card out of every door."""
    carry_out(RevokeCredential(ref))


@router.put("/credentials/{ref}/relock", status_code=204, summary="How long doors stay released for a card")
def set_relock(ref: str, wanted: RelockIn, carry_out: CarryOut) -> None:
    """Give who walks slowly the time to reach the door; nodes know within a second."""
    carry_out(SetRelock(ref, wanted.relock_after_s))


def _known(books: Books, member: str) -> Member:
    found = books.people.member(member)
    if found is None:
        raise Refused("not_found", Fault("", "unknown_member", f"no member has the id {member!r}"))
    return found


def _add(house: House, wanted: list[MemberIn], carry_out: CarryOut) -> list[Member]:
    now = house.gateway.clock.now()
    new = tuple(
        NewMember(_member(member, now), tuple(card.card(house) for card in member.credentials))
        for member in wanted
    )
    added: list[Member] = carry_out(AddMembers(new))
    return added


def _member(sent: MemberIn, now: datetime) -> Member:
    return Member(
        id=sent.id or f"m-{secrets.token_hex(6)}",
        name=sent.name,
        category=sent.category,
        plan=sent.plan,
        sites=tuple(sent.sites),
        office=sent.office,
        since=sent.since or now,
        until=sent.until,
        mail=None if sent.mail is None else same_mail(sent.mail),
    )
