"""Reading a site file: one TOML page. What is wrong in it is told by file, key and expectation."""

import tomllib
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import ValidationError

from protocol.site import Site
from protocol.site_rules import problems


class SiteFileRefused(ValueError):
    """A site file with an error: the text lists file, key and what was expected, a line each."""


def read_site(text: str, name: str) -> Site:
    """Read the site file `text`; `name` is the file's name for errors. Raises SiteFileRefused."""
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SiteFileRefused(f"{name}: not TOML: {error}") from error
    try:
        site = Site.model_validate(table)
    except ValidationError as error:
        raise SiteFileRefused("\n".join(_lines(error, table, name))) from error
    found = [*problems(site), *_zone_problem(site)]
    if found:
        raise SiteFileRefused("\n".join(f"{name}: {problem}" for problem in found))
    return site


def _zone_problem(site: Site) -> list[str]:
    try:
        ZoneInfo(site.timezone)
    except (ZoneInfoNotFoundError, ValueError):
        return [f"timezone: {site.timezone!r} is not known, expected a name such as 'Europe/Paris'"]
    return []


def _lines(error: ValidationError, table: dict[str, object], name: str) -> list[str]:
    return [
        f"{name}: {_place(problem['loc'], table)}: {problem['msg']} (found {problem['input']!r:.60})"
        for problem in error.errors(include_url=False)
    ]


def _place(loc: tuple[int | str, ...], table: object) -> str:
    """Write the way to a key as `door 'entrance'.strike`: an id says more than a position."""
    words: list[str] = []
    for part in loc:
        table = table[part] if _holds(table, part) else None  # type: ignore[index]  # _holds checked
        if isinstance(part, int):
            known = table.get("id") if isinstance(table, dict) else None
            words[-1] += f" {known!r}" if known else f" number {part + 1}"
        else:
            words.append(part)
    return ".".join(words)


def _holds(table: object, part: int | str) -> bool:
    if isinstance(table, dict):
        return part in table
    return isinstance(table, list) and isinstance(part, int) and part < len(table)
