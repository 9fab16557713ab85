"""Made-up companies for the laws of the bridge."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from functools import lru_cache
from typing import TypeVar

import attrs
from hypothesis import strategies as st

import bridge
from bridge import Basis, Books, Bridge, Entity, FieldMapping, Settings, When
from bridge.settings.choices import Coverage, Treatment
from bridge.settings.values import AccountRule, TaxRule
from rillet import (
    Account,
    AccountStatus,
    AccountType,
    Field,
    FieldDisplay,
    FieldRule,
    FieldSettings,
    FieldValue,
    Subsidiary,
    TaxRate,
    Vendor,
)

PLACES = {"JPY": 0, "USD": 2, "BHD": 3}
RATE = Decimal("1.25")

# Ids and codes come from one small pool, so that one account's code is often another's id.
TOKENS = tuple(f"{number}" for number in range(100, 120))
GL = {"brex_field_id": "extended_field_gl", "remote_field_id": "GL_ACCOUNT", "field_name": "GL Account"}
LEGAL_ENTITY = {"brex_field_id": "extended_field_le", "remote_field_id": "LEGAL", "field_name": "Legal Entity"}
TAX = {"brex_field_id": "extended_field_tx", "remote_field_id": "TAX", "field_name": "Tax Code"}
PROJECT = {"brex_field_id": "extended_field_pr", "remote_field_id": "PROJECT", "field_name": "Project"}


K = TypeVar("K")
T = TypeVar("T")


def rillets(kind: type[K], found: Iterable[object]) -> tuple[K, ...]:
    """What is in made-up books, which is Rillet's own, although books may be another ledger's."""
    kept = tuple(each for each in found if isinstance(each, kind))
    assert len(kept) == len(tuple(found))
    return kept


@attrs.frozen(kw_only=True)
class World:
    """A company: its books, and the settings of its bridge."""

    books: Books
    settings: Settings
    #: For each of Rillet's fields, how Brex names the field it takes its values from.
    brex_fields: tuple[Mapping[str, str], ...]

    @property
    def bridge(self) -> Bridge:
        return Bridge(self.settings, rates=lambda _base, _target, _day: RATE)


@st.composite
def worlds(draw: st.DrawFn) -> World:
    """Companies with one to three entities, up to three fields and tax rates, and accounts named by id or by code."""
    accounts = _accounts(draw)
    subsidiaries = tuple(
        Subsidiary(id=f"sub-{number}", trade_name=f"Company {number}", currency=draw(CURRENCIES), timezone="UTC")
        for number in range(draw(st.integers(1, 3)))
    )
    fields = tuple(_field(draw, number) for number in range(draw(st.integers(0, 3))))
    mappings = list[FieldMapping]()
    brex_fields = list[Mapping[str, str]]()
    for field in fields:
        names = {
            "brex_field_id": f"extended_{field.id}",
            "remote_field_id": field.id,
            "field_name": f"Brex {field.name}",
        }
        if draw(st.booleans()):
            names["remote_field_id"] = f"remote {field.id}"
            brex = pick(draw, sorted(names.values()))
            mappings.append(FieldMapping(brex=brex, rillet=pick(draw, (field.id, field.name))))
        brex_fields.append(names)
    entities = _entities(draw, accounts, subsidiaries)
    tax_rates = _tax_rates(draw)
    settings = Settings(
        entities=entities,
        fields=tuple(mappings),
        accounts=tuple(_rule(draw, accounts, entities) for _ in range(draw(st.integers(0, 2)))),
        gl_field=pick(draw, sorted(GL.values())),
        reference_type=pick(draw, ("brex", None)),
        reimbursement_basis=pick(draw, tuple(Basis)),
        record_link=pick(draw, ("https://example.com/{id}", None)),
        tax_field=pick(draw, sorted(TAX.values())) if tax_rates else None,
        taxes=tuple(_tax_rule(draw, rate, tax_rates, accounts) for rate in tax_rates if draw(st.booleans())),
        tax_coverage=pick(draw, tuple(Coverage)),
    )
    vendors = (Vendor(id="v-1", name="Sample Stationery"), Vendor(id="v-2", name="Bo Sample", email="bo@example.com"))
    books = Books(
        accounts=accounts, subsidiaries=subsidiaries, fields=fields, vendors=vendors, tax_rates=tuple(tax_rates)
    )
    return World(books=books, settings=settings, brex_fields=tuple(brex_fields))


CURRENCIES = st.sampled_from(sorted(PLACES))
_ORDERS, _TAX_ORDERS = st.permutations(TOKENS), st.permutations("ABC")


@lru_cache
def _indexes(count: int) -> st.SearchStrategy[int]:
    return st.integers(0, count - 1)


def pick(draw: st.DrawFn, values: Sequence[T]) -> T:
    """One of the values. To make a strategy for each sequence takes longer than to draw from it."""
    return values[draw(_indexes(len(values)))]


def _accounts(draw: st.DrawFn) -> tuple[Account, ...]:
    kinds = ["Expense"] * draw(st.integers(1, 4)) + ["Credit Card"] * draw(st.integers(1, 2))
    kinds += (
        ["Liability"] * draw(st.integers(1, 2))
        + ["Bank"] * draw(st.integers(1, 2))
        + ["Receivable", "Rewards", "Clearing", "Accounts Payable"]
        + ["Sales Tax Liability", "Input Tax", "Output Tax"]
    )
    ids, codes = draw(_ORDERS), draw(_ORDERS)
    return tuple(
        Account(
            id=account_id,
            code=code,
            name=f"{kind} {code}",
            type=AccountType.EXPENSE if kind == "Expense" else AccountType.LIABILITY,
            subtype=kind,
            status=AccountStatus.ACTIVE,
            intercompany=False,
        )
        for account_id, code, kind in zip(ids, codes, kinds, strict=False)
    )


def _field(draw: st.DrawFn, number: int) -> Field:
    values = tuple(
        FieldValue(id=f"field-{number}-{value}", name=f"Value {value}") for value in range(draw(st.integers(1, 3)))
    )
    rule = FieldRule(mandatory=draw(st.booleans()), display=FieldDisplay.STANDALONE)
    settings = FieldSettings(expenses=pick(draw, (rule, None)), revenue=rule)
    return Field(id=f"field-{number}", name=f"Field {number}", values=values, settings=pick(draw, (settings, None)))


def _entities(draw: st.DrawFn, accounts: Sequence[Account], subsidiaries: Sequence[Subsidiary]) -> tuple[Entity, ...]:
    kind = pick(draw, ("field", "currency", "location"))
    conditions: list[When | None] = [
        When(
            field=pick(draw, sorted(LEGAL_ENTITY.values())) if kind == "field" else None,
            value=f"Legal {number}" if kind == "field" else None,
            currency=currency if kind == "currency" else None,
            location=f"Town {number}" if kind == "location" else None,
        )
        for number, currency in enumerate(sorted(PLACES)[: draw(st.integers(0, 2))])
    ]
    if not conditions or draw(st.booleans()):
        conditions.insert(draw(st.integers(0, len(conditions))), None)

    def named(subtype: str) -> str:
        wanted = [each for each in accounts if each.subtype == subtype]
        return pick(draw, ways_to_name(wanted, accounts))

    return tuple(
        Entity(
            name=f"Entity {number}",
            subsidiary=pick(draw, [each.id for each in subsidiaries] + [each.trade_name for each in subsidiaries]),
            card_account=named("Credit Card"),
            reimbursement_account=named("Liability"),
            bank_account=named("Bank"),
            personal_expense_receivable_account=named("Receivable"),
            rewards_account=named("Rewards"),
            clearing_account=named("Clearing"),
            accounts_payable_account=named("Accounts Payable"),
            tax_account=named("Sales Tax Liability"),
            when=when,
        )
        for number, when in enumerate(conditions)
    )


def _rule(draw: st.DrawFn, accounts: Sequence[Account], entities: Sequence[Entity]) -> AccountRule:
    """A rule that sends expenses to another account of expenses, where it holds."""
    names = ways_to_name([each for each in accounts if each.subtype == "Expense"], accounts)
    return AccountRule(
        account=pick(draw, names),
        merchant=pick(draw, (None, "pmch_1", "sample stationery", "nobody")),
        entity=pick(draw, (None, *(each.name for each in entities))),
        instead_of=pick(draw, (None, *names)),
    )


def _tax_rates(draw: st.DrawFn) -> Sequence[TaxRate]:
    ids, codes = draw(_TAX_ORDERS), draw(_TAX_ORDERS)
    return [
        TaxRate(
            id=tax_id,
            code=code,
            country="DE",
            description=f"Rate {number}",
            percentage=Decimal(pick(draw, ("19.0000", "20", "7.7", "33.3333", "100", "0.0000"))),
        )
        for number, (tax_id, code) in enumerate(list(zip(ids, codes, strict=True))[: draw(st.integers(0, 3))])
    ]


def _tax_rule(draw: st.DrawFn, rate: TaxRate, rates: Sequence[TaxRate], accounts: Sequence[Account]) -> TaxRule:
    treatment = pick(draw, (None, *Treatment))
    by_code = rate.code not in {each.id for each in rates}
    input_account, output_account = (
        pick(draw, ways_to_name([each for each in accounts if each.subtype == kind], accounts))
        if treatment is Treatment.REVERSE_CHARGE
        else None
        for kind in ("Input Tax", "Output Tax")
    )
    return TaxRule(
        code=rate.code if by_code and draw(st.booleans()) else rate.id,
        treatment=treatment,
        coverage=pick(draw, (None, *Coverage)),
        sales_tax=treatment is not Treatment.REVERSE_CHARGE and draw(st.booleans()),
        input_account=input_account,
        output_account=output_account,
    )


def ways_to_name(wanted: Sequence[bridge.Account], accounts: Sequence[bridge.Account]) -> list[str]:
    """The ids, and the codes that no id hides."""
    hidden = {each.id for each in accounts}
    return [each.id for each in wanted] + [each.code for each in wanted if each.code not in hidden]
