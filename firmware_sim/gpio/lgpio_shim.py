"""gpiozero's factory for the Pi's own pins (`lgpio`, as in production), over simulated ones.

Chosen by name with GPIOZERO_PIN_FACTORY=passerelle-lg, through gpiozero's entry points.
"""

import sys

from firmware_sim.gpio import lgpio_lines

sys.modules["lgpio"] = lgpio_lines  # gpiozero's factory imports it: from here on, pins are pretended

from gpiozero.pins.lgpio import LGPIOFactory  # noqa: E402

_RASPBERRY_PI_4B = 0xC03114


class SimulatedLGPIOFactory(LGPIOFactory):  # type: ignore[misc]  # gpiozero has no types
    """LGPIOFactory and its pins, unmodified but for the board, which this machine may not be."""

    def _get_revision(self) -> int:
        return _RASPBERRY_PI_4B
