"""Run exports continuously: the schedule, webhooks and the server that receives them."""
