"""The page of what was tried. The rows are kept as data beside it, so that one fault can be tried anew."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final

from firmware_sim.faults.catalogue import FAULTS
from firmware_sim.faults.fault import Fault
from firmware_sim.faults.tally import Tally

BEGIN: Final = "<!-- measured: begin -->"
END: Final = "<!-- measured: end -->"
_HEAD: Final = (
    "| fault | tried | lost | doubled | wrong | unrecorded | measured beside | seed | date |\n"
    "|---|---:|---:|---:|---:|---:|---|---:|---|\n"
)


@dataclass(frozen=True, slots=True)
class Measured:
    """One row: what came of a fault, by which seed, on which day."""

    tally: Tally
    seed: int
    on: date

    def as_data(self) -> dict[str, Any]:
        """Give it as JSON takes it."""
        row = asdict(self.tally)
        row.pop("details")
        return {**row, "seed": self.seed, "date": self.on.isoformat()}


def write_report(page: Path, measured: Mapping[str, Measured]) -> None:
    """Bring `page`, and the data in the JSON file beside it, up to date with what was measured now.

    Raises ValueError where the page lacks the marks between which the table stands.
    """
    data = page.with_suffix(".json")
    rows: dict[str, Any] = json.loads(data.read_text(encoding="utf-8")) if data.exists() else {}
    rows |= {name: each.as_data() for name, each in measured.items()}
    before, begin, rest = page.read_text(encoding="utf-8").partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"{page}: the marks {BEGIN} and {END} are missing; put them where the table belongs")
    data.write_text(json.dumps(rows, indent=2) + "\n", encoding="utf-8")
    page.write_text(f"{before}{BEGIN}\n{_table(rows)}{END}{after}", encoding="utf-8")


def _table(rows: Mapping[str, Any]) -> str:
    return _HEAD + "".join(_line(fault, rows[fault.name]) for fault in FAULTS if fault.name in rows)


def _line(fault: Fault, row: Mapping[str, Any]) -> str:
    figures = ", ".join(f"{name} {value:g}" for name, value in row["figures"].items())
    counts = " | ".join(f"{row[name]:,}" for name in ("tried", "lost", "doubled", "wrong", "unrecorded"))
    return f"| {fault.title} | {counts} | {figures} | {row['seed']} | {row['date']} |\n"
