"""Who is paid: vendors found in the books, and those that several records create together."""
