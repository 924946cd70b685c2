"""Every fault that the harness can make, in the order of the page that reports them."""

from typing import Final

from firmware_sim.faults.fault import Fault

FAULTS: Final[tuple[Fault, ...]] = ()
