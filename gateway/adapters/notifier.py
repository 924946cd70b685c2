"""Telling members things. Until mail is set up, messages wait in a folder, one file each."""

import json
import secrets
from datetime import datetime
from pathlib import Path

from gateway.domain.parcels import Parcel
from gateway.domain.people import Member


class OutboxNotifier:
    """Writes each message as a JSON file, for a mailer or a person to pick up."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o700)

    def parcel_arrived(self, member: Member, parcel: Parcel, code: str) -> None:
        text = {
            "to": member.id,
            "about": "parcel_arrived",
            "parcel": parcel.id,
            "site": parcel.site,
            "carrier": parcel.carrier,
            "code": code,
            "until": parcel.deadline.isoformat(),
        }
        name = f"{parcel.id}-{secrets.token_hex(4)}.json"
        (self._folder / name).write_text(json.dumps(text, ensure_ascii=False, indent=1), encoding="utf-8")

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
