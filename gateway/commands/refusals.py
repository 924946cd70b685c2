"""How the gateway says no."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong: `pointer` is the JSON pointer (RFC 6901) of the field, `text` what to do.

    `facts` are what a program may want to read of it.
    """

    pointer: str
    code: str
    text: str
    facts: Mapping[str, str] = field(default_factory=dict)


RefusalKind = Literal["not_found", "invalid", "conflict", "unavailable", "forbidden"]


class Refused(Exception):
    """A command that was not carried out. Nothing has changed."""

    def __init__(self, kind: RefusalKind, *faults: Fault) -> None:
        super().__init__("; ".join(f"{fault.pointer}: {fault.text}".removeprefix(": ") for fault in faults))
        self.kind = kind
        self.faults = faults
