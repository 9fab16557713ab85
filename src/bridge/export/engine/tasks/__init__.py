"""The units of work of a run: a record, a summary, a vendor, a payment, the receipts of a record."""
