"""One slice after the other of one tenant, without a queue: what it costs, and what it comes to."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import attrs
import pytest

import brex_accounting.testing
import rillet.testing
from queues.slices import Places, SliceEnd, export_slice
from rillet.testing import builders
from support.companies.exported import REFERENCE_TYPE, Company, expense
from support.queues.world import write_settings

#: To Rillet, besides one for each record: the owner, closed periods, and charges and entries that changed meanwhile.
MOST_READS = 4


@attrs.frozen
class Tenant:
    company: Company
    places: Places

    def slice(self) -> tuple[SliceEnd, list[str]]:
        """How a slice ends, and what it asks of Rillet."""
        before = len(self.company.rillet.asked)
        made = export_slice("acme", self.places, is_stopping=lambda: False)
        return made.end, [f"{each.method} {each.path}" for each in self.company.rillet.asked[before:]]


@pytest.fixture
def acme(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Tenant]:
    company = Company(
        brex=brex_accounting.testing.StandIn([expense(1)], rate_limit=None),
        rillet=rillet.testing.StandIn(reference_types={REFERENCE_TYPE}),
    )
    company.rillet.put(builders.vendor("Cumulus Cloud"))
    monkeypatch.setenv("ACME_BREX_TOKEN", company.brex.token)
    monkeypatch.setenv("ACME_RILLET_API_KEY", company.rillet.api_key)
    tenants = tmp_path / "tenants"
    tenants.mkdir()
    places = Places(tenants=tenants, journal=str(tmp_path / "j.db"), pace=str(tmp_path / "pace.db"), seconds=3_600)
    with company.brex.serve() as brex, company.rillet.serve() as books:
        write_settings(tenants, "acme", brex, books)
        yield Tenant(company, places)


def test_the_next_slice_costs_few_requests(acme: Tenant) -> None:
    end, first = acme.slice()
    assert (end, acme.company.exported()) == (SliceEnd.DONE, ["accr_001"])
    acme.company.brex.add(expense(2), expense(3))

    end, asked = acme.slice()

    assert (end, acme.company.exported()) == (SliceEnd.DONE, ["accr_001", "accr_002", "accr_003"])
    reads = [each for each in asked if each.startswith("GET")]
    assert len(asked) - len(reads) == 2
    assert len(reads) <= MOST_READS, asked
    assert len([each for each in first if each.startswith("GET")]) > 2 * MOST_READS, first


def test_broken_settings_park_their_tenant(acme: Tenant) -> None:
    (acme.places.tenants / "acme.toml").write_text("entities = 1", encoding="utf-8")
    (acme.places.tenants / "bolt.toml").write_text("", encoding="utf-8")

    assert acme.places.names() == ["acme", "bolt"]
    made = export_slice("acme", acme.places, is_stopping=lambda: False)

    assert (made.end, acme.company.rillet.asked) == (SliceEnd.PARKED, [])
    assert "acme.toml line 1: entities" in made.why


def test_an_unknown_tenant_is_parked_and_a_missing_folder_waits(acme: Tenant) -> None:
    made = export_slice("nobody", acme.places, is_stopping=lambda: False)
    assert (made.end, made.why) == (SliceEnd.PARKED, "there is no tenant 'nobody'")

    nowhere = attrs.evolve(acme.places, tenants=acme.places.tenants / "nowhere")
    made = export_slice("acme", nowhere, is_stopping=lambda: False)
    assert made.end is SliceEnd.LATER
    assert "cannot be read" in made.why


def test_a_missing_secret_parks_its_tenant(acme: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ACME_RILLET_API_KEY")

    made = export_slice("acme", acme.places, is_stopping=lambda: False)

    why = "the environment variable ACME_RILLET_API_KEY is not set; it is the secret rillet_api_key of acme"
    assert (made.end, made.why) == (SliceEnd.PARKED, why)
