"""`passerelle badge`: giving a badge to a member at a reader on the desk, and taking it back."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, Final

import nfc.clf
import nfc.tag
import typer
from rich.console import Console

from edge.adapters.card_proof import prove
from edge.adapters.nfc_frontend import BoundedFrontend, close
from edge.adapters.personalise import Unsuited, personalise
from edge.adapters.secure_card import NotNow, SecureCard
from edge.core.ev2 import NotGenuine
from passerelle.office import Office, OfficeRefused

app = typer.Typer(no_args_is_help=True, help="Badges: give one at a reader on the desk, take one back.")

Gateway = Annotated[str, typer.Option(help="The gateway's address, such as http://127.0.0.1:8000.")]
KeyFile = Annotated[Path, typer.Option(help="A file with an API key: administer to personalise.")]

_REFUSED: Final = 2
_FOR_A_CARD_S: Final = 3.0
_AGAIN_AFTER_S: Final = 0.1

_console = Console(highlight=False, soft_wrap=True)
_errors = Console(stderr=True, highlight=False, soft_wrap=True)


@app.command()
def enrol(
    *,
    member: Annotated[str, typer.Option(help="Who gets the badge: a member's id.")],
    reader: Annotated[str, typer.Option(help="The reader's nfcpy path: usb:054c:06c3, tty:USB0:pn532, ...")],
    gateway: Gateway,
    key_file: KeyFile,
    register_only: Annotated[
        bool, typer.Option("--register-only", help="Write nothing: know the card by its number alone.")
    ] = False,
    wait_s: Annotated[float, typer.Option(min=1, help="How long to wait for a card.")] = 60,
) -> None:
    """Give a card its own key, see that it proves it, and register it for a member.

    A card taken away too early is waited for: nothing is ever half done, and all of it can be repeated.
    """
    with _told():
        office = Office(gateway, _key(key_file))
        office.get(f"/members/{member}/credentials")
        with _opened(reader) as frontend:
            desk = _Desk(frontend, wait_s)
            number = desk.number()
            wanted = {"uid": number.hex(), "aes": not register_only}
            if not register_only:
                told = office.post("/card-keys", {"uid": number.hex()})
                _check_holder(told["member"], member)
                _give_key(desk, number, bytes.fromhex(told["key"]))
            given = _register(office, member, wanted)
    how = "by its own key" if given["assurance"] == "aes" else "by its number alone, which can be copied"
    _console.print(f"[green]{member} has the badge {given['ref']}[/], known {how}.")


@app.command()
def revoke(
    *,
    ref: Annotated[str | None, typer.Option(help="The badge's reference, c_...")] = None,
    member: Annotated[str | None, typer.Option(help="A member: all badges in their hands.")] = None,
    gateway: Gateway,
    key_file: KeyFile,
) -> None:
    """Take a badge out of every door. Doors that are online refuse it within a second."""
    with _told():
        if (ref is None) == (member is None):
            raise OfficeRefused("give either --ref or --member")
        office = Office(gateway, _key(key_file))
        refs = [ref] if ref else _held(office, member or "")
        for each in refs:
            office.delete(f"/credentials/{each}")
            _console.print(f"{each} is revoked.")
        behind = [li["node"] for li in office.get("/lists") if li["held_revision"] != li["issued_revision"]]
    if behind:
        _console.print(f"[yellow]Not yet told: {', '.join(sorted(behind))}.[/] See the live page.")


class _Desk:
    """The reader on the desk, and the one card that is held to it."""

    def __init__(self, frontend: Any, wait_s: float) -> None:
        self._frontend = frontend
        self._wait_s = wait_s
        self._number: bytes | None = None

    def number(self) -> bytes:
        """Wait for a card, and return its number. From now on no other is taken."""
        with _console.status("Hold the card to the reader."):
            self._number = self.do(lambda tag: bytes(tag.identifier))
        return self._number

    def do(self, act: Callable[[Any], Any]) -> Any:
        """Do something with the card to its end, as often as it is taken away meanwhile.

        Raises Unsuited or NotGenuine from `act`, OfficeRefused where no card comes.
        """
        ends_s = time.monotonic() + self._wait_s  # noqa: TID251 - a person waits, in real time
        while time.monotonic() < ends_s:  # noqa: TID251 - as above
            target = self._frontend.sense(nfc.clf.RemoteTarget("106A"), iterations=1)
            if target is not None:
                self._frontend.allow(_FOR_A_CARD_S)
                try:
                    tag = nfc.tag.activate(self._frontend, target)
                    if tag is not None and self._number in {None, bytes(tag.identifier)}:
                        return act(tag)
                except (Unsuited, NotGenuine, OSError):
                    raise
                except NotNow:
                    _console.print("The card asks for a pause, after failed attempts. Leave it there.")
                except Exception as error:  # noqa: BLE001 - a card torn away, in whichever of nfcpy's words
                    _console.print(f"[yellow]Taken away too early ({type(error).__name__}): hold it again.")
            time.sleep(_AGAIN_AFTER_S)
        raise OfficeRefused(f"no card was held to the reader for {self._wait_s:g} s: nothing was registered")


def _give_key(desk: _Desk, number: bytes, key: bytes) -> None:
    with _console.status("Writing its key: leave the card where it is."):
        kind = desk.do(lambda tag: personalise(SecureCard(tag), key))
    with _console.status("Asking it for proof."):
        desk.do(lambda tag: prove(SecureCard(tag), number, key))
    _console.print(f"The card ({kind}) has its own key, and has proved it.")


def _check_holder(holder: str | None, member: str) -> None:
    if holder not in {None, member}:
        raise OfficeRefused(f"{holder} holds this card: revoke it first, with passerelle badge revoke")


def _register(office: Office, member: str, card: dict[str, Any]) -> Any:
    """Hand the card over; one that the member holds already is taken up anew where it can prove more now."""
    try:
        return office.post(f"/members/{member}/credentials", card)
    except OfficeRefused as refusal:
        if refusal.status != 409 or not card["aes"]:  # noqa: PLR2004 - HTTP: conflict
            raise
    ref = office.post("/card-keys", {"uid": card["uid"]})["ref"]
    held = office.get(f"/members/{member}/credentials")
    current = next(each for each in held if each["ref"] == ref and each["revoked_at"] is None)
    if current["assurance"] == "aes":
        return current
    office.delete(f"/credentials/{ref}")
    return office.post(f"/members/{member}/credentials", card)


def _held(office: Office, member: str) -> list[str]:
    held = office.get(f"/members/{member}/credentials")
    refs = [each["ref"] for each in held if each["revoked_at"] is None]
    if not refs:
        raise OfficeRefused(f"{member} holds no badge")
    return refs


@contextmanager
def _opened(path: str) -> Iterator[Any]:
    try:
        frontend = BoundedFrontend(path, time.monotonic)  # noqa: TID251 - a person waits, in real time
    except (OSError, ValueError) as error:
        raise OfficeRefused(f"{path}: the reader cannot be opened: {error}") from error
    try:
        yield frontend
    except OSError as error:
        raise OfficeRefused(
            f"{path}: the reader was lost: {error}. Nothing is half done: do it again"
        ) from error
    finally:
        close(frontend)


def _key(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise OfficeRefused(f"{file}: {error.strerror}: expected a file with an API key") from error


@contextmanager
def _told() -> Iterator[None]:
    """Tell in a sentence why it cannot be done."""
    try:
        yield
    except (OfficeRefused, Unsuited, NotGenuine) as refusal:
        _errors.print(str(refusal), markup=False)
        raise typer.Exit(_REFUSED) from refusal
