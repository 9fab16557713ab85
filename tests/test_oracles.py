"""What others have written for the same purpose says the same: signatures, currencies, and slips of the pen."""

from __future__ import annotations

import base64
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st
from iso4217 import Currency
from rapidfuzz.distance import OSA
from standardwebhooks.webhooks import Webhook

from brex_accounting.webhooks import sign
from bridge.vendors.names import _is_slip
from clientkit.currencies import CURRENCIES, WITHDRAWN, is_currency
from clientkit.money import places

_KEYS = st.binary(min_size=24, max_size=64).map(lambda key: f"whsec_{base64.b64encode(key).decode()}")
#: As ids are: printable, and without dots, which part what is signed.
_IDS = st.text(
    st.characters(codec="ascii", min_codepoint=33, max_codepoint=126, exclude_characters="."), min_size=1, max_size=40
)
_TIMES = st.datetimes(datetime(2020, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - bounds of the strategy
#: Few letters, so that words are often one slip apart.
_WORDS = st.text("abc", min_size=1, max_size=9)


@given(secret=_KEYS, id=_IDS, timestamp=_TIMES, body=st.text())
def test_a_signature_is_that_of_standard_webhooks(secret: str, id: str, timestamp: datetime, body: str) -> None:
    theirs = Webhook(secret).sign(id, timestamp, body)
    assert sign(secret, body.encode(), id=id, timestamp=timestamp)["Webhook-Signature"] == theirs


def test_a_currency_has_the_places_of_iso_4217() -> None:
    known = {each.code: each.exponent for each in Currency if each.exponent is not None}
    assert len(known) > 150
    assert {code: places(code) for code in known} == known


def test_a_code_is_money_where_iso_4217_gives_it_a_minor_unit() -> None:
    assert {each.code for each in Currency if each.exponent is not None} == CURRENCIES
    assert not any(is_currency(each.code) for each in Currency if each.exponent is None)
    # What the standard has withdrawn is in no newer table of it.
    assert WITHDRAWN.isdisjoint({each.code for each in Currency})


@given(_WORDS, _WORDS)
def test_a_slip_is_one_step_of_optimal_string_alignment(one: str, other: str) -> None:
    assert _is_slip(one, other) == (OSA.distance(one, other) <= 1)
