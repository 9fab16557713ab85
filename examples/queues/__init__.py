"""Exports of many tenants by several workers: on Celery with Redis, or on procrastinate with the journal's PostgreSQL."""
