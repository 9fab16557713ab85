"""A company that accrues, and months to reconcile."""
