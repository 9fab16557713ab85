"""What the tests of receivables share: clients that a function answers, and strategies for models."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from datetime import UTC, date, datetime
from typing import Any, TypeVar

from hypothesis import strategies as st

import rillet
from clientkit import codec
from clientkit.codec import Extra
from clientkit.codec.unions import UnknownVariant
from clientkit.pacing import Pacer
from clientkit.transport import AsyncInProcess, InProcess
from clientkit.wire import Answer, Outgoing
from rillet.receivables import pricing
from rillet.values import Address, ExternalReference, FieldAssignment, Money

T = TypeVar("T")

ID = "018f7d3e-5a00-7000-8000-000000000001"
OTHER_ID = "018f7d3e-5a00-7000-8000-000000000002"
TODAY = date(2026, 3, 14)
NOW = datetime(2026, 3, 14, 15, 9, 26, 535897, tzinfo=UTC)


def blocking(answer: Callable[[Outgoing], Answer]) -> rillet.Client:
    return rillet.Client("key", transport=InProcess(answer), pacer=Pacer(10**9))


def awaitable(answer: Callable[[Outgoing], Answer]) -> rillet.AsyncClient:
    return rillet.AsyncClient("key", transport=AsyncInProcess(answer), pacer=Pacer(10**9))


def awaited(call: Coroutine[Any, Any, T]) -> T:
    return asyncio.run(call)


class Shelf:
    """Answers every GET with one body, and every other request with what it was sent and an id."""

    def __init__(self, body: bytes) -> None:
        self.body = body
        self.received = list[tuple[str, str, Any]]()

    def __call__(self, outgoing: Outgoing) -> Answer:
        sent = codec.parse(outgoing.content) if outgoing.content else None
        self.received.append((outgoing.method, outgoing.url.removeprefix("https://api.rillet.com"), sent))
        return Answer(status=200, headers={"content-type": "application/json"}, content=self.body)

    @property
    def put(self) -> Any:
        """The body of the one PUT."""
        (body,) = [sent for method, _, sent in self.received if method == "PUT"]
        return body


texts = st.text(st.characters(codec="utf-8"), min_size=1, max_size=8)
decimals = st.decimals(min_value=-(10**9), max_value=10**9, places=4)
money = st.builds(Money, decimals, st.sampled_from(["USD", "JPY", "BHD"]))
days = st.dates(date(2020, 1, 1), date(2030, 12, 31))
whole = st.integers(0, 1000)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**9), 10**9) | decimals | texts,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(texts, inner, max_size=2),
    max_leaves=4,
)
extras: st.SearchStrategy[Extra] = st.dictionaries(st.sampled_from(["new_field", "Neu"]), json_values, max_size=1)


def unknown(kind: str, raw: dict[str, object]) -> UnknownVariant:
    return UnknownVariant(kind=kind, raw={**raw, "type": kind})


unknown_variants = st.builds(
    unknown,
    texts.map("NEW_{}".format),
    st.dictionaries(texts, json_values, max_size=2),
)


def several(items: st.SearchStrategy[T], smallest: int = 0) -> st.SearchStrategy[tuple[T, ...]]:
    return st.lists(items, min_size=smallest, max_size=2).map(tuple)


tiers = st.builds(
    pricing.Tier,
    up_to=st.none() | whole,
    flat_price=st.none() | money,
    per_unit_price=st.none() | money,
    extra=extras,
)
billing_schemes = (
    st.builds(pricing.PerUnitBilling, amount=money, units=whole, extra=extras)
    | st.builds(
        pricing.TieredBilling, mode=st.sampled_from(pricing.TierMode), tiers=several(tiers, smallest=1), extra=extras
    )
    | unknown_variants
)
prices: st.SearchStrategy[Any] = (
    st.builds(pricing.FixedRecurringPrice, amount=money, interval_months=whole, extra=extras)
    | st.builds(pricing.OneTimePrice, amount=money, extra=extras)
    | st.builds(pricing.UsagePrice, interval_months=whole, billing_scheme=billing_schemes, extra=extras)
    | unknown_variants
)
discounts: st.SearchStrategy[Any] = (
    st.builds(pricing.AmountDiscount, amount_off=money, extra=extras)
    | st.builds(pricing.PercentageDiscount, percentage_off=decimals, extra=extras)
    | unknown_variants
)
references = st.builds(ExternalReference, type=texts, id=texts, url=st.none() | st.just("https://crm.example/1"))
assignments = st.builds(FieldAssignment, field_id=texts, field_value_id=texts)
addresses = st.builds(
    Address,
    line1=texts,
    line2=st.none() | texts,
    city=texts,
    state=texts,
    zip_code=texts,
    country=st.sampled_from(["US", "CA"]),
    extra=extras,
)
