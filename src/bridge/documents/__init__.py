"""Documents: what is posted to a ledger, and the canonical form in which two of them are compared."""
