"""A second ledger, as a recipe: a client of a SYSPRO-like service, its books as a `bridge.export.Ledger`, and a stand-in."""
