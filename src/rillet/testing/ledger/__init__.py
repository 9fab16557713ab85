"""The stand-in's ledger: accounts, journal entries, book periods, and the general ledger that all documents reach."""
