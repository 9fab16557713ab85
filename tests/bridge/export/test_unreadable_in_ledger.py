"""What of Rillet cannot be read keeps back the records that need it, and nothing else."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeAlias, cast

import attrs
import pytest
from typing_extensions import override

import brex_accounting.testing
from brex_accounting import Record
from brex_accounting.testing.records import card_expense, dimension, gl
from bridge import Bridge, Entity, FieldMapping, Settings, TaxRule, When, plan_field_sync
from bridge.decisions import ReasonCode
from bridge.export import Export, SqlJournal, Verdict, apply_field_changes, load_books, read_fields
from bridge.field_sync import FieldChange
from bridge.settings.choices import Treatment
from clientkit import Answer
from clientkit.testing import Asked
from rillet import ExternalReference, TaxRate
from rillet.testing import StandIn, chart_of_accounts, field, subsidiary, vendor
from support.companies.changing import DAY, READY, companies, reasons
from support.companies.changing_records import DOCUMENTS, Kind
from support.companies.spoiled import spoil

Item: TypeAlias = dict[str, Any]
#: What becomes of an item of a listing.
Spoil: TypeAlias = Callable[[Item], object]

US = Entity(
    name="US",
    subsidiary="Example Inc.",
    card_account="21120",
    reimbursement_account="21340",
    tax_account="22500",
)
DE = attrs.evolve(US, name="DE", subsidiary="Example GmbH", when=When(field="Entity", value="de"))
SETTINGS = Settings(
    entities=(DE, US),
    reference_type="brex",
    fields=(FieldMapping(brex="Department", rillet="Department"),),
    tax_field="Tax",
    vendor_field="Vendor",
    taxes=(TaxRule(code="DE19", treatment=Treatment.TAXED),),
    report_refusals=True,
)
DE19 = TaxRate(id="rate-de", code="DE19", country="DE", description="German", percentage=Decimal(19))
FR20 = TaxRate(id="rate-fr", code="FR20", country="FR", description="French", percentage=Decimal(20))
MARK = ExternalReference(type="brex", id="pmch_hotel_adlon")


class Careless(StandIn):
    """A Rillet that sends some items in another shape than it documents."""

    def __init__(self) -> None:
        super().__init__(
            reference_types={"brex"},
            subsidiaries=[subsidiary("Example Inc."), subsidiary("Example GmbH")],
            fields=[field("Department", ["Sales", "Operations"]), field("Project", ["Moon"])],
            vendors=[vendor("Cumulus Cloud"), vendor("Hotel Adlon", references=[MARK])],
            tax_rates=[DE19, FR20],
        )
        self.spoiled: tuple[str, str, Spoil] | None = None

    @override
    def respond(self, asked: Asked) -> Answer:
        answer = super().respond(asked)
        if self.spoiled is None or asked.method != "GET":
            return answer
        path, named, spoil = self.spoiled
        body = cast("dict[str, Any]", json.loads(answer.content))
        listed = next((cast("list[Item]", each) for each in body.values() if isinstance(each, list)), None)
        if asked.path != path or listed is None:
            return answer
        for index, item in enumerate(listed):
            if named in json.dumps(item):
                changed = spoil(item)
                listed[index] = item if changed is None else cast("Item", changed)
        return attrs.evolve(answer, content=json.dumps(body).encode())


def to(**members: object) -> Spoil:
    return lambda item: item.update(members)


def emptied(item: Item) -> object:
    del item
    return dict[str, object]()


def without(member: str) -> Spoil:
    return lambda item: item.pop(member) and None


def record(name: str, *more: Any, account: str = "61000", merchant: str = "Cumulus Cloud") -> Record:
    return card_expense("11.90", coding=[gl(account), *more], merchant=merchant, record_id=name)


RECORDS = (
    record("plain"),
    record("meals", account="62000"),
    record("hotel", merchant="Hotel Adlon"),
    record("sales", dimension("Department", "Sales")),
    record("taxed", dimension("Tax", "DE19")),
    record("german", dimension("Entity", "de")),
)

CASES: dict[str, tuple[str, str, Spoil, str]] = {
    "an account without a code": ("/accounts", '"62000"', without("code"), "meals"),
    "an account whose code is a number": ("/accounts", '"62000"', to(code=62000), "meals"),
    "an account without a name": ("/accounts", '"62000"', to(name=None), "meals"),
    "an account whose type is a list": ("/accounts", '"62000"', to(type=[]), "meals"),
    "the account of the tax": ("/accounts", '"22500"', to(name=None), "taxed"),
    "an account that nobody needs": ("/accounts", '"48000"', to(name=None), ""),
    "a vendor without a name": ("/vendors", "Hotel Adlon", to(name=None), "hotel"),
    "a vendor whose name is an object": ("/vendors", "Hotel Adlon", to(name={"legal": "Hotel Adlon"}), "hotel"),
    "a vendor whose references are no list": ("/vendors", "Hotel Adlon", to(external_references={}), "hotel"),
    "a vendor with a wrong address": ("/vendors", "Hotel Adlon", to(address="Berlin"), "hotel"),
    "a field without a name": ("/fields", "Department", to(name=None), "sales"),
    "a field with a wrong setting": ("/fields", "Department", to(settings=7), "sales"),
    "a value without a name": ("/fields", "Department", lambda item: item["values"][0].update(name=None), "sales"),
    "a value whose mark is a text": ("/fields", "Department", lambda item: item["values"][0].update(deactivated="x"), "sales"),
    "a value that nobody needs": ("/fields", "Department", lambda item: item["values"][1].update(name=None), ""),
    "a field that nobody needs": ("/fields", "Moon", to(name=None), ""),
    "a tax rate without a percentage": ("/tax-rates", "DE19", to(percentage=None), "taxed"),
    "a tax rate without a code": ("/tax-rates", "DE19", to(code=None, description="DE19"), "taxed"),
    "a tax rate that nobody needs": ("/tax-rates", "FR20", to(code=None), ""),
    "a subsidiary without a currency": ("/subsidiaries", "Example GmbH", to(currency=None), "german"),
}  # fmt: skip


@pytest.fixture(params=["journal", "no journal"])
def journal(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[SqlJournal | None]:
    if request.param == "no journal":
        yield None
        return
    with SqlJournal(str(tmp_path / "journal.db")) as opened:
        yield opened


@pytest.fixture
def books() -> Careless:
    return Careless()


@pytest.fixture
def brex() -> brex_accounting.testing.StandIn:
    return brex_accounting.testing.StandIn(RECORDS, rate_limit=None)


def export(brex: brex_accounting.testing.StandIn, books: StandIn, journal: SqlJournal | None) -> Export:
    return Export(brex.client(), books.client(), Bridge(SETTINGS), journal=journal)


def taken(brex: brex_accounting.testing.StandIn) -> set[str]:
    return {each.id for each in brex.records.values() if each.review_status == "EXPORTED"}


@pytest.mark.parametrize("case", CASES)
def test_only_what_needs_it_is_refused(
    brex: brex_accounting.testing.StandIn, books: Careless, journal: SqlJournal | None, case: str
) -> None:
    path, named, spoil, needs = CASES[case]
    books.spoiled = (path, named, spoil)
    kept_back = {needs} - {""}

    planned = export(brex, books, journal).plan()
    outcome = export(brex, books, journal).run()

    assert {each.record.id for each in planned.refused} == kept_back
    assert {each.record.id for each in outcome.refused} == kept_back
    for each in outcome.refused:
        assert [reason.code for reason in each.reasons] == [ReasonCode.UNREADABLE]
        assert "cannot be read" in str(each.reasons[0])
    assert taken(brex) == {each.id for each in RECORDS} - kept_back
    assert len(books.charges) == len(RECORDS) - len(kept_back)
    # It is Rillet that is to be mended, so the record stays in the queue.
    assert outcome.counts.reported == len(taken(brex))
    assert any("cannot be read" in each for each in planned.warnings)
    assert any("cannot be read" in each.text for each in outcome.warnings)

    books.spoiled = None
    assert export(brex, books, journal).run().counts.posted == len(kept_back)
    assert taken(brex) == {each.id for each in RECORDS}
    assert len(books.vendors) == 2


def test_a_record_says_which_object_cannot_be_read_and_why(
    brex: brex_accounting.testing.StandIn, books: Careless
) -> None:
    books.spoiled = ("/accounts", '"62000"', to(code=62000))
    (meals,) = (each for each in books.accounts if each.code == "62000")

    (refused,) = export(brex, books, None).run().refused

    assert str(refused.reasons[0]) == (
        f"it is coded to '62000' of Rillet, and the account {meals.id} cannot be read (62000 is not text @ $.code)"
    )


@pytest.mark.parametrize(("path", "named"), [("/accounts", "62000"), ("/vendors", "Hotel"), ("/fields", "Department")])
def test_an_item_that_says_nothing_leaves_what_it_was_as_missing(
    brex: brex_accounting.testing.StandIn, books: Careless, path: str, named: str
) -> None:
    books.spoiled = (path, named, lambda _: 7)
    brex = brex_accounting.testing.StandIn([RECORDS[0]], rate_limit=None)
    settings = attrs.evolve(SETTINGS, fields=())

    outcome = Export(brex.client(), books.client(), Bridge(settings)).run()

    assert outcome.counts.posted == 1
    assert [each.text for each in outcome.warnings if "without an id" in each.text]


def test_no_second_vendor_is_made_for_one_that_cannot_be_read(
    brex: brex_accounting.testing.StandIn, books: Careless
) -> None:
    books.spoiled = ("/vendors", "Hotel Adlon", to(external_references=7, name="HOTEL  adlon!"))

    outcome = export(brex, books, None).run()

    assert [each.record.id for each in outcome.refused] == ["hotel"]
    assert len(books.vendors) == 2


def test_an_account_that_shares_its_code_with_one_that_cannot_be_read_is_not_used(
    brex: brex_accounting.testing.StandIn, books: Careless
) -> None:
    books.spoiled = ("/accounts", '"48000"', to(code="62000", name=None))

    (refused,) = export(brex, books, None).run().refused

    assert refused.record.id == "meals"
    assert len(books.charges) == len(RECORDS) - 1


def test_an_account_of_the_settings_that_cannot_be_read_stops_no_other_entity(books: Careless) -> None:
    books.spoiled = ("/accounts", '"21120"', to(name=None))
    brex = brex_accounting.testing.StandIn([record("us"), record("german", dimension("Entity", "de"))], rate_limit=None)
    german = attrs.evolve(DE, card_account="21100")
    chart = {each.code: each for each in chart_of_accounts()}
    assert chart["21100"].subtype != "Credit Card"
    settings = attrs.evolve(SETTINGS, entities=(attrs.evolve(german, card_account="21120"), US))

    outcome = Export(brex.client(), books.client(), Bridge(settings)).run()

    assert {each.record.id for each in outcome.refused} == {"us", "german"}
    assert {reason.code for each in outcome.refused for reason in each.reasons} == {ReasonCode.UNREADABLE}
    assert not taken(brex)
    assert not books.charges


def test_an_object_of_a_record_that_cannot_be_read_is_not_posted_a_second_time(
    brex: brex_accounting.testing.StandIn, books: Careless, journal: SqlJournal | None
) -> None:
    export(brex, books, None).run(ids=["hotel", "plain"])
    (hotel,) = (each for each in books.charges if each.external_references[0].id == "hotel")
    brex = brex_accounting.testing.StandIn(RECORDS, rate_limit=None)
    books.spoiled = ("/charges", '"hotel"', to(items=None))

    outcome = export(brex, books, journal).run()

    (refused,) = outcome.refused
    assert refused.record.id == "hotel"
    assert hotel.id in str(refused.reasons[0])
    assert len(books.charges) == len(RECORDS)
    assert taken(brex) == {each.id for each in RECORDS} - {"hotel"}

    books.spoiled = None
    assert [each.id for each in export(brex, books, journal).run().posted] == [hotel.id]
    assert len(books.charges) == len(RECORDS)


@pytest.mark.parametrize("journal", [True, False], ids=["journal", "no journal"])
@pytest.mark.parametrize("kind", DOCUMENTS, ids=lambda kind: kind.name)
def test_no_kind_of_document_that_cannot_be_read_is_posted_a_second_time(
    tmp_path: Path, kind: Kind, *, journal: bool
) -> None:
    with companies(tmp_path) as make:
        company = make(kind.make("100", "61000"), journal=False)
        assert company.run().complete
        before = company.books()
        spoil(company, company.ids[kind.record_id])
        company.offer_again(kind.record_id)
        # Rillet knows the key of the first time no more.
        company.clock.advance(2 * DAY)
        if journal:
            make.begin_journal(company)

        assert reasons(company.run()) == {kind.record_id: [ReasonCode.UNREADABLE]}
        assert company.books() == before
        assert company.status(kind.record_id) == READY


def test_verifying_names_the_object_that_cannot_be_read_and_compares_the_others(
    brex: brex_accounting.testing.StandIn, books: Careless, tmp_path: Path
) -> None:
    with SqlJournal(str(tmp_path / "journal.db")) as kept:
        export(brex, books, kept).run()
        (plain,) = (each for each in books.charges if each.external_references[0].id == "plain")
        books.client().charges.delete(plain.id)
        books.spoiled = ("/charges", '"hotel"', to(items=None))

        found = {each.record_id: each.verdict for each in export(brex, books, kept).verify()}

    assert found == {"hotel": Verdict.UNREADABLE, "plain": Verdict.DELETED_IN_RILLET}


@pytest.mark.parametrize(
    ("spoiled", "offered"),
    [
        (("/accounts", '"62000"', to(name=None)), ("GL_ACCOUNT", "62000")),
        (("/vendors", "Hotel Adlon", to(name=None)), ("Vendor", "Hotel Adlon")),
        (("/tax-rates", "DE19", to(percentage="x")), ("Tax", "DE19")),
        (("/subsidiaries", "Example GmbH", to(currency=None)), ("Entity", "Example GmbH")),
        (("/accounts", '"62000"', emptied), ("GL_ACCOUNT", "62000")),
    ],
    ids=["account", "vendor", "tax rate", "subsidiary", "an account that says nothing"],
)
def test_what_cannot_be_read_is_not_taken_from_spenders(
    books: Careless, spoiled: tuple[str, str, Spoil], offered: tuple[str, str]
) -> None:
    client = brex_accounting.testing.StandIn(rate_limit=None).client()
    integration = client.integrations.create(vendor="RILLET", vendor_account_id="org-1").id

    def plan() -> tuple[FieldChange, ...]:
        return plan_field_sync(load_books(books.client()), read_fields(client), SETTINGS, integration)

    apply_field_changes(client, plan())
    books.spoiled = spoiled

    assert plan() == ()
    (synced,) = (each for each in read_fields(client) if each.field.remote_id == offered[0])
    assert any(offered[1] in value.value and not value.is_disabled for value in synced.values)
