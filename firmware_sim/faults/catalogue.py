"""Every fault that the harness can make, in the order of the page that reports them."""

from typing import Final

from firmware_sim.faults import chaos
from firmware_sim.faults.fault import Fault

FAULTS: Final[tuple[Fault, ...]] = (
    Fault("chaos", "kill -9 of any process of the demo, at any moment", 100, chaos.play),
)
