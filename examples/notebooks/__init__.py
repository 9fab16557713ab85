"""Four notebooks, and the company that they look at."""
