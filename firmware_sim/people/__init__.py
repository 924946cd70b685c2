"""The people of the simulation: who they are, what they may, and how they tend to live their days."""

from firmware_sim.people.habits import Habits
from firmware_sim.people.population import NOMADS, Person, Work, population

__all__ = ["NOMADS", "Habits", "Person", "Work", "population"]
