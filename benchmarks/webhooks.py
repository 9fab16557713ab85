"""What it costs to verify a webhook and read its event, beside `standardwebhooks`, which gives parsed JSON::

    python benchmarks/webhooks.py [rounds]

Brex signs as that library does. Rillet signs in a way of its own, so its row stands beside `standardwebhooks` with a body of
the same bytes. Each call is given the secret
as text; all ways run in turn, and the medians of the ratios are shown.
"""

from __future__ import annotations

import gc
import json
import os
import statistics
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime

from standardwebhooks import Webhook

import brex_accounting.webhooks
import rillet.webhooks
from clientkit import codec
from rillet.testing import vendor

SECRET = "dGhlIHNlY3JldCBvZiBhIGJlbmNobWFyaw=="
NOW = datetime.now(UTC)
TIMES = 200

Way = Callable[[], object]


def ways() -> dict[str, tuple[Way, Way]]:
    """Every way by its title, and what it stands beside."""
    announced = json.dumps(
        {
            "event_type": "ACCOUNTING_RECORD_READY_FOR_EXPORT",
            "accountingRecordIds": [f"accr_{number:026d}" for number in range(10)],
            "companyId": "cmpy_00000000000000000000000001",
        }
    ).encode()
    created = codec.dumps(vendor("Cumulus Cloud", email="a@example.com"))
    brex = brex_accounting.webhooks.sign(SECRET, announced, id="msg_1", timestamp=NOW)
    standard = brex_accounting.webhooks.sign(SECRET, created, id="msg_1", timestamp=NOW)
    mine = rillet.webhooks.sign(SECRET, created, entity="VENDOR", event="CREATED", id="e-1", timestamp=NOW)
    # A request has other headers too.
    others = {"Content-Type": "application/json", "Content-Length": "512", "Host": "example.com", "Accept": "*/*"}

    def of_peer(body: bytes, headers: dict[str, str]) -> Way:
        return lambda: Webhook(SECRET).verify(body, headers)

    return {
        "Brex: records ready for export": (
            lambda: brex_accounting.webhooks.verify({**others, **brex}, announced, SECRET),
            of_peer(announced, {**others, **brex}),
        ),
        "Rillet: a vendor": (
            lambda: rillet.webhooks.verify({**others, **mine}, created, SECRET),
            of_peer(created, {**others, **standard}),
        ),
    }


def seconds(way: Way) -> float:
    """CPU time of some calls."""
    gc.collect()
    began = time.process_time()
    for _ in range(TIMES):
        way()
    return time.process_time() - began


def main(rounds: int) -> None:
    """Print the ratios."""
    print(f"load {os.getloadavg()[0]:.1f}, CPython {sys.version.split()[0]}, {rounds} rounds")
    print("| verified, with the typed event | of `standardwebhooks`, with parsed JSON |\n|---|---|")
    for title, (way, peer) in ways().items():
        seconds(way), seconds(peer)
        ratio = statistics.median(seconds(way) / seconds(peer) for _ in range(rounds))
        print(f"| {title} | {ratio:.2f} |")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 31)
