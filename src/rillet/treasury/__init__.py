"""Bank accounts and what moves on them."""
