"""One process per Raspberry Pi: it reads badges, decides, works the locks, and reports what happened."""
