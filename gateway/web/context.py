"""What the web needs of the house it serves, and how a request reaches it."""

from typing import Annotated, Protocol, cast

from fastapi import Depends, Request

from gateway.domain.tariff import Tariff
from gateway.logins import Logins
from gateway.polling import Polling
from gateway.ports import CardVault, IdentityProvider
from gateway.service import Gateway
from gateway.web.refusals import Refusals
from gateway.web.stream import Hub


class House(Protocol):
    """A wired gateway. `credential_key` makes card references, `public_key` checks its signature.

    `card_vault` makes the keys of cards that have one, and locks them.
    """

    @property
    def gateway(self) -> Gateway: ...

    @property
    def credential_key(self) -> bytes: ...

    @property
    def card_vault(self) -> CardVault: ...

    @property
    def public_key(self) -> str: ...

    @property
    def logins(self) -> Logins: ...

    @property
    def openid(self) -> IdentityProvider | None: ...

    @property
    def public_url(self) -> str | None:
        """Where browsers find the pages, where that is not where they are served."""
        ...

    @property
    def mails(self) -> bool:
        """Whether what is written to people is sent by mail."""
        ...

    @property
    def polling(self) -> Polling: ...

    @property
    def tariffs(self) -> tuple[Tariff, ...]: ...


def _house(request: Request) -> House:
    return cast("House", request.app.state.house)


def _gateway(request: Request) -> Gateway:
    return _house(request).gateway


def _hub(request: Request) -> Hub:
    return cast("Hub", request.app.state.hub)


def _refusals(request: Request) -> Refusals:
    return cast("Refusals", request.app.state.refusals)


TheHouse = Annotated[House, Depends(_house)]
TheGateway = Annotated[Gateway, Depends(_gateway)]
TheHub = Annotated[Hub, Depends(_hub)]
TheRefusals = Annotated[Refusals, Depends(_refusals)]
