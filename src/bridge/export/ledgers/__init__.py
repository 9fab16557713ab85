"""The ledgers that an export can post to."""
