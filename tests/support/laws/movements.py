"""Made-up movements of money for the laws of the bridge: payments, payouts, reversals and repayments, and what they follow."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import attrs
from hypothesis import strategies as st

import bridge.master_data
from bridge import Entity, Followed, Movements, Payouts, When
from rillet import Bill, BillStatus, DocumentStatus, ExchangeRate, ExpenseItem, ExternalReference, Money, Reimbursement
from support.laws.lines import LineMaker, field_value, parts_of
from support.laws.oracle import UNCODED, Json
from support.laws.records import Case, decoded
from support.laws.strategies import CURRENCIES, GL, LEGAL_ENTITY, PLACES, RATE, pick, worlds
from support.laws.whose import FOLLOWED, PASSING, Told

REGION = {"brex_field_id": "extended_field_rg", "remote_field_id": "REGION", "field_name": "Region"}
TELLING = {"Legal": LEGAL_ENTITY, "Region": REGION}
#: Movements of money, of which those of `FOLLOWED` follow another record.
MOVEMENTS = (*FOLLOWED, "CARD_PAYMENT", "CARD_PAYMENT_REFUND", "REWARD_REDEMPTION")
PAYOUT, BILL_PAYMENT, CARD_PAYMENT = (
    "REIMBURSEMENT_EXPENSE_MONEY_MOVEMENT_PAYOUT",
    "BILL_EXPENSE_PAYMENT",
    "BILL_EXPENSE_CARD_PAYMENT",
)


@attrs.frozen(kw_only=True)
class MovementCase(Case):
    """A company, a movement of money, and what is known of the record that it follows.

    `told` says the same as `followed`; `missing` is whether Rillet does not have what it follows.
    """

    followed: Followed | None
    told: tuple[Told, ...]
    missing: bool


@st.composite
def movement_cases(draw: st.DrawFn, kind: str) -> MovementCase:
    """Movements of this type that nobody has coded, or whose lines say whose they are, rightly, wrongly or not at all."""
    world = draw(worlds())
    entities = _entities(draw, world.settings.entities)
    world = attrs.evolve(
        world,
        settings=attrs.evolve(
            world.settings, entities=entities, reference_type="brex", payouts=pick(draw, tuple(Payouts))
        ),
    )
    currency = draw(CURRENCIES)
    make = LineMaker(draw, world, currency)
    total = draw(st.integers(1, 10**6))
    lines = list[Json]()
    for side in ("DEBIT", "CREDIT"):
        for units in parts_of(draw, total):
            lines.append(make.line(side, units, []) if side in UNCODED[kind] else make.coded(side, units))
    if draw(st.booleans()):
        pick(draw, lines)["accounting_field_values"].extend(_saying(draw, entities))
    json = _json(draw, kind, draw(st.permutations(lines)), entities)
    json["amount"] = {"amount": make.money(total), "currency": currency}
    case = MovementCase(world=world, json=json, followed=None, told=(), missing=False)
    return _with_what_it_follows(draw, _with_documents(draw, case))


def _entities(draw: st.DrawFn, entities: Sequence[Entity]) -> tuple[Entity, ...]:
    """The entities with conditions of every sort, and with movements that they take."""
    conditions = dict[str, When]()
    for number, each in enumerate(entities):
        if each.when is None:
            continue
        field = pick(draw, (None, *TELLING))
        when = When(
            field=None if field is None else pick(draw, sorted(TELLING[field].values())),
            value=None if field is None else f"{field} {number}",
            currency=pick(draw, (None, None, *sorted(PLACES))),
            location=pick(draw, (None, None, "Town 0", "Town 1")),
        )
        conditions[each.name] = each.when if when == When() else when
    types = st.sampled_from(((), MOVEMENTS[:4], MOVEMENTS[4:], ("CARD_PAYMENT",)))
    return tuple(
        attrs.evolve(
            each,
            when=conditions.get(each.name),
            movements=Movements(currency=pick(draw, (None, *sorted(PLACES))), types=draw(types))
            if draw(st.booleans())
            else None,
        )
        for each in entities
    )


def _saying(draw: st.DrawFn, entities: Sequence[Entity]) -> list[Json]:
    """Values by which a line says whose it is."""
    known = [
        (names, each.when.value)
        for each in entities
        if each.when is not None
        for names in TELLING.values()
        if each.when.field in names.values()
    ]
    named = [(names, each.name) for each in entities if each.when is None for names in TELLING.values()]
    names, value = pick(draw, [*known, *named, (LEGAL_ENTITY, "Legal 9")])
    more = [field_value(REGION, "Region 9")] if draw(st.integers(0, 9)) == 0 else []
    return [field_value(names, value), *more]


def _json(draw: st.DrawFn, kind: str, lines: Sequence[Json], entities: Sequence[Entity]) -> Json:
    towns = [each.when.location for each in entities if each.when is not None and each.when.location is not None]
    user = {"id": "cuuser_bo", "first_name": "Bo", "last_name": "Sample", "email": "bo@example.com"}
    town = {"location_id": "loc_1", "location_name": pick(draw, [*towns, "Nowhere"])}
    return {
        "id": "accr_1",
        "type": kind,
        "review_status": "READY_FOR_EXPORT",
        "source_type": next((each for each in ("CARD", "REIMBURSEMENT") if kind.startswith(each)), "BILL"),
        "source_id": "expense_1",
        "erp_posting_date": "2026-02-03T00:00:00Z",
        "updated_at": "2026-02-04T10:00:00Z",
        "version": 2,
        "posted_at": "2026-02-03T11:00:00Z",
        "user": pick(draw, (None, user | town)),
        "vendor": {"id": "pmch_1", "name": "Sample Stationery"},
        "memo": None,
        "line_items": [line | {"id": f"accrli_{number}"} for number, line in enumerate(lines)],
    }


def _with_documents(draw: st.DrawFn, case: MovementCase) -> MovementCase:
    """The company with what the record may settle, which fits it or does not, among others that it does not settle."""
    books, json = case.world.books, case.json
    paid, currency = json["amount"]["amount"], json["amount"]["currency"]
    how_many = pick(draw, (1, 1, 1, 0, 2))
    owed = Money(paid if draw(st.booleans()) else paid * pick(draw, (2, 10)), currency)
    if draw(st.integers(0, 4)) == 0:
        owed = attrs.evolve(owed, amount=owed.amount - min(paid, owed.amount) / 2) if draw(st.booleans()) else owed
        owed = attrs.evolve(owed, currency=pick(draw, sorted(PLACES)))
    subsidiary = pick(draw, (None, *books.subsidiaries))
    is_foreign = subsidiary is not None and subsidiary.currency != currency
    has_rate = is_foreign if draw(st.integers(0, 4)) else not is_foreign
    to = pick(draw, sorted(PLACES)) if subsidiary is None else subsidiary.currency
    rate = ExchangeRate(base=currency, target=to, rate=RATE, date=date(2026, 1, 15)) if has_rate else None
    alike: list[dict[str, Any]] = [
        {
            "vendor_id": "v-1",
            "items": (ExpenseItem(id="item-1", account_code=books.accounts[0].code, amount=owed),),
            "subsidiary_id": None if subsidiary is None else subsidiary.id,
            "exchange_rate": rate,
            "external_references": (
                ExternalReference(type="brex", id=f"accr of {number}"),
                ExternalReference(type="brex", id="expense_1" if number < how_many else "expense_2"),
            ),
        }
        for number in range(how_many + 1)
    ]
    bills = tuple(
        Bill(
            id=f"bill-{number}",
            expense_number="R-17",
            bill_date=date(2026, 1, 15),
            due_date=date(2026, 2, 15),
            status=BillStatus.UNPAID,
            **each,
        )
        for number, each in enumerate(alike)
    )
    reimbursements = tuple(
        Reimbursement(
            id=f"reimbursement-{number}",
            reimbursement_date=date(2026, 1, 15),
            status=DocumentStatus.UNPAID,
            **each,
        )
        for number, each in enumerate(alike)
    )
    paying = frozenset(each.code for each in books.accounts if draw(st.booleans()))
    books = attrs.evolve(books, bills=bills, reimbursements=reimbursements, paying_accounts=paying)
    return attrs.evolve(case, world=attrs.evolve(case.world, books=books))


def _with_what_it_follows(draw: st.DrawFn, case: MovementCase) -> MovementCase:
    kinds = FOLLOWED.get(case.json["type"], ())
    if not kinds:
        return case
    missing = draw(st.integers(0, 9)) == 0
    told = [] if missing else [_told(draw, case, pick(draw, kinds)) for _ in range(draw(st.integers(0, 2)))]
    given = [
        Followed(subsidiary_id=each.subsidiary_id, record=None if each.json is None else decoded(each.json))
        for each in told
    ]
    if missing:
        given = [Followed(missing="Rillet does not have what it follows")]
    followed = attrs.evolve(given[0], others=tuple(given[1:])) if given else None
    if followed is None and case.json["type"].startswith("BILL"):
        # The bill in the books that it pays tells, where there is one alone.
        found = [each for each in case.world.books.bills if _pays(case.json, each)]
        told = [Told(subsidiary_id=each.subsidiary_id) for each in found] if len(found) == 1 else []
    return attrs.evolve(case, followed=followed, told=tuple(told), missing=missing)


def _told(draw: st.DrawFn, case: MovementCase, kind: str) -> Told:
    entities = case.world.settings.entities
    subsidiary = pick(draw, (None, *case.world.books.subsidiaries))
    amount = {"amount": case.json["amount"]["amount"], "currency": draw(CURRENCIES)}
    code = field_value(GL, case.world.books.accounts[0].id)
    spent: Json = {"type": "DEBIT", "amount": amount, "memo": None, "accounting_field_values": [code], "id": "accrli_0"}
    against: Json = {"type": "CREDIT", "amount": amount, "memo": None, "accounting_field_values": [], "id": "accrli_1"}
    if draw(st.booleans()):
        spent["accounting_field_values"] = [code, *_saying(draw, entities)]
    json = case.json | {"id": "accr_0", "type": kind, "amount": amount, "line_items": [spent, against]}
    known = pick(draw, (None, json))
    return Told(subsidiary_id=None if subsidiary is None else subsidiary.id, json=known)


def _pays(json: Json, document: bridge.master_data.Bill | bridge.master_data.Reimbursement) -> bool:
    return json["source_id"] in {each.id for each in document.external_references}


def is_payment(case: MovementCase, entity: Entity) -> bool | None:
    """Whether the page on types of records makes it a payment of what it settles; None where it has to be refused."""
    json, books = case.json, case.world.books
    kind, amount = json["type"], json["amount"]
    if kind not in {PAYOUT, BILL_PAYMENT, CARD_PAYMENT}:
        return False
    found = [each for each in (books.reimbursements if kind == PAYOUT else books.bills) if _pays(json, each)]
    if len(found) != 1:
        return None if kind == BILL_PAYMENT else False
    (settled,) = found
    here = next(each for each in books.subsidiaries if entity.subsidiary in {each.id, each.trade_name})
    owed = [each.amount for each in settled.items]
    fits = settled.subsidiary_id in {None, here.id} and {each.currency for each in owed} == {amount["currency"]}
    if kind == BILL_PAYMENT:
        return True if fits else None
    fits = fits and amount["amount"] <= sum(each.amount for each in owed)
    fits = fits and (settled.exchange_rate is not None) == (amount["currency"] != here.currency)
    if kind == PAYOUT:
        return fits and case.world.settings.payouts is Payouts.PAYMENT
    card = entity.card_account
    codes = {each.code for each in books.accounts if card == each.id} or {card}
    return fits and codes <= (books.paying_accounts or frozenset())


def waits(case: MovementCase) -> bool:
    """Whether it waits until what it follows is in Rillet."""
    return case.missing and case.json["type"] not in PASSING
