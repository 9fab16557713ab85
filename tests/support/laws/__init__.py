"""The law of the mapping: made-up companies and records, an oracle, and what has to hold."""
