"""The journal of an export: what was attempted, and with what result."""
