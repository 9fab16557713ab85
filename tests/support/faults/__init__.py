"""Schedules of faults, and processes that export under them."""
