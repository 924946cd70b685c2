"""One process per place: keeps the ledger, compiles the access lists, shows who is where, makes the bill."""
