"""How near an export comes to Rillet's 60 requests a minute, without meeting a 429::

    python benchmarks/pace.py [records] [scale]

The clocks of both sides run `scale` times as fast: the window of a minute takes 60 / scale seconds, and Rillet's answer,
which takes about a second, 1 / scale. The stand-ins are in processes of their own. Printed is the time beside that of as
many requests as there are records, 60 in each minute.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from memory import KEPT, SETTINGS, records

import brex_accounting
import brex_accounting.testing
import rillet
import rillet.testing
from bridge import Bridge
from bridge.export import Export, SqlJournal
from clientkit import Answer, Options, Pacer, RetryPolicy
from clientkit.testing import Action, Asked

LIMIT = 60
# That of the Rillet client, in seconds.
MARGIN = 0.5


class Slow(rillet.testing.StandIn):
    """Answers after a while, as the service does, and counts whom it turned away."""

    pause = 0.0
    turned_away = 0

    def take(self, asked: Asked) -> tuple[Answer | None, Action | None]:
        answer, action = super().take(asked)
        time.sleep(self.pause)
        self.turned_away += answer is not None and answer.status == 429
        return answer, action


def serve_brex(count: int) -> None:
    """The process of Brex: says where it is, until its input ends."""
    brex = brex_accounting.testing.StandIn(records(count), rate_limit=None)
    with brex.serve() as url:
        print(json.dumps([url, brex.token]), flush=True)
        sys.stdin.readline()


def serve_rillet(scale: float) -> None:
    """The process of Rillet: says where it is, and when its input ends, whom it turned away and what it has."""
    books = Slow(reference_types={"brex"}, rate_limit=(LIMIT, 60 / scale))
    books.pause = 1 / scale
    with books.serve() as url:
        print(json.dumps([url, books.api_key]), flush=True)
        sys.stdin.readline()
        print(json.dumps([books.turned_away, len(books.charges)]), flush=True)


@contextmanager
def served(*arguments: str) -> Iterator[tuple[list[str], Callable[[], str]]]:
    """A stand-in in a process of its own: where it is, and how to end it and hear its last line."""
    command = [sys.executable, __file__, *arguments]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        where: list[str] = json.loads(process.stdout.readline())
        yield where, lambda: process.communicate("\n")[0]


def main(count: int, scale: float) -> None:
    """Print the requests, the time in unscaled seconds, its ratio to the ideal, and how many requests met a 429."""
    window = 60 / scale
    options = Options(retry=RetryPolicy(base=0.5 / scale))
    with (
        served("brex", str(count)) as ((brex_url, token), _),
        served("rillet", str(scale)) as ((rillet_url, key), end),
        tempfile.TemporaryDirectory() as folder,
        SqlJournal(str(Path(folder) / "journal.db")) as journal,
        brex_accounting.Client(token, base_url=brex_url, pacer=Pacer(1_000, window)) as brex,
        rillet.Client(
            key, base_url=rillet_url, pacer=Pacer(LIMIT, window, margin=MARGIN / scale), options=options
        ) as books,
    ):
        outcome = Export(brex, books, Bridge(SETTINGS), journal=journal).run(keep=KEPT)
        sent = books.requests_sent
        turned_away, charges = json.loads(end())
    seconds = outcome.seconds * scale
    print(
        f"{count:,} records, {charges:,} charges, {sent:,} requests to Rillet: {seconds:,.0f} s, "
        f"{seconds / count:.4f} of the ideal {count:,} s; {turned_away} times 429"
    )


if __name__ == "__main__":
    if sys.argv[1:2] == ["brex"]:
        serve_brex(int(sys.argv[2]))
    elif sys.argv[1:2] == ["rillet"]:
        serve_rillet(float(sys.argv[2]))
    else:
        main(int(sys.argv[1]) if len(sys.argv) > 1 else 3_000, float(sys.argv[2]) if len(sys.argv) > 2 else 6)
