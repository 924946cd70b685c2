"""Laying the floor plan out: where each space and its words go, in the plan's own decimetres."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from gateway.web.picture import SpaceView
from protocol.site import Rectangle, Space

_GAP: Final = 0.06  # of the text's size: half the wall between two spaces
_LINES_ACROSS: Final = 56  # how many text sizes the whole plan is wide
_LETTER: Final = 0.56  # a letter's mean width, of the text's size
_ROOMY: Final = 12  # spaces as wide as this many text sizes have room for a sentence


@dataclass(frozen=True, slots=True)
class Box:
    """A space as drawn; sizes of texts are in decimetres too. A `roomy` one takes a sentence."""

    x: float
    y: float
    width: float
    height: float
    pad: float
    name_size: float
    count_size: float
    roomy: bool


@dataclass(frozen=True, slots=True)
class Plan:
    """A whole plan: its size in decimetres, its text's size, and a box per space."""

    width: int
    height: int
    text: float
    boxes: dict[str, Box]


def lay_out(spaces: Sequence[Space]) -> Plan:
    """Lay out `spaces`; text keeps one size on screen whatever the size of the place."""
    width = max(space.plan.x + space.plan.width for space in spaces)
    height = max(space.plan.y + space.plan.height for space in spaces)
    text = width / _LINES_ACROSS
    boxes = {space.id: _box(space.plan, space.name, text) for space in spaces}
    return Plan(width, height, round(text, 2), boxes)


def _box(plan: Rectangle, name: str, text: float) -> Box:
    gap, pad = _GAP * 2 * text, 0.7 * text
    width = plan.width - 2 * gap
    roomy = plan.width >= _ROOMY * text
    fits = (width - 2 * pad) / (len(name) * _LETTER)
    return Box(
        x=round(plan.x + gap, 2),
        y=round(plan.y + gap, 2),
        width=round(width, 2),
        height=round(plan.height - 2 * gap, 2),
        pad=round(pad, 2),
        name_size=round(min(text, fits), 2),
        count_size=round(text * (4 if plan.width > 2 * _ROOMY * text else 2.2), 2),
        roomy=roomy,
    )


def state_of(view: SpaceView) -> str:
    """Name the state of a space: `occupied`, `free`, `unknown` (nothing heard yet) or `unsensed`."""
    if not view.sensed:
        return "unsensed"
    if view.people is None and view.occupied is None:
        return "unknown"
    return "occupied" if view.people or view.occupied else "free"
