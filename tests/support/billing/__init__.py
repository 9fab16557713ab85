"""A seller with a billing system, and faults that its sync meets."""
