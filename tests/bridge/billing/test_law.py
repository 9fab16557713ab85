"""The law of the sync: what is in Rillet's ledger is what an independent model makes of the invoices."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal

import attrs
import hypothesis.strategies as st
from hypothesis import given, settings

from bridge.billing import (
    BillingEntity,
    CreditNote,
    Customer,
    Invoice,
    InvoiceStatus,
    Line,
    Product,
    ProductLink,
    Scope,
    SyncError,
    TaxStatus,
)
from clientkit.money import total
from support.billing.company import (
    AMERICA,
    DAY,
    GERMANY,
    NOW,
    SERVICES,
    SETTINGS,
    SUBSCRIPTIONS,
    Seller,
    invoice,
    line,
    note,
)
from support.billing.oracle import booked, expected, tax_of
from support.sizes import size

# Each example is a whole sync or two.
EXAMPLES = size("LAW_EXAMPLES", quick=5, full=12)

PRODUCTS = [
    Product(id="prod_seats", name="Seats"),
    Product(id="prod_book", name="Handbook", tax_category="books"),
    Product(id="prod_linked", name="Onboarding"),
    Product(id="prod_mapped", name="Support", tax_category="services"),
    # Of the name of another new one, and of one that is in Rillet.
    Product(id="prod_seats_yearly", name="seats"),
    Product(id="prod_hosting", name="Hosting"),
]
ACCOUNTS = {
    "prod_seats": SUBSCRIPTIONS,
    "prod_book": SUBSCRIPTIONS,
    "prod_linked": SERVICES,
    "prod_mapped": SERVICES,
    "prod_seats_yearly": SUBSCRIPTIONS,
    "prod_hosting": SERVICES,
    "": SERVICES,
}
SUBSIDIARIES = {None: AMERICA.id, "US": AMERICA.id, "DE": GERMANY.id}
COMPANY = attrs.evolve(
    SETTINGS,
    entities=(BillingEntity(name="US", subsidiary="Example Inc."), BillingEntity(name="DE", subsidiary="Example GmbH")),
    products=(ProductLink(billing="Support", rillet="Consulting"),),
    default_product="Consulting",
)


def rates(base: str, target: str, day: date) -> Decimal:
    del day
    return {("EUR", "USD"): Decimal("1.0837"), ("USD", "EUR"): Decimal("0.9228")}[base, target]


@st.composite
def customers(draw: Callable[[st.SearchStrategy[int]], int]) -> Customer:
    number = draw(st.integers(1, 3))
    # One customer has one tax status and is billed in one currency.
    return Customer(id=f"cus_{number}", name=f"Customer {number}", tax_status=list(TaxStatus)[number - 1])


AMOUNTS = st.integers(1, 10_000_00).map(lambda each: Decimal(each).scaleb(-2))


@st.composite
def lines(draw: st.DrawFn, status: TaxStatus, number: int) -> Line:
    product = draw(st.sampled_from([*PRODUCTS, None]))
    made = line(draw(AMOUNTS), product, id=f"il_{number}", quantity=Decimal(draw(st.integers(1, 5))))
    if not draw(st.booleans()):
        return made
    # What the billing system works out may be a cent off.
    tax = tax_of(made, status)
    off = draw(st.integers(-1, 1)) if status is TaxStatus.TAXED and tax > 1 else 0
    return attrs.evolve(made, tax=Decimal(tax + off).scaleb(-2))


@st.composite
def invoices(draw: st.DrawFn, number: int) -> Invoice:
    customer = draw(customers())
    sold = [draw(lines(customer.tax_status, index)) for index in range(draw(st.integers(1, 4)))]
    whole = Decimal(sum(tax_of(each, customer.tax_status) for each in sold)).scaleb(-2)
    return invoice(
        number,
        *sold,
        customer=customer,
        currency="USD" if customer.id == "cus_1" else "EUR",
        entity=draw(st.sampled_from([None, "US", "DE"])),
        status=draw(st.sampled_from(list(InvoiceStatus))),
        total=draw(st.sampled_from([None, total((whole, *(each.amount for each in sold)))])),
    )


@st.composite
def companies(draw: st.DrawFn) -> Seller:
    seller = Seller(settings=attrs.evolve(COMPANY, scope=draw(st.sampled_from(list(Scope)))), rates=rates)
    seller.product("Consulting", account_code=SERVICES)
    seller.product("Onboarding in Rillet", "prod_linked", account_code=SERVICES)
    seller.product("HOSTING", account_code=SERVICES)
    seller.put(*(draw(invoices(number)) for number in range(1, draw(st.integers(1, 4)) + 1)))
    return seller


@settings(max_examples=EXAMPLES)
@given(companies())
def test_the_ledger_says_what_an_independent_model_says(seller: Seller) -> None:
    outcome = seller.sync().run()

    assert outcome.complete, outcome.problems
    assert booked(seller.books) == expected(seller.invoices.values(), ACCOUNTS, SUBSIDIARIES)
    assert seller.sync().run().posted == 0
    assert booked(seller.books) == expected(seller.invoices.values(), ACCOUNTS, SUBSIDIARIES)
    names = [each.name.casefold() for each in seller.books.products]
    assert len(names) == len(set(names))


@settings(max_examples=EXAMPLES)
@given(st.data())
def test_credit_notes_take_back_what_the_model_says(data: st.DataObject) -> None:
    seller = Seller()
    status = data.draw(st.sampled_from(list(TaxStatus)))
    customer = Customer(id="cus_1", name="Acme", tax_status=status)
    sold = data.draw(lines(status, 1))
    taken = data.draw(st.integers(1, int(sold.amount * 100)).map(lambda each: Decimal(each).scaleb(-2)))
    seller.put(
        invoice(1, sold, customer=customer), note(1, attrs.evolve(sold, amount=taken, tax=None), customer=customer)
    )
    seller.settings = attrs.evolve(SETTINGS, default_product="Consulting")
    seller.product("Consulting", account_code=SERVICES)

    outcome = seller.sync().run()

    accounts = {**dict.fromkeys(ACCOUNTS, SUBSCRIPTIONS), "": SERVICES}
    assert outcome.complete, outcome.problems
    values: list[Invoice | CreditNote] = [*seller.invoices.values(), *seller.notes.values()]
    assert booked(seller.books) == expected(values, accounts, {None: AMERICA.id})
    ((made,), (memo,)) = seller.books.invoices, seller.books.credit_memos
    # The tax of an invoice may be told a cent off its rate, so that less is due than the credit note is worth.
    assert memo.applied_amount.amount == min(memo.total.amount, made.total.amount)
    assert made.amount_due.amount == made.total.amount - memo.applied_amount.amount


FAULTS: dict[str, tuple[Callable[[Invoice], Invoice], SyncError]] = {
    "total": (lambda of: attrs.evolve(of, total=Decimal("9999.99")), SyncError.INVALID_INVOICE),
    "places": (
        lambda of: attrs.evolve(of, lines=(*of.lines, line("1.005", id="il_x", tax=Decimal(0)))),
        SyncError.INVALID_INVOICE,
    ),
    "currency": (
        lambda of: attrs.evolve(of, customer=attrs.evolve(of.customer, currency="GBP")),
        SyncError.CURRENCY_MISMATCH,
    ),
    "product": (
        lambda of: attrs.evolve(of, lines=(*of.lines, line("1.00", None, id="il_y"))),
        SyncError.PRODUCT_NOT_MAPPED,
    ),
    "entity": (lambda of: attrs.evolve(of, entity="Mars"), SyncError.MISSING_SETUP),
    "closed": (lambda of: attrs.evolve(of, issued=date(2026, 1, 15)), SyncError.INVALID_INVOICE),
    "tax": (
        lambda of: attrs.evolve(of, lines=(*of.lines, line("100.00", id="il_z", tax=Decimal(5)))),
        SyncError.INVALID_INVOICE,
    ),
    "customer": (
        lambda of: attrs.evolve(of, customer=attrs.evolve(of.customer, name="Twin Ltd.")),
        SyncError.CUSTOMER_NOT_LINKED,
    ),
}

# What the lines come to cannot be told where one of them is not mapped.
FAULTY = st.sets(st.sampled_from(sorted(FAULTS)), min_size=1).filter(lambda each: not {"total", "product"} <= each)


@settings(max_examples=EXAMPLES)
@given(FAULTY, st.data())
def test_every_refusal_has_all_its_reasons_and_the_others_go_on(faults: set[str], data: st.DataObject) -> None:
    seller = Seller(settings=attrs.evolve(SETTINGS, entities=COMPANY.entities))
    seller.customer("Twin Ltd.")
    seller.books.close_books(date(2026, 1, 31))
    bad = invoice(
        1, line(data.draw(AMOUNTS)), customer=Customer(id="cus_9", name="Newcomer", tax_status=TaxStatus.TAXED)
    )
    for each in sorted(faults):
        bad = FAULTS[each][0](bad)
    seller.put(bad, invoice(2))

    outcome = seller.sync().run()

    wanted = {FAULTS[each][1] for each in faults}
    found = {each.error for each in outcome.problems}
    assert found == wanted
    assert {each.subject for each in outcome.problems} == {"invoice:in_1"}
    assert [each.invoice_number for each in seller.books.invoices] == ["A-002"]
    assert seller.books.invoices[0].invoice_date == DAY < NOW.date()
