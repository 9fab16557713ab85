"""The general ledger: accounts, subsidiaries, the organization, custom fields and book periods."""
