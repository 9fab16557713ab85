"""Many tenants in one process: settings and credentials of each."""
