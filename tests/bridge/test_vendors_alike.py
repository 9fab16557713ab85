"""Names that look like one, and names that only share a word."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.companies.small import books, vendor

ALIKE = [
    ("Cumulus Cloud", "Cumulus Cloud, Inc."),
    ("CUMULUS CLOUD LLC", "Cumulus Cloud"),
    ("Acme GmbH", "ACME G.m.b.H."),
    # Two companies of one group, perhaps: a person has to tell.
    ("Acme GmbH", "Acme Inc"),
    ("Acme S.A.", "Acme SA"),
    ("Acme S.A.", "Acme"),
    ("Booking.com B.V.", "Booking"),
    ("Müller GmbH & Co. KG", "Müller"),
    ("Atlassian Pty Ltd", "Atlassian"),
    ("UBER *TRIP 1234", "Uber"),
    ("SQ *BLUE BOTTLE", "Blue Bottle"),
    ("PAYPAL *SPOTIFY", "Spotify AB"),
    ("GOOGLE *ADS8812", "Google LLC"),
    ("McDonald's F12345", "McDonalds"),
    ("Starbucks Store #1234", "STARBUCKS 9876"),
    ("Target T-1234", "Target"),
    ("Amazon.com", "Amazon"),
    ("www.example.com", "Example"),
    ("Sample, Bo", "Bo Sample"),
    ("Café Crème", "CAFE CREME"),
    ("Joe\N{RIGHT SINGLE QUOTATION MARK}s Diner", "Joes Diner"),
    ("Coca-Cola Co.", "Cocacola"),
    ("Paper & Pen", "Paper and Pen"),
    ("The Home Depot", "Home Depot"),
    ("Green Bowl", "Green Bowls"),
    ("J.P. Morgan", "JP Morgan"),
    ("AT&T", "ATT"),
    ("Marriott", "Mariott"),
    ("Microsoft", "Microsfot"),
    ("Northlight Software", "Nortlight Software"),
    ("삼성전자", "삼성 전자"),
]
DIFFERENT = [
    ("Delta Air Lines", "Delta Dental"),
    ("Delta Air Lines", "Delta"),
    ("Uber Eats", "Uber"),
    ("Google Cloud", "Google"),
    ("Canva", "Canvas"),
    ("Lyft", "Lift"),
    ("Notion", "Motion"),
    ("Airbus", "Airbnb"),
    ("Square", "Squire"),
    ("Northwest Airlines", "Southwest Airlines"),
    ("American Airlines", "American Express"),
    ("United Airlines", "United Rentals"),
    ("Martin Brothers", "Marvin Brothers"),
    ("First Street Cafe", "Second Street Cafe"),
    ("Hotel Berlin", "Hotel Merlin"),
    ("Alexander Weiss", "Alexandra Weiss"),
    ("Jae Park", "Jan Park"),
    ("Motel 6", "Motel 8"),
    ("Studio 54", "Studio 55"),
    ("7-Eleven", "Eleven"),
    ("E*TRADE", "E Corp"),
    ("Disney+", "Disney"),
    ("AWS", "AMS"),
    ("GmbH", "AG"),
    ("किताब", "कितब"),
    ("東京電力", "東北電力"),
    ("삼성전자", "삼성전지"),
    ("Bellini", "Bollini"),
    ("***", "!!"),
]


@pytest.mark.parametrize(("one", "other"), ALIKE + [pair[::-1] for pair in ALIKE])
def test_names_that_look_alike(one: str, other: str) -> None:
    assert [each.id for each in books(vendors=(vendor("v-1", one),)).vendors_like(other)] == ["v-1"]


@pytest.mark.parametrize(("one", "other"), DIFFERENT + [pair[::-1] for pair in DIFFERENT])
def test_names_that_do_not(one: str, other: str) -> None:
    assert books(vendors=(vendor("v-1", one),)).vendors_like(other) == ()


def test_every_vendor_that_looks_alike_is_found_once_in_the_order_of_the_books() -> None:
    names = ["Marriott Inc", "Hilton", "Mariott", "MARRIOTT", "Marriott Hotel", "Marriot"]
    kept = books(vendors=tuple(vendor(f"v-{number}", name) for number, name in enumerate(names)))
    assert [each.id for each in kept.vendors_like("Marriott")] == ["v-0", "v-2", "v-3", "v-5"]
    assert [each.id for each in kept.vendors_like("Hotel Marriott")] == ["v-4"]


def alike(one: str, other: str) -> bool:
    return books(vendors=(vendor("v-1", one),)).vendors_like(other) != ()


names = st.text(max_size=20) | st.lists(
    st.sampled_from(
        ["Acme", "acme", "Marriott", "Mariott", "Inc", "GmbH", "*", "SQ", "1234", "#9", "S.A.", "&", "Bo's", "x"]
    )
).map(" ".join)


@given(names, names)
def test_to_look_alike_is_mutual(one: str, other: str) -> None:
    assert alike(one, other) == alike(other, one)


@given(st.lists(st.sampled_from(["Acme", "Blue", "Bottle", "Tools", "Marriott", "42", "+"]), min_size=1, max_size=4))
def test_case_order_legal_form_and_punctuation_never_matter(words: list[str]) -> None:
    written = " ".join(words)
    if alike(written, written):
        assert alike(written, f"  {', '.join(reversed(words)).upper()} --")
        assert alike(written, f"{written} Inc.")
    else:
        assert set(words) == {"+"} or not any(map(str.isalnum, written))
