"""Calendars on the web: fetched from public addresses only, read by a process of their own."""
