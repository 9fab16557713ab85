"""Where records come from, and who is told what became of them."""
