"""The stand-in's receivables: products, customers, contracts, invoices, their payments and credit memos."""
