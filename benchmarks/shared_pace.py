"""Three processes that export with one key at once, with and without a pace that they share::

    python benchmarks/shared_pace.py [records] [window] [place] [limit] [margin]

`place` is where the pace is kept: a Redis, a PostgreSQL, which then has the journal too, or an SQLite file; without it each
process keeps its own. The clocks run faster than Rillet's: `limit` requests, 60 if left out, in `window` seconds. `margin` is how
many seconds longer one request may be on its way than another, a quarter of the window if left out. Printed is, as JSON, how many
records were posted, twice posted, told to Brex and left, how many requests were sent and how many of them met a 429, and why a run
stopped.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import brex_accounting
import brex_accounting.testing
import rillet
import rillet.testing
from brex_accounting.testing.records import card_expense, gl
from bridge import Bridge, Entity, Settings
from bridge.export import Export, SqlJournal, SqlPaces
from clientkit import Answer, Pacer, RedisPaces
from clientkit.testing import Action, Asked

PROCESSES = 3
# Of the window: more than the processes of a busy machine keep each other waiting.
MARGIN = 0.25
US = Entity(name="US", subsidiary="Example Inc.", card_account="21120", reimbursement_account="21340")
SETTINGS = Settings(entities=(US,))


class Counting(rillet.testing.StandIn):
    """Counts whom it turned away."""

    turned_away = 0

    def take(self, asked: Asked) -> tuple[Answer | None, Action | None]:
        answer, action = super().take(asked)
        self.turned_away += answer is not None and answer.status == 429
        return answer, action


def export(job: dict[str, str], window: float, place: str, limit: int, margin: float) -> None:
    """One of the processes: says what its run came to."""
    if not place:
        pacer = Pacer(limit, window, margin=margin)
    else:
        paces = RedisPaces(place) if place.startswith(("redis:", "unix:")) else SqlPaces(place)
        pacer = paces.pacing("the one key", limit, window, margin)
    with (
        SqlJournal(job["journal"]) as journal,
        brex_accounting.Client(job["token"], base_url=job["brex"], pacer=Pacer(10**6)) as brex,
        rillet.Client(job["key"], base_url=job["rillet"], pacer=pacer) as books,
    ):
        outcome = Export(brex, books, Bridge(SETTINGS), journal=journal).run()
        counts = outcome.counts
        said = [counts.posted, counts.failed, books.requests_sent, outcome.stop_code and outcome.stop_code.value]
        print(json.dumps(said), flush=True)


def main(count: int, window: float, place: str, limit: int, margin: float) -> None:
    """Run the processes, and print what they came to together."""
    ready = (card_expense("10.00", coding=[gl("61000")], record_id=f"accr_{number:04d}") for number in range(count))
    brex = brex_accounting.testing.StandIn(ready, rate_limit=None)
    books = Counting(reference_types={"brex"}, rate_limit=(limit, window))
    began = time.monotonic()
    with brex.serve() as brex_url, books.serve() as rillet_url, tempfile.TemporaryDirectory() as folder:
        job = {"token": brex.token, "brex": brex_url, "key": books.api_key, "rillet": rillet_url}
        job["journal"] = place if place.startswith("postgresql:") else str(Path(folder) / "journal.db")
        command = [sys.executable, __file__, "one", json.dumps(job), str(window), place, str(limit), str(margin)]
        processes = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(PROCESSES)]
        said = [json.loads(each.communicate()[0]) for each in processes]
    references = [each.external_references[0].id for each in books.charges]
    told = {
        "records": count,
        "posted": sum(each[0] for each in said),
        "twice": len(references) - len(set(references)),
        "failed": sum(each[1] for each in said),
        "exported": sum(each.review_status == "EXPORTED" for each in brex.records.values()),
        "requests": sum(each[2] for each in said),
        "turned_away": books.turned_away,
        "stopped": [each[3] for each in said if each[3] is not None],
        "windows": round((time.monotonic() - began) / window, 1),
    }
    print(json.dumps(told))


if __name__ == "__main__":
    if sys.argv[1:2] == ["one"]:
        export(json.loads(sys.argv[2]), float(sys.argv[3]), sys.argv[4], int(sys.argv[5]), float(sys.argv[6]))
    else:
        given = [*sys.argv[1:], *["240", "6", "", "60", ""][len(sys.argv) - 1 :]]
        main(int(given[0]), float(given[1]), given[2], int(given[3]), float(given[4] or MARGIN * float(given[1])))
