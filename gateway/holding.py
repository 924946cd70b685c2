"""Who held which card on a day, as far as anybody may still know."""

from datetime import date
from functools import cached_property

from gateway.domain.people import Credential, Holders
from gateway.ports import Books


class Holding:
    """Answers for every day within one transaction."""

    def __init__(self, books: Books) -> None:
        self._books = books
        self._by_month: dict[tuple[str, bool], Holders] = {}

    def on(self, site: str, day: date) -> Holders:
        """Return the holders of cards at `site` on a civil day.

        On a day that names nobody only pseudonyms hold cards: an event of it that comes late with a real card
        tells that somebody was there, and of nobody new.
        """
        month, named = f"{day:%Y-%m}", day >= self._before(site)
        if (month, named) not in self._by_month:
            past = [pseudonym.credential() for pseudonym in self._books.pseudonyms.of_month(month)]
            self._by_month[month, named] = Holders([*(self._credentials if named else ()), *past])
        return self._by_month[month, named]

    @cached_property
    def _credentials(self) -> list[Credential]:
        return self._books.people.credentials()

    def _before(self, site: str) -> date:
        return self._books.pseudonyms.nameless_before(site)
