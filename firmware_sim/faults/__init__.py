"""Faults on demand and by seed: what is broken, how often, and what the ledger made of it."""
