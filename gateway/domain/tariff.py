"""Tariffs: dated files that say what counts as use, and what the town asks for it."""

import tomllib
from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from itertools import pairwise
from typing import Annotated, Self

from pydantic import BeforeValidator, Field, ValidationError, model_validator

from gateway.domain.civil import first_day
from gateway.domain.people import Category
from protocol.base import Id, Message


class TariffRefused(ValueError):
    """A tariff file with an error: the text lists file, key and what was expected, a line each."""


class NoTariffInForce(LookupError):
    """No tariff is dated early enough for the month asked for."""


def _written_as_text(amount: object) -> object:
    if not isinstance(amount, str | Decimal):
        raise ValueError('expected an amount in quotes such as "6.00": binary fractions are no money')  # noqa: TRY004  # pydantic reports ValueError only
    return amount


Amount = Annotated[Decimal, BeforeValidator(_written_as_text), Field(ge=0, max_digits=12, decimal_places=4)]


class Bracket(Message):
    """Users counted up to and including the `up_to`-th pay `rent_per_user` each; None: all further ones."""

    up_to: Annotated[int, Field(ge=1)] | None = None
    rent_per_user: Amount


class Tariff(Message):
    """A progressive rent. `valid_from` is the first month's first day; `min_minutes` a visit's least length.

    `currency` is ISO 4217. Members of `exempt_categories` are no users.
    """

    id: Id
    valid_from: date
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
    min_minutes: Annotated[int, Field(ge=0, le=24 * 60)]
    exempt_categories: tuple[Category, ...] = ()
    brackets: tuple[Bracket, ...] = Field(min_length=1, validation_alias="bracket")

    @model_validator(mode="after")
    def _brackets_rise(self) -> Self:
        limits = [bracket.up_to for bracket in self.brackets]
        if limits[-1] is not None:
            raise ValueError("bracket: the last one has up_to, expected none: it takes all further users")
        bounded = [limit for limit in limits[:-1] if limit is not None]
        if len(bounded) != len(limits) - 1:
            raise ValueError("bracket: one before the last has no up_to, expected where it ends")
        if any(a >= b for a, b in pairwise(bounded)):
            raise ValueError(f"bracket: up_to goes {bounded}, expected each above the one before")
        return self


def read_tariff(text: str, name: str) -> Tariff:
    """Read the tariff file `text`; `name` is the file's name for errors. Raises TariffRefused."""
    try:
        return Tariff.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise TariffRefused(f"{name}: not TOML: {error}") from error
    except ValidationError as error:
        lines = [
            f"{name}: {_key(problem['loc'])}: {problem['msg']} (found {problem['input']!r:.60})"
            for problem in error.errors(include_url=False)
        ]
        raise TariffRefused("\n".join(lines)) from error


def in_force(tariffs: Iterable[Tariff], month: str) -> Tariff:
    """Return the latest tariff dated no later than the first day of `month`. Raises NoTariffInForce."""
    first = first_day(month)
    dated = [tariff for tariff in tariffs if tariff.valid_from <= first]
    if not dated:
        raise NoTariffInForce(
            f"no tariff is in force on {first}: add a tariff file with valid_from = {first}"
        )
    return max(dated, key=lambda tariff: (tariff.valid_from, tariff.id))


def _key(loc: tuple[int | str, ...]) -> str:
    """Write the way to a key as `bracket number 2.rent_per_user`."""
    words: list[str] = []
    for part in loc:
        if isinstance(part, int):
            words[-1] += f" number {part + 1}"
        else:
            words.append(part)
    return ".".join(words) or "file"
