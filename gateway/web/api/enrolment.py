"""Letting nodes in, and putting them out."""

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from pydantic import Field

from gateway.web.api.shapes import Shape
from gateway.web.auth import Visitor, allow
from gateway.web.context import TheGateway, TheHouse
from gateway.web.mailing import base_url
from protocol.base import Instant
from protocol.enrolment import SealedBundle, SealedRequest

router = APIRouter(tags=["nodes"])

Administrator = Annotated[Visitor, Depends(allow("administer"))]


class InvitationIn(Shape):
    """How long an invitation holds."""

    minutes: Annotated[int, Field(ge=1, le=7 * 24 * 60)] = 60


class InvitationOut(Shape):
    """The token, told this once, and what to type on the node."""

    token: str
    command: str


class Revocation(Shape):
    """How many certificates of the node hold no longer."""

    certificates: int


class CertificateOut(Shape):
    """A certificate that a node was issued."""

    serial: str
    issued_at: Instant
    expires_at: Instant
    revoked_at: Instant | None


@router.post("/enrolments", status_code=201, summary="Take up an invitation")
def enrol(sealed: SealedRequest, gateway: TheGateway) -> SealedBundle:
    """Admit a node. No key is asked for: whoever holds the invitation's secret is who was invited."""
    return gateway.enrolment.enrol(sealed)


@router.post("/nodes/{node}/invitation", status_code=201, summary="Invite a node")
def invite(
    node: str, wanted: InvitationIn, house: TheHouse, request: Request, by: Administrator
) -> InvitationOut:
    """Make an invitation, in the place of an earlier one."""
    token = house.gateway.enrolment.invite(node, by.actor, timedelta(minutes=wanted.minutes)).token
    address = base_url(request, house)
    return InvitationOut(
        token=token, command=f"passerelle node enrol --gateway {address} --token {token} --into FOLDER"
    )


@router.post("/nodes/{node}/revocation", summary="Put a node out")
def revoke(node: str, gateway: TheGateway, by: Administrator) -> Revocation:
    """Revoke a node's certificates, empty its list, and send it nothing more."""
    return Revocation(certificates=gateway.enrolment.revoke(node, by.actor))


@router.get(
    "/nodes/{node}/certificates", summary="A node's certificates", dependencies=[Depends(allow("run-place"))]
)
def certificates(node: str, gateway: TheGateway) -> list[CertificateOut]:
    """List what a node was issued, the latest last."""
    with gateway.ledger.reading() as books:
        return [CertificateOut.model_validate(held) for held in books.enrolments.certificates(node)]
