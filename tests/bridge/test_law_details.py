"""The law of what lines say beside their account: the days of a service, and the tax of a document.

``LAW_EXAMPLES=10000`` in the environment makes it a long run.
"""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from bridge import Post, Refuse
from clientkit import codec
from support.laws.details import detailed_cases, periods, taxes_are_right
from support.laws.law import sent
from support.laws.records import BILLS, CHARGES, REIMBURSEMENTS, Case


def check(case: Case) -> None:
    """The law for one record."""
    outcome = case.world.bridge.outcome(case.record, case.world.books)
    expected = periods(case)
    event(f"{type(outcome).__name__} {case.world.settings.tax_rounding}")
    if expected is None:
        assert isinstance(outcome, Refuse), outcome
        assert {each.code.value for each in outcome.reasons} == {"service_period"}
        return
    assert isinstance(outcome, Post), outcome
    made: Any = codec.parse(sent(outcome))
    told = {
        each["description"]: (each["service_period"]["start"], each["service_period"]["end"])
        if "service_period" in each
        else None
        for each in made["items"]
        if not each["description"].startswith("Reverse charge ")
    }
    assert told == expected
    assert taxes_are_right(case, made)


@settings(max_examples=settings().max_examples // 2)
@pytest.mark.parametrize("kind", [*CHARGES, *REIMBURSEMENTS, *BILLS])
@given(data=st.data())
def test_periods_and_taxes_are_what_the_lines_say(kind: str, data: st.DataObject) -> None:
    check(data.draw(detailed_cases(kind)))
