"""The building without the building: the only home of pretend hardware, and the judge of the real ledger."""
