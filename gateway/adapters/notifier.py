"""Telling members things: each message is a file of the outbox until a mailer or a person passed it on."""

# ruff: noqa: RUF001  # French typography

import json
import secrets
from datetime import datetime
from pathlib import Path

from gateway.domain.accounts import Account
from gateway.domain.bookings import Booking
from gateway.domain.parcels import Parcel
from gateway.domain.people import Member
from host.files import replace
from protocol.base import as_wire_time
from protocol.site import Site


class OutboxNotifier:
    """Writes each message as a JSON file: `to` (whose id), `mail`, `about`, `subject`, `text`, `until`.

    French first, for that is what members speak, English below. After `until` it is of no use any more.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o700)

    def come_in(self, member: Member, url: str, until: datetime) -> None:
        self._post(
            member,
            "come_in",
            "Votre lien de connexion",
            "Bonjour,\n\n"
            f"Ce lien ouvre votre page ; il sert une seule fois, pendant un quart d’heure :\n{url}\n\n"
            "Si vous ne l’avez pas demandé, laissez-le simplement expirer.\n\n"
            f"—\n\nThis link opens your page, once, within a quarter of an hour:\n{url}\n",
            until,
        )

    def choose_password(self, account: Account, url: str, until: datetime) -> None:
        self._post(
            account,
            "choose_password",
            "Votre accès à Passerelle",
            "Bonjour,\n\n"
            "Ce lien sert une seule fois, pendant trois jours, à choisir votre mot de passe :\n"
            f"{url}\n\n"
            "Si vous ne vous y attendiez pas, ne l’ouvrez pas et prévenez l’administration.\n\n"
            f"—\n\nThis link lets you choose your password, once, within three days:\n{url}\n"
            "If you did not expect it, leave it alone and tell whoever administers the place.\n",
            until,
        )

    def parcel_arrived(self, member: Member, parcel: Parcel, code: str) -> None:
        day = f"{parcel.deadline:%d/%m/%Y}"
        self._post(
            member,
            "parcel_arrived",
            f"Un colis vous attend ({parcel.carrier})",
            f"Bonjour,\n\nUn colis de {parcel.carrier} vous attend jusqu’au {day}.\n"
            f"Retirez-le avec votre badge, ou avec le code {code}.\n\n"
            f"—\n\nA parcel from {parcel.carrier} waits for you until {day}.\n"
            f"Fetch it with your badge, or with the code {code}.\n",
            parcel.deadline,
        )

    def space_came_free(self, member: Member, booking: Booking, site: Site) -> None:
        start, end = (at.astimezone(site.zone) for at in (booking.starts_at, booking.ends_at))
        day, begins, ends = f"{start:%d/%m/%Y}", f"{start:%H:%M}", f"{end:%H:%M}"
        space = next((each.name for each in site.spaces if each.id == booking.space), booking.space)
        self._post(
            member,
            "space_came_free",
            "Votre réservation est confirmée",
            f"Bonjour,\n\nL’espace que vous attendiez le {day} est à vous de {begins} à {ends} :\n"
            f"{space}, {site.name}.\n\n"
            f"—\n\nThe space that you waited for on {day} is yours from {begins} to {ends}:\n"
            f"{space}, {site.name}.\n",
            booking.ends_at,
        )

    def _post(self, member: Member | Account, about: str, subject: str, text: str, until: datetime) -> None:
        message = {
            "to": member.id,
            "mail": member.mail,
            "about": about,
            "subject": subject,
            "text": text,
            "until": as_wire_time(until),
        }
        file = self._folder / f"{about}-{secrets.token_hex(8)}.json"
        replace(file, json.dumps(message, ensure_ascii=False, indent=1).encode(), mode=0o600)

    def forget(self, member: Member) -> None:
        for file in self._folder.glob("*.json"):
            if json.loads(file.read_text(encoding="utf-8"))["to"] == member.id:
                file.unlink()

    def sweep(self, before: datetime) -> int:
        """Delete the messages from before a moment, which nobody has sent; return how many."""
        old = [file for file in self._folder.glob("*.json") if file.stat().st_mtime < before.timestamp()]
        for file in old:
            file.unlink()
        return len(old)
