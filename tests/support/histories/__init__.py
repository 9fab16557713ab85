"""Histories of a company, played out of a seed and judged."""
