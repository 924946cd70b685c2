"""Backup and restore: what a place needs to come back, in one file, and the way back from it."""
