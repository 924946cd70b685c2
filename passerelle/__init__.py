"""One command line for all of it."""
