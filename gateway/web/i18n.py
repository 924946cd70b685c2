"""What pages say, in French first, in English too. Every sentence is in `messages/`, under the same key."""

import tomllib
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Final, Literal, get_args
from zoneinfo import ZoneInfo

from fastapi import Request

Language = Literal["fr", "en"]
LANGUAGES: Final[tuple[Language, ...]] = get_args(Language)
LANGUAGE_COOKIE: Final = "passerelle_language"

_MESSAGES: Final = Path(__file__).with_name("messages")
_TOWN: Final = ZoneInfo("Europe/Paris")
_THIN: Final = "\N{NARROW NO-BREAK SPACE}"
_SECONDS = {"minute": 60, "hour": 3600, "day": 86400}


class Words:
    """The words of one language."""

    def __init__(self, language: Language) -> None:
        self.language: Language = language
        self.texts: dict[str, str] = tomllib.loads((_MESSAGES / f"{language}.toml").read_text("utf-8"))

    def __call__(self, key: str, **values: object) -> str:
        """Say `key`. Raises KeyError where no file knows it."""
        return self.texts[key].format(**values)

    def knows(self, key: str) -> bool:
        return key in self.texts

    def count(self, key: str, number: int) -> str:
        """Say `number` things, in the singular or the plural."""
        return self.label(key, number).format(n=self.number(number))

    def label(self, key: str, number: int) -> str:
        """Say only what the things are. French takes the singular for zero and one, English for one."""
        alone = number <= 1 if self.language == "fr" else number == 1
        return self.texts[f"{key}_one" if alone else f"{key}_many"]

    def number(self, value: int | Decimal) -> str:
        """Group thousands, and mark decimals, as the language does."""
        text = f"{value:,}"
        return text if self.language == "en" else text.replace(",", _THIN).replace(".", ",")

    def money(self, amount: Decimal) -> str:
        euros = self.number(amount.quantize(Decimal("0.01")))
        return f"€{euros}" if self.language == "en" else f"{euros}\N{NO-BREAK SPACE}€"

    def clock(self, moment: datetime, zone: ZoneInfo) -> str:
        return moment.astimezone(zone).strftime("%H:%M")

    def day(self, moment: datetime) -> str:
        return moment.astimezone(_TOWN).strftime("%d/%m/%Y")

    def month(self, month: int) -> str:
        return self(f"month_{month}")

    def age(self, span: timedelta) -> str:
        """Say how long ago, in the largest whole unit."""
        seconds = int(span.total_seconds())
        for unit in ("day", "hour", "minute"):
            if seconds >= _SECONDS[unit]:
                return self.count(f"ago_{unit}", seconds // _SECONDS[unit])
        return self("ago_moment")


WORDS: Final[dict[Language, Words]] = {language: Words(language) for language in LANGUAGES}


def words_for(request: Request) -> Words:
    """Choose the words: `?lang=`, else the cookie, else the browser's preference, else French."""
    asked = request.query_params.get("lang") or request.cookies.get(LANGUAGE_COOKIE)
    for language in LANGUAGES:
        if asked == language:
            return WORDS[language]
    preferred = request.headers.get("accept-language", "").replace(" ", "").lower().split(",")
    for choice in preferred:
        for language in LANGUAGES:
            if choice.split(";")[0].split("-")[0] == language:
                return WORDS[language]
    return WORDS["fr"]
