"""`passerelle badge`: giving a badge to a member at a reader on the desk, and taking it back."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from rich.console import Console

from passerelle.office import Office, OfficeRefused

app = typer.Typer(no_args_is_help=True, help="Badges: give one at a reader on the desk, take one back.")

Gateway = Annotated[str, typer.Option(help="The gateway's address, such as http://127.0.0.1:8000.")]
KeyFile = Annotated[Path, typer.Option(help="A file with an API key: administer to personalise.")]

_REFUSED: Final = 2

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
    try:
        from passerelle.desk import Desk, DeskRefused
    except ModuleNotFoundError as missing:
        _errors.print(f"no {missing.name} here, which drives readers: install passerelle\\[edge]")
        raise typer.Exit(_REFUSED) from missing

    with _told(DeskRefused):
        office = Office(gateway, _key(key_file))
        office.get(f"/members/{member}/credentials")
        with Desk.at(reader, _console, wait_s) as desk:
            number = desk.number()
            if not register_only:
                told = office.post("/card-keys", {"uid": number.hex()})
                _check_holder(told["member"], member)
                desk.give_key(number, bytes.fromhex(told["key"]))
        given = _register(office, member, {"uid": number.hex(), "aes": not register_only})
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


def _key(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise OfficeRefused(f"{file}: {error.strerror}: expected a file with an API key") from error


@contextmanager
def _told(*also: type[Exception]) -> Iterator[None]:
    """Tell in a sentence why it cannot be done: OfficeRefused, and what is named here."""
    refusals: tuple[type[Exception], ...] = (OfficeRefused, *also)
    try:
        yield
    except refusals as refusal:
        _errors.print(str(refusal), markup=False)
        raise typer.Exit(_REFUSED) from refusal
