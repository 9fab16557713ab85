"""How long a page of answers takes to become objects, beside ``json.loads`` of the same bytes.

A page of 100 Rillet charges and one of 500 Brex records, each read with and without msgspec (the ``fast`` extra), in
turn, so that whatever else the machine does meets all of them alike::

    python benchmarks/decode.py [rounds]
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import partial
from typing import TypeVar

from brex_accounting.records import RecordOperations
from brex_accounting.testing.records import card_expense, dimension, gl
from clientkit import codec
from clientkit.requests import PageRequest
from rillet.payables.charges import Charge, ChargeOperations
from rillet.payables.items import ExpenseItem
from rillet.values import DocumentStatus, ExternalReference, FieldAssignment, Money

T = TypeVar("T")


def charge(number: int) -> Charge:
    """A charge of two lines, as companies with fields post them."""
    items = [
        ExpenseItem(
            id=f"6c9f3a52-0000-4000-8000-{number:08}{line:04}",
            account_code="62000",
            amount=Money(Decimal(f"{number}.{line}5"), "USD"),
            description="Travel to the customer",
            fields=(FieldAssignment(field_id="f-1", field_value_id="v-1"),),
        )
        for line in range(2)
    ]
    return Charge(
        id=f"6c9f3a52-0000-4000-8000-{number:012}",
        vendor_id="0f0a7c1e-0000-4000-8000-000000000001",
        items=tuple(items),
        charge_date=date(2026, 9, 1),
        credit_card_account_code="21120",
        status=DocumentStatus("POSTED"),
        impact_date=date(2026, 9, 1),
        subsidiary_id="a3c2be7f-0000-4000-8000-000000000001",
        external_references=(ExternalReference(type="brex", id=f"accr_{number}"),),
        updated_at=datetime(2026, 9, 2, 11, 0, 0, 500_000, tzinfo=UTC),
    )


def charges() -> bytes:
    """A page of 100 charges."""
    page = {"charges": [codec.unstructure(charge(number)) for number in range(100)], "pagination": {"next_cursor": "c"}}
    return codec.write(page)


def records() -> bytes:
    """A page of 500 records, every second one split over two lines."""
    coding = [gl("61100"), dimension("Department", "dep_7")]
    splits = [("10", coding), ("32.75", coding)]
    items = [
        card_expense("42.75", splits=splits) if number % 2 else card_expense("42.75", coding=coding)
        for number in range(500)
    ]
    return codec.write({"items": [codec.unstructure(each) for each in items], "next_cursor": "c"})


def parsers() -> dict[str, Callable[[bytes], object]]:
    """How text is parsed without msgspec, and with it where it is installed."""
    found = {"json": codec._parse_plainly, "msgspec": codec._parse}
    if found["msgspec"] is found["json"]:
        del found["msgspec"]
        print("msgspec is not installed; what it would bring is not measured")
    return found


def milliseconds(work: Callable[[], object]) -> float:
    """How long one call takes."""
    started = time.perf_counter()
    work()
    return (time.perf_counter() - started) * 1000


def measure(title: str, content: bytes, listing: PageRequest[T], rounds: int) -> None:
    """Print the medians of one page beside those of ``json.loads``."""
    shape = listing.at(None).returns
    assert shape is not None
    ways: dict[str, Callable[[], object]] = {"json.loads": partial(json.loads, content)}
    for name, parse in parsers().items():
        assert codec.structure(parse(content), shape) == codec.structure(codec.parse(content), shape)
        ways[f"objects, parsed by {name}"] = lambda parse=parse: codec.structure(parse(content), shape)  # type: ignore[misc]  # bound early
    runs = [{name: milliseconds(work) for name, work in ways.items()} for _ in range(rounds)]
    medians = {name: statistics.median(run[name] for run in runs) for name in ways}
    print(f"{title} ({len(content) // 1024} KiB)")
    for name, median in medians.items():
        print(f"  {name:28} {median:8.2f} ms   {median / medians['json.loads']:5.2f} of json.loads")


def main(rounds: int) -> None:
    """Measure both pages."""
    measure("100 Rillet charges", charges(), ChargeOperations.list.build(), rounds)
    measure("500 Brex records", records(), RecordOperations.list.build(), rounds)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 101)
