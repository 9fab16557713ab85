"""What the sync promises, one test for each promise."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import attrs
import pytest

import rillet
from bridge.billing import (
    CustomerLink,
    Scope,
    SyncError,
    TaxCode,
    TaxStatus,
    read_stripe_invoice,
)
from bridge.billing.sync.outcome import SyncOutcome
from bridge.values import ExchangeRate
from clientkit import Answer
from clientkit.testing import Fault, Respond
from rillet import NewFullInvoice
from support.billing.company import (
    ACME,
    BOOK,
    DAY,
    GERMANY,
    RECEIVABLE,
    SETTINGS,
    SUBSCRIPTIONS,
    TAXES,
    Seller,
    invoice,
    line,
    standin,
)
from support.billing.stripe_json import CREATED, HOUR, stripe_invoice, stripe_line

EURO = ExchangeRate(base="EUR", target="USD", rate=Decimal("1.08"), date=DAY)


def errors(outcome: SyncOutcome) -> set[SyncError]:
    return {each.error for each in outcome.problems}


def posted_customers(seller: Seller) -> list[str]:
    return [each.customer_id for each in seller.books.invoices]


class TestCustomers:
    def test_link_an_existing_customer(self, seller: Seller) -> None:
        there = seller.customer("Acme", "cus_1")
        seller.put(invoice())

        assert seller.sync(create_customers=False).run().complete
        assert posted_customers(seller) == [there.id]
        assert len(seller.books.customers) == 1

    def test_link_an_existing_customer_in_the_settings(self, seller: Seller) -> None:
        there = seller.customer("Acme Corporation")
        seller.put(invoice())

        assert seller.sync(customers=(CustomerLink(billing="cus_1", rillet=there.id),)).run().complete
        assert posted_customers(seller) == [there.id]

    @pytest.mark.parametrize(
        ("name", "email", "because"), [("Other", "AP@acme.example", "e-mail"), ("ACME", None, "name")]
    )
    def test_link_an_existing_customer_that_a_person_confirms(
        self, seller: Seller, name: str, email: str | None, because: str
    ) -> None:
        there = seller.customer(name, email=email)
        seller.put(invoice())

        refused = seller.sync().run()

        # It may be the same or not: nothing is posted, and nothing is created.
        assert errors(refused) == {SyncError.CUSTOMER_NOT_LINKED}
        assert len(seller.books.customers) == 1
        (proposal,) = seller.sync().proposals()
        assert (proposal.customer, proposal.rillet_id, proposal.because) == (ACME, there.id, because)

        seller.sync().link("cus_1", there.id)

        assert seller.sync().run().complete
        assert posted_customers(seller) == [there.id]
        assert seller.sync().proposals() == ()

    def test_a_customer_is_linked_once(self, seller: Seller) -> None:
        first, second = seller.customer("Acme", "cus_1"), seller.customer("Acme")
        sync = seller.sync()

        sync.link("cus_1", first.id)
        with pytest.raises(ValueError, match=f"cus_1 is linked with {first.id}"):
            sync.link("cus_1", second.id)
        with pytest.raises(ValueError, match=f"{first.id} 'Acme' is linked with cus_1"):
            sync.link("cus_2", first.id)
        with pytest.raises(rillet.NotFoundError):
            sync.link("cus_2", "cus-unknown")

    def test_create_a_customer(self, seller: Seller) -> None:
        seller.put(invoice(1), invoice(2))

        assert seller.sync().run().complete

        (made,) = seller.books.customers
        assert (made.name, [each.email for each in made.emails]) == ("Acme", ["ap@acme.example"])
        assert [(each.type, each.id) for each in made.external_references] == [("sequencehq", "cus_1")]
        assert not made.send_invoices_automatically
        assert posted_customers(seller) == [made.id, made.id]


class TestTaxes:
    @pytest.mark.parametrize("scope", list(Scope))
    def test_taxed_by_product_category(self, seller: Seller, scope: Scope) -> None:
        seller.put(invoice(1, line("100.00"), line("100.00", BOOK, id="il_2")))

        assert seller.sync(scope=scope).run().complete
        assert [seller.balance(code) for code in (RECEIVABLE, TAXES, SUBSCRIPTIONS)] == [226, -26, -200]

    @pytest.mark.parametrize("scope", list(Scope))
    @pytest.mark.parametrize(("told", "taxes"), [("1.17", 18), ("1.18", 19)])
    def test_a_tax_that_is_rounded_for_the_whole_invoice_comes_to_its_total(
        self, seller: Seller, scope: Scope, told: str, taxes: int
    ) -> None:
        """Three lines of 0.33 with 0.06 each; 19 % of 0.99 are 0.1881, so 0.18 by the line and 0.19 by the document."""
        lines = [line("0.33", id=f"il_{number}") for number in range(3)]
        seller.put(invoice(1, *lines, total=Decimal(told)))

        assert seller.sync(scope=scope).run().complete
        assert seller.balance(RECEIVABLE) == Decimal(told)
        assert seller.balance(TAXES) == Decimal(-taxes).scaleb(-2)
        assert seller.sync(scope=scope).verify() == ()

    @pytest.mark.parametrize(("told", "tax"), [("1.19", None), ("1.16", None), ("1.18", Decimal("0.06"))])
    def test_a_total_that_rounding_does_not_explain_is_refused(
        self, seller: Seller, told: str, tax: Decimal | None
    ) -> None:
        lines = [line("0.33", id=f"il_{number}", tax=tax) for number in range(3)]
        seller.put(invoice(1, *lines, total=Decimal(told)))

        (problem,) = seller.sync().run().problems
        assert problem.text == f"its total is {told} USD, and its lines come to 1.17 with their taxes"
        assert seller.books.invoices == ()

    @pytest.mark.parametrize("status", [TaxStatus.EXEMPT, TaxStatus.REVERSE_CHARGE])
    @pytest.mark.parametrize("scope", list(Scope))
    def test_exempt_and_reverse_charge(self, seller: Seller, status: TaxStatus, scope: Scope) -> None:
        seller.put(invoice(1, customer=attrs.evolve(ACME, tax_status=status)))

        assert seller.sync(scope=scope).run().complete
        assert [seller.balance(code) for code in (RECEIVABLE, TAXES)] == [100, 0]

    def test_reverse_charge_names_its_tax_rate(self, seller: Seller) -> None:
        seller.put(invoice(1, customer=attrs.evolve(ACME, tax_status=TaxStatus.REVERSE_CHARGE)))

        plan = seller.sync(scope=Scope.FULL).plan()

        (post,) = plan.invoices.posts
        payload: object = post.document.payload
        assert isinstance(payload, NewFullInvoice)
        tax = payload.items[0].tax_rate
        assert tax is not None
        assert (tax.description, tax.percentage, tax.tax_amount) == (
            "Reverse Charge",
            Decimal("0.0000"),
            rillet.Money(Decimal("0.00"), "USD"),
        )

    @pytest.mark.parametrize("status", [TaxStatus.EXEMPT, TaxStatus.REVERSE_CHARGE])
    def test_who_is_not_taxed_and_was_sent_a_tax_is_refused(self, seller: Seller, status: TaxStatus) -> None:
        sent = line("100.00", tax=Decimal("19.00"))
        seller.put(invoice(1, sent, customer=attrs.evolve(ACME, tax_status=status)))

        outcome = seller.sync().run()

        (problem,) = outcome.problems
        assert "a tax of 19.00 USD" in problem.text
        assert seller.books.invoices == ()

    def test_a_tax_for_which_no_entry_fits_is_refused(self, seller: Seller) -> None:
        """A forgotten country must not turn the check off."""
        sent = line("100.00", tax=Decimal("77.00"))
        german = (TaxCode(code="DE19", country="DE"),)
        seller.put(invoice(1, sent))

        (problem,) = seller.sync(taxes=german).run().problems

        assert (problem.error, problem.text) == (
            SyncError.MISSING_SETUP,
            (
                "a line has a tax of 77.00 USD, and no entry of [[taxes]] is for a customer without a country who is taxed, and a "
                "product without a tax category, which would tell its rate; add one"
            ),
        )
        assert seller.books.invoices == ()

    @pytest.mark.parametrize(("tax", "taxes"), [("77.00", ()), ("0.00", (TaxCode(code="DE19", country="DE"),))])
    def test_a_tax_is_posted_as_it_is_told_where_there_are_no_entries_or_it_is_none(
        self, seller: Seller, tax: str, taxes: tuple[TaxCode, ...]
    ) -> None:
        seller.put(invoice(1, line("100.00", tax=Decimal(tax))))

        assert seller.sync(taxes=taxes).run().complete
        assert seller.balance(TAXES) == -Decimal(tax)


class TestServicePeriods:
    @pytest.mark.parametrize(
        ("start", "end", "why"),
        [
            (date(2026, 5, 1), date(2026, 4, 1), "begins on 2026-05-01 and ends on 2026-04-01"),
            (None, date(2026, 1, 1), "begins on the day of the invoice, 2026-03-02, and ends on 2026-01-01"),
        ],
    )
    def test_a_period_that_ends_before_it_begins_is_refused(
        self, seller: Seller, start: date | None, end: date, why: str
    ) -> None:
        seller.put(invoice(1, line("100.00", start=start, end=end)), invoice(2))

        outcome = seller.sync().run()

        (problem,) = outcome.problems
        assert (problem.subject, problem.text) == (
            "invoice:in_1",
            f"the service of a line {why}; correct one of the days",
        )
        assert [each.invoice_number for each in seller.books.invoices] == ["A-002"]

    def test_a_period_of_one_day_is_posted(self, seller: Seller) -> None:
        seller.put(invoice(1, line("100.00", start=date(2026, 5, 1), end=date(2026, 5, 1))))

        assert seller.sync().run().complete
        revenue = seller.books.invoices[0].items[0].revenue
        assert revenue is not None
        assert revenue.period == rillet.Period(start=date(2026, 5, 1), end=date(2026, 5, 1))

    def test_a_period_of_stripe_that_ends_before_it_begins_is_refused(self, seller: Seller) -> None:
        reversed_ = {"start": CREATED + 48 * HOUR, "end": CREATED}
        seller.put(read_stripe_invoice(stripe_invoice(stripe_line(period=reversed_))))

        (problem,) = seller.sync(taxes=()).run().problems
        assert "begins on 2026-03-03 and ends on 2026-03-01" in problem.text


class TestCurrencies:
    def test_currency_must_match_the_customers(self, seller: Seller) -> None:
        seller.put(invoice(1))
        assert seller.sync().run().complete
        euro = ExchangeRate(base="EUR", target="USD", rate=Decimal("1.08"), date=DAY)
        seller.put(invoice(2, currency="EUR", exchange_rate=euro))

        outcome = seller.sync().run()

        (problem,) = outcome.problems
        assert problem.error is SyncError.CURRENCY_MISMATCH
        assert "Rillet has its customer 'Acme' in USD" in problem.text
        assert seller.sync(check_currency=False).run().complete

    def test_a_customers_currency_is_known_in_a_run_that_creates_something(self, seller: Seller) -> None:
        seller.put(invoice(1))
        assert seller.sync().run().complete
        seller.put(invoice(2, line("10.00", BOOK), currency="EUR", exchange_rate=EURO), invoice(3, line("5.00", BOOK)))

        outcome = seller.sync().run()

        assert [(each.subject, each.error) for each in outcome.problems] == [
            ("invoice:in_2", SyncError.CURRENCY_MISMATCH)
        ]
        assert [each.invoice_number for each in seller.books.invoices] == ["A-001", "A-003"]

    @pytest.mark.parametrize("order", [(1, 2, 3), (2, 3, 1)])
    @pytest.mark.parametrize("linked", [False, True])
    def test_new_invoices_of_one_customer_in_two_currencies_are_refused_in_any_order(
        self, seller: Seller, order: tuple[int, ...], *, linked: bool
    ) -> None:
        if linked:
            seller.customer("Acme", "cus_1")
        dollars = invoice(1)
        euros = [invoice(number, currency="EUR", exchange_rate=EURO) for number in (2, 3)]
        beta = invoice(4, customer=attrs.evolve(ACME, id="cus_2", name="Beta", email=None))
        by_number = dict(enumerate([dollars, *euros], start=1))
        seller.put(*(by_number[number] for number in order), beta)

        plan, outcome = seller.sync().plan(), seller.sync().run()

        advice = "link another customer, or set check_currency to false"
        texts = {
            "invoice:in_1": f"it is in USD, and the invoice in_2 of the same customer in EUR; {advice}",
            "invoice:in_2": f"it is in EUR, and the invoice in_1 of the same customer in USD; {advice}",
            "invoice:in_3": f"it is in EUR, and the invoice in_1 of the same customer in USD; {advice}",
        }
        assert {each.subject: each.text for each in outcome.problems} == texts
        assert {each.record.id: each.reasons[0].text for each in plan.invoices.refused} == texts
        assert [each.invoice_number for each in seller.books.invoices] == ["A-004"]

        assert seller.sync(check_currency=False).run().complete

    def test_original_currency_kept(self, seller: Seller) -> None:
        euro = ExchangeRate(base="EUR", target="USD", rate=Decimal("1.0837"), date=DAY)
        seller.put(invoice(1, currency="EUR", exchange_rate=euro))

        assert seller.sync().run().complete

        (made,) = seller.books.invoices
        assert made.total == rillet.Money(Decimal("119.00"), "EUR")
        rate = made.exchange_rate
        assert rate is not None
        assert (rate.base, rate.target, rate.rate, rate.date) == ("EUR", "USD", Decimal("1.0837"), DAY)
        # In the subsidiary's books it is what the euros were worth.
        assert seller.balance(RECEIVABLE) == Decimal("128.96")

    def test_an_organization_without_multi_currency_refuses_in_its_own_words(self, seller: Seller) -> None:
        seller.books = standin(seller.clock, multi_currency=False)
        euro = ExchangeRate(base="EUR", target="USD", rate=Decimal("1.0837"), date=DAY)
        seller.put(invoice(1, currency="EUR", exchange_rate=euro), invoice(2))

        outcome = seller.sync(check_currency=False).run()

        assert [(each.subject, each.error) for each in outcome.problems] == [("invoice:in_1", SyncError.API_ERROR)]
        assert "Multi-currency is not enabled" in outcome.problems[0].text
        assert [each.invoice_number for each in seller.books.invoices] == ["A-002"]

    def test_no_rate_where_subsidiary_and_invoice_agree(self, seller: Seller) -> None:
        seller.put(invoice(1, currency="EUR"))

        assert seller.sync(subsidiary="Example GmbH").run().complete

        (made,) = seller.books.invoices
        assert (made.subsidiary_id, made.exchange_rate) == (GERMANY.id, None)


class TestErrors:
    def test_customer_not_linked_and_retry_after_mending(self, seller: Seller) -> None:
        seller.put(invoice())
        assert errors(seller.sync(create_customers=False).run()) == {SyncError.CUSTOMER_NOT_LINKED}

        seller.customer("Acme Ltd.", "cus_1")

        assert seller.sync(create_customers=False).run().complete
        assert len(seller.books.invoices) == 1

    def test_product_not_mapped_and_retry_after_mending(self, seller: Seller) -> None:
        seller.put(invoice())
        assert errors(seller.sync(create_products=False).run()) == {SyncError.PRODUCT_NOT_MAPPED}

        seller.product("Seats", "prod_1")

        assert seller.sync(create_products=False).run().complete
        assert len(seller.books.invoices) == 1

    def test_a_printed_outcome_names_what_is_not_in_rillet(self, seller: Seller) -> None:
        seller.put(invoice())
        refused = seller.sync(create_customers=False).run()

        (problem,) = refused.problems
        assert str(refused).splitlines() == ["Sync: 0 posted, 1 problem", "Not in Rillet:", f"  {problem}"]
        assert str(problem) == f"{problem.subject}: {problem.text}"
        seller.customer("Acme Ltd.", "cus_1")
        assert str(seller.sync(create_customers=False).run()) == "Sync: 1 posted, nothing left to post"

    def test_currency_mismatch(self, seller: Seller) -> None:
        seller.put(invoice(1, customer=attrs.evolve(ACME, currency="EUR")))

        assert errors(seller.sync().run()) == {SyncError.CURRENCY_MISMATCH}

    def test_missing_setup_of_the_reference_type_and_retry_after_mending(self, seller: Seller) -> None:
        seller.put(invoice())
        seller.books.reference_types.clear()

        outcome = seller.sync().run()

        # Only Rillet's refusal tells; whoever reads it finds where to add the type.
        assert errors(outcome) == {SyncError.MISSING_SETUP}
        assert outcome.stopped is not None
        assert "Settings → External References" in outcome.problems[0].text

        seller.books.reference_types.add("sequencehq")

        assert seller.sync().run().complete
        assert len(seller.books.invoices) == 1

    def test_missing_setup_of_the_default_product(self, seller: Seller) -> None:
        seller.put(invoice())

        outcome = seller.sync(create_products=False, default_product="Everything else").run()

        assert errors(outcome) == {SyncError.MISSING_SETUP}
        assert "the default product 'Everything else'" in outcome.problems[0].text

    def test_missing_setup_of_the_subsidiary(self, seller: Seller) -> None:
        seller.put(invoice())

        assert errors(seller.sync(subsidiary="Elsewhere").run()) == {SyncError.MISSING_SETUP}

    def test_api_error_and_retry_after_mending(self, seller: Seller) -> None:
        seller.put(invoice())
        refusal = Answer(
            status=400,
            headers={"content-type": "application/problem+json"},
            content=b'{"type": "https://rillet.com/illegal-argument", "title": "Bad", "detail": "not today"}',
        )
        seller.books.faults.append(
            Fault(Respond(refusal), matches=lambda asked: asked.path == "/invoices" and asked.method == "POST")
        )

        outcome = seller.sync().run()

        assert errors(outcome) == {SyncError.API_ERROR}
        assert "not today" in outcome.problems[0].text
        assert seller.sync().run().complete
        assert len(seller.books.invoices) == 1

    def test_every_reason_at_once(self, seller: Seller) -> None:
        seller.put(invoice(1, customer=attrs.evolve(ACME, currency="GBP"), entity="Mars"))
        seller.settings = attrs.evolve(SETTINGS, create_customers=False, create_products=False)

        assert errors(seller.sync(subsidiary="Elsewhere").run()) == {
            SyncError.CUSTOMER_NOT_LINKED,
            SyncError.PRODUCT_NOT_MAPPED,
            SyncError.CURRENCY_MISMATCH,
            SyncError.MISSING_SETUP,
        }

    def test_an_organization_without_that_tax_rate_is_missing_setup(self, seller: Seller) -> None:
        seller.put(invoice())
        codes = (attrs.evolve(SETTINGS.taxes[1], code="FR20"),)

        assert errors(seller.sync(taxes=codes).run()) == {SyncError.MISSING_SETUP}
