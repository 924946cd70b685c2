"""What came of one fault, tried many times."""

from dataclasses import dataclass, field, replace


@dataclass(frozen=True, slots=True)
class Tally:
    """The count of one fault. All but `tried` and `unrecorded` should be 0.

    `tried`: times that the fault was made. `lost`: events on a node's disk that the ledger never had.
    `doubled`: events that it has twice. `wrong`: minutes, rows or promises that came out otherwise than they
    should. `unrecorded`: taps within 50 ms before a kill, of which no disk knows. `figures` are measured
    beside them, each with its unit in its name.
    """

    tried: int
    lost: int = 0
    doubled: int = 0
    wrong: int = 0
    unrecorded: int = 0
    figures: dict[str, float] = field(default_factory=dict)
    details: tuple[str, ...] = ()

    def __add__(self, other: "Tally") -> "Tally":
        """Count what two faults came to as one."""
        names = self.figures.keys() | other.figures.keys()
        return Tally(
            tried=self.tried + other.tried,
            lost=self.lost + other.lost,
            doubled=self.doubled + other.doubled,
            wrong=self.wrong + other.wrong,
            unrecorded=self.unrecorded + other.unrecorded,
            figures={name: self.figures.get(name, 0) + other.figures.get(name, 0) for name in sorted(names)},
            details=self.details + other.details,
        )

    @property
    def ok(self) -> bool:
        """Whether every promise was kept, and any was put to the test."""
        return self.tried > 0 and not (self.lost or self.doubled or self.wrong)

    def with_wrong(self, count: int, what: str) -> "Tally":
        """Count more of what came out otherwise than it should."""
        if not count:
            return self
        return replace(self, wrong=self.wrong + count, details=(*self.details, f"{count} x {what}"))
