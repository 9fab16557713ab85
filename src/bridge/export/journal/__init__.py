"""The memory of an export: what was attempted, and what came of it."""
