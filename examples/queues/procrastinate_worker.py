"""The commands of the recipe on procrastinate: ``schema`` and ``work``."""

from __future__ import annotations

import os
import sys

from queues.procrastinate_app import SILENCE, app

# Seconds that slices have to end by themselves after SIGTERM, before they are told.
_PATIENCE = 0.5


def main(command: str) -> None:
    """``schema`` makes procrastinate's tables, ``work`` works until SIGTERM."""
    if command == "schema":
        with app.open():
            app.schema_manager.apply_schema()
    else:
        app.run_worker(
            concurrency=int(os.environ.get("EXPORT_CONCURRENCY", "20")),
            fetch_job_polling_interval=1.0,
            shutdown_graceful_timeout=_PATIENCE,
            update_heartbeat_interval=SILENCE / 4,
            stalled_worker_timeout=SILENCE,
            delete_jobs="successful",
        )


if __name__ == "__main__":
    main(sys.argv[1])
