"""Exporting for as long as a process lives: schedule, webhooks and the server that takes them."""
