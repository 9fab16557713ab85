"""Money that is due: products, customers, contracts, invoices, their payments and credit memos."""
