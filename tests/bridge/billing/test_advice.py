"""What billing advises can be done: it names settings that its reader takes, and following the advice helps."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import attrs
import pytest

import bridge
from bridge import SettingsError
from bridge.billing import (
    BillingEntity,
    BillingSettings,
    CustomerLink,
    InvoiceStatus,
    OnInvoiceChange,
    OnVoid,
    PostalAddress,
    ProductLink,
    Scope,
    TaxCode,
    TaxStatus,
    read_billing_settings,
)
from bridge.billing.documents import CREDIT_NOTE, CUSTOMER, INVOICE, PRODUCT, subject_of
from bridge.billing.values import changed_at
from bridge.billing.wording import InvoiceWording
from bridge.export import Verdict
from bridge.settings import approval_rules, card_account_rules, values
from bridge.settings.choices import OnChange
from clientkit import Answer
from clientkit.testing import Fault, Respond
from rillet import Money, NewInvoicePayment
from support.billing.company import ACME, CASH, DAY, SETTINGS, Seller, changed, invoice, line, note
from support.commands import invoke

SOURCES = Path(bridge.__file__).parent
OF_BILLING = {
    field.name
    for table in (BillingSettings, BillingEntity, CustomerLink, ProductLink, TaxCode)
    for field in attrs.fields(table)
}
OF_THE_EXPORT = {
    field.name
    for module in (values, approval_rules, card_account_rules)
    for table in vars(module).values()
    if isinstance(table, type) and attrs.has(table)
    for field in attrs.fields(table)
} - OF_BILLING
# A setting is told from a word by its underscore, its brackets or its quotes.
NAMED = re.compile(r"\b[a-z]+(?:_[a-z]+)+\b|(?<=\[\[)\w+(?=\]\])|(?<=[`\"'])[a-z]+(?=[`\"'])")
SET = re.compile(r"set (\w+) to (\w+)(?: or (\w+))?")
# Records share an entry only where an export summarises them.
NOT_OF_INVOICES = {"export/engine/tasks/summary.py"}


def texts(path: Path) -> Iterator[str]:
    """The texts of a module that somebody may read: its docstrings are for its developers."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef)
    docstrings = {
        id(each.body[0].value)
        for each in ast.walk(tree)
        if isinstance(each, documented) and each.body and isinstance(each.body[0], ast.Expr)
    }
    for each in ast.walk(tree):
        if isinstance(each, ast.Constant) and isinstance(each.value, str) and id(each) not in docstrings:
            yield each.value


def reached() -> list[Path]:
    """The modules whose texts may reach somebody who syncs invoices."""
    folders = ("billing", "export/engine", "export/reporting", "export/ledgers", "export/journal")
    files = ("books.py", "callers.py", "rates.py", "unreadable.py", "export/owners.py", "export/commands/billing.py")
    found = [each for folder in folders for each in sorted((SOURCES / folder).rglob("*.py"))]
    found += [SOURCES / each for each in files]
    return [each for each in found if str(each.relative_to(SOURCES)) not in NOT_OF_INVOICES]


@pytest.mark.parametrize("path", reached(), ids=lambda path: str(path.relative_to(SOURCES)))
def test_no_text_names_a_setting_that_billing_does_not_have(path: Path) -> None:
    named = {name for text in texts(path) if " " in text for name in NAMED.findall(text)}

    assert named & OF_THE_EXPORT == set()


# What an export of Brex's records says of itself; `brex-rillet` is the command.
OF_BREX = re.compile(r"\b(?:brex(?!-rillet)|records?|export\w*)\b", re.IGNORECASE)


@pytest.mark.parametrize("path", sorted((SOURCES / "billing").rglob("*.py")), ids=lambda path: path.stem)
def test_no_text_speaks_of_records_and_exports(path: Path) -> None:
    assert [each for each in texts(path) if OF_BREX.search(each)] == []


@pytest.mark.parametrize("command", ["plan", "sync", "status", "check"])
def test_no_help_speaks_of_records_and_exports(command: str) -> None:
    assert OF_BREX.findall(invoke("billing", command, "--help").output) == []


def test_what_happens_to_an_invoice_is_told_without_records_and_exports(synced: Seller) -> None:
    """What was posted, is posted, changed, deleted, interrupted or missing, in plans, outcomes and verifications."""
    synced.put(invoice(2), invoice(3, issued=DAY + timedelta(days=200)))
    assert not synced.sync().run().complete
    synced.books.client().invoices.delete(synced.books.invoices[0].id)
    synced.put(
        changed(synced.invoices["in_1"], lines=(line("90.00"),)),
        changed(synced.invoices["in_2"], status=InvoiceStatus.VOID),
        invoice(4),
    )
    told = [str(each.text) for each in synced.sync().verify()]
    plan = synced.sync().plan()
    told += [*map(str, plan.invoices.nothing), *map(str, plan.invoices.refused), *plan.invoices.warnings]
    outcome = synced.sync().run()
    told += [str(outcome), *(each.text for each in outcome.problems)]

    assert "a day so far ahead is a slip in most cases; mend it in the billing system" in " ".join(told)
    assert [each for each in told if OF_BREX.search(each)] == []
    # A source that is not Brex has verdicts of its own.
    synced.put(changed(synced.invoices["in_3"], issued=DAY), changed(synced.invoices["in_4"], lines=(line("7.00"),)))
    assert {each.record_id: each.verdict for each in synced.sync().verify()} == {
        "invoice:in_1": Verdict.DELETED_IN_RILLET,
        "invoice:in_4": Verdict.CHANGED_AT_SOURCE,
    }


ADVICE: list[Callable[[InvoiceWording, str], str]] = [
    lambda words, subject: words.if_deleted(subject),
    *(
        lambda words, subject, is_wanted=is_wanted, name=name: getattr(words, name)(subject, is_wanted=is_wanted)
        for name in ("if_settled", "if_closed", "if_left")
        for is_wanted in (True, False)
    ),
]


@pytest.mark.parametrize("on_void", list(OnVoid))
@pytest.mark.parametrize("what", [INVOICE, CREDIT_NOTE, CUSTOMER, PRODUCT])
@pytest.mark.parametrize("advice", ADVICE)
def test_an_advice_sets_what_the_reader_takes(
    on_void: OnVoid, what: str, advice: Callable[[InvoiceWording, str], str]
) -> None:
    text = advice(InvoiceWording(attrs.evolve(SETTINGS, on_void=on_void)), subject_of(what, "x_1"))

    assert text
    assert set(NAMED.findall(text)) <= OF_BILLING
    for name, *choices in SET.findall(text):
        for choice in filter(None, choices):
            assert getattr(read_billing_settings(f'{name} = "{choice}"'), name) == choice


def pay(seller: Seller) -> None:
    (made,) = seller.books.invoices
    payment = NewInvoicePayment(amount=Money(Decimal("119.00"), "USD"), date=DAY, account_code=CASH)
    seller.books.client().invoice_payments.create(made.id, payment)


def problem(seller: Seller, **settings: object) -> str:
    (found,) = seller.sync(**settings).run().problems
    return found.text


def test_a_changed_invoice_that_is_paid_wants_a_credit_note(synced: Seller) -> None:
    pay(synced)
    synced.put(changed(synced.invoices["in_1"], lines=(line("90.00"),)))

    assert problem(synced).endswith("; it is settled in Rillet, so take back what settles it, or issue a credit note")


def test_a_void_invoice_that_is_paid_can_be_credited(synced: Seller) -> None:
    pay(synced)
    synced.put(changed(synced.invoices["in_1"], status=InvoiceStatus.VOID))

    assert problem(synced).endswith("so take back what settles it, or set on_void to credit")
    assert problem(synced, on_void=OnVoid.REFUSE).endswith(
        "so take back what settles it and delete it by hand, or set on_void to credit"
    )
    assert synced.sync(on_void=OnVoid.CREDIT).run().complete
    assert len(synced.books.credit_memos) == 1


def test_a_void_invoice_in_a_closed_period_can_be_credited(synced: Seller) -> None:
    synced.books.close_books(DAY)
    synced.put(changed(synced.invoices["in_1"], hours=48, status=InvoiceStatus.VOID))

    assert problem(synced).endswith(f"up to {DAY}, so set on_void to credit, or correct it by hand")
    assert synced.sync(on_void=OnVoid.CREDIT).run().complete


def test_a_change_that_the_settings_refuse_names_what_allows_it(synced: Seller) -> None:
    synced.put(changed(synced.invoices["in_1"], lines=(line("90.00"),)))

    assert problem(synced, on_change=OnInvoiceChange.REFUSE).endswith(
        "; set on_change to replace, or issue a credit note"
    )
    assert synced.sync(on_change=OnInvoiceChange.REPLACE).run().complete
    synced.put(changed(synced.invoices["in_1"], status=InvoiceStatus.VOID))
    assert problem(synced, on_void=OnVoid.REFUSE).endswith("; set on_void to delete or credit, or correct it by hand")
    assert synced.sync(on_void=OnVoid.DELETE).run().complete
    assert synced.books.invoices == ()


def test_a_void_credit_note_that_pays_is_taken_back_first(synced: Seller) -> None:
    synced.put(note())
    assert synced.sync().run().complete
    synced.put(attrs.evolve(synced.notes["cn_1"], is_void=True, updated_at=DAY_AFTER))

    assert problem(synced).endswith("; it is settled in Rillet, so take back what it pays")
    (memo,) = synced.books.credit_memos
    synced.books.client().credit_memos.delete_applications(memo.id)
    assert synced.sync().run().complete
    assert synced.books.credit_memos == ()


DAY_AFTER = changed_at(note()) + timedelta(days=1)


def test_a_deleted_invoice_is_synced_alone(synced: Seller) -> None:
    synced.books.client().invoices.delete(synced.books.invoices[0].id)
    synced.put(changed(synced.invoices["in_1"], lines=(line("90.00"),)))

    assert problem(synced).endswith("Rillet no longer has it; sync in_1 alone to post it anew")
    assert synced.sync().sync("in_1").complete


def test_what_was_created_and_is_deleted_is_replaced_in_the_settings(seller: Seller) -> None:
    seller.put(invoice())
    refused = Answer(status=400, headers={"content-type": "application/json"}, content=b'{"title": "not today"}')
    seller.books.faults.append(
        Fault(Respond(refused), matches=lambda asked: (asked.method, asked.path) == ("POST", "/invoices"))
    )
    assert not seller.sync().run().complete
    client = seller.books.client()
    client.customers.delete(seller.books.customers[0].id)
    client.products.delete(seller.books.products[0].id)

    said = "\n".join(each.text for each in seller.sync().run().problems)

    assert "Rillet no longer has it; link another customer for cus_1 in [[customers]]" in said
    assert "Rillet no longer has it; map another product for prod_1 in [[products]]" in said
    links = (CustomerLink(billing="cus_1", rillet=seller.customer("Other").id),)
    products = (ProductLink(billing="prod_1", rillet=seller.product("Places").id),)
    assert seller.sync(customers=links, products=products).run().complete


@pytest.mark.parametrize("scope", list(Scope))
def test_a_tax_that_nobody_tells_says_whose_and_what_to_set(seller: Seller, scope: Scope) -> None:
    american = attrs.evolve(ACME, address=PostalAddress(country="US"))
    seller.put(invoice(1, customer=american))
    german = (TaxCode(code="DE19", country="DE"),)

    assert problem(seller, taxes=german, scope=scope) == (
        "its tax is not told, and no entry of [[taxes]] is for a customer in US who is taxed, and a product without a tax "
        "category; add one, or set the line's tax to 0 if there is none"
    )
    seller.put(invoice(1, line("100.00", tax=Decimal(0)), customer=american))
    assert seller.sync(taxes=german, scope=scope).run().complete


@pytest.mark.parametrize(
    ("status", "tax", "codes", "said"),
    [
        (
            TaxStatus.TAXED,
            "18.00",
            (TaxCode(code="DE19"),),
            (
                "a line of 100.00 USD has a tax of 18.00, and DE19 (19 % in DE) comes to 19.00; correct its tax, or the code for "
                "such lines in [[taxes]]"
            ),
        ),
        (
            TaxStatus.REVERSE_CHARGE,
            "19.0",
            (),
            (
                "its customer is under reverse charge, and a line has a tax of 19.00 USD; set the tax to 0, or the customer's tax "
                "status to taxed"
            ),
        ),
        (
            TaxStatus.EXEMPT,
            None,
            (TaxCode(code="DE19", status=TaxStatus.EXEMPT),),
            "its customer is exempt from tax, and [[taxes]] has DE19 (19 % in DE) for such customers; name a code of 0 % there",
        ),
        (
            TaxStatus.TAXED,
            None,
            (TaxCode(code="FR20"),),
            "Rillet has no single tax rate 'FR20', which [[taxes]] names; create it there, or name the id of one",
        ),
    ],
)
def test_a_wrong_tax_says_its_rate_and_what_to_set(
    seller: Seller, status: TaxStatus, tax: str | None, codes: tuple[TaxCode, ...], said: str
) -> None:
    told = None if tax is None else Decimal(tax)
    seller.put(invoice(1, line("100.00", tax=told), customer=attrs.evolve(ACME, tax_status=status)))

    assert problem(seller, taxes=codes) == said


def test_a_tax_without_a_rate_where_one_is_needed(seller: Seller) -> None:
    seller.put(invoice(1, line("100.00", tax=Decimal("5.00"))))

    assert problem(seller, taxes=(), scope=Scope.FULL) == (
        "a line has a tax of 5.00 USD, which Rillet takes with a tax rate here, and no entry of [[taxes]] is for a customer "
        "without a country who is taxed, and a product without a tax category; add one"
    )


def test_an_invoice_is_not_corrected_by_an_entry(seller: Seller) -> None:
    with pytest.raises(ValueError, match="credit note of the billing system; use replace or refuse"):
        seller.sync(on_change=OnChange.CORRECT)


def test_settings_that_contradict_themselves_begin_no_sync(seller: Seller) -> None:
    with pytest.raises(SettingsError) as raised:
        seller.sync(create_products=True, revenue_account=None, taxes=(TaxCode(code="DE19"), TaxCode(code="DE7")))

    assert raised.value.problems == (
        "taxes[1]: taxes[0] is about the same already; take one of them out",
        "create_products: products that are created need the revenue_account that they earn on",
    )


TWO = (line("40.00"), line("60.00", id="il_2", start=DAY, end=DAY + timedelta(days=3)))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"lines": (line("30.00"), TWO[1])}, "41000 +10.00 USD, tax +1.90 USD"),
        ({"due": DAY}, "due day: 2026-04-01 becomes 2026-03-02"),
        (
            {"lines": (TWO[0], line("60.00", id="il_2"))},
            "service period: 2026-03-02/2026-03-02, 2026-03-02/2026-03-05 becomes 2026-03-02/2026-03-02",
        ),
        (
            {"lines": (line("60.00"), attrs.evolve(TWO[1], amount=Decimal("40.00")))},
            (
                "service period: 41000 2026-03-02/2026-03-02 40; 41000 2026-03-02/2026-03-05 60 becomes "
                "41000 2026-03-02/2026-03-02 60; 41000 2026-03-02/2026-03-05 40"
            ),
        ),
        ({"status": InvoiceStatus.VOID}, "it is void, so nothing is left to post of it"),
    ],
)
def test_a_refused_change_is_told_in_words(seller: Seller, change: dict[str, Any], said: str) -> None:
    seller.put(invoice(1, *TWO))
    assert seller.sync().run().complete
    (made,) = seller.books.invoices
    pay(seller)
    seller.put(changed(seller.invoices["in_1"], **change))

    assert problem(seller).startswith(
        f"it has changed since it was posted as invoices {made.id}: {said}; it is settled"
    )


def test_a_country_may_be_in_small_letters(seller: Seller) -> None:
    seller.put(invoice(1, customer=attrs.evolve(ACME, address=PostalAddress(country="de"))))

    assert seller.sync(taxes=(TaxCode(code="DE19", country="DE"),)).run().complete
    assert [each.total.amount for each in seller.books.invoices] == [Decimal(119)]
