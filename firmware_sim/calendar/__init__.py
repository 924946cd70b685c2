"""The calendar depth: people live months of days, in simulated time, before a real gateway and broker."""

from firmware_sim.calendar.fleet import CalendarStuck
from firmware_sim.calendar.outbox import Faults
from firmware_sim.calendar.run import Calendar

__all__ = ["Calendar", "CalendarStuck", "Faults"]
