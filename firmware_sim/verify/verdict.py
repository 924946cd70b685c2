"""What the judge says."""

import json
from dataclasses import asdict, dataclass, field


@dataclass(slots=True)
class Verdict:
    """Counts of what is wrong, which must all be 0, and figures told beside them.

    `lost` events were observed and are not in the ledger; `doubled` ones are there twice. `wrong_minutes` is
    the difference over every person, site and civil day, each rounded up, and one for each figure of a
    statement that disagrees. `wrong_visits` differ in a bound, quality or cause; `altered` events say
    something else than was observed, `invented` ones were never observed; `wrong_history` days have other
    sums there. `users` are the distinct people who qualify over the whole time, `users_by_month` the town's
    count. Not faults: `unrecorded` taps (read
    at `unrecorded_at`) never reached a spool, and `distance_minutes` is how far visits are
    from where people really were, by quality.
    """

    events: int = 0
    lost: int = 0
    doubled: int = 0
    wrong_minutes: int = 0
    users: int = 0
    visits: int = 0
    wrong_visits: int = 0
    altered: int = 0
    invented: int = 0
    wrong_history: int = 0
    unrecorded: int = 0
    unrecorded_at: list[str] = field(default_factory=list)
    users_by_month: dict[str, int] = field(default_factory=dict)
    distance_minutes: dict[str, int] = field(default_factory=dict)
    details: list[str] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong."""
        return not (
            self.lost
            or self.doubled
            or self.wrong_minutes
            or self.wrong_visits
            or self.altered
            or self.invented
            or self.wrong_history
        )

    def as_json(self) -> str:
        """One object; the first keys are events, lost, doubled, wrong_minutes and users."""
        return json.dumps(asdict(self), ensure_ascii=False)
