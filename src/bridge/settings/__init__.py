"""How a company maps onto its books: the values, the file that they are read from, and the check against the books."""
