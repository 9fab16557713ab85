"""Made-up records for the laws of the bridge, each with the company that it is of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal

import attrs
from hypothesis import assume
from hypothesis import strategies as st

from brex_accounting import Record
from bridge import Basis, Entity, Intercompany, When
from bridge.settings.choices import OtherTypes
from clientkit import codec
from rillet import (
    Bill,
    BillStatus,
    ExpenseItem,
    ExternalReference,
    Money,
    Subsidiary,
)
from support.laws.lines import LineMaker, field_value, parts_of
from support.laws.oracle import UNCODED, Json, account_named, entity_of
from support.laws.strategies import (
    CURRENCIES,
    GL,
    LEGAL_ENTITY,
    PLACES,
    PROJECT,
    TAX,
    TOKENS,
    World,
    pick,
    ways_to_name,
    worlds,
)
from support.laws.whose import FOLLOWED

CASH = "REIMBURSEMENT_EXPENSE_POST"
CHARGES = ("CARD_EXPENSE_POST", "CARD_EXPENSE_REFUND")
REIMBURSEMENTS = ("REIMBURSEMENT_EXPENSE_APPROVAL", CASH)
BILLS = ("BILL_EXPENSE",)
BILL_PAYMENTS = ("BILL_EXPENSE_PAYMENT",)
#: Types without a mapping, one of which Brex does not have yet.
OTHERS = ("INVOICE", "INVOICE_PAYMENT", "BILL_MONEY_MOVEMENT_PAYIN", "HOLOGRAM")
#: What becomes a journal entry; `OTHERS` do where the settings allow it.
JOURNAL_ENTRIES = (
    *(each for each in UNCODED if each not in {*CHARGES, *REIMBURSEMENTS, *BILLS, *BILL_PAYMENTS, *OTHERS}),
    *OTHERS,
)
TYPES = (*CHARGES, *REIMBURSEMENTS, *BILLS, *BILL_PAYMENTS, *JOURNAL_ENTRIES)


@attrs.frozen(kw_only=True)
class Case:
    """A company and one record of it, as Brex sends it."""

    world: World
    json: Json

    @property
    def record(self) -> Record:
        return decoded(self.json)


def decoded(json: Json) -> Record:
    return codec.structure(codec.parse(codec.dumps(json)), Record)


@st.composite
def good_cases(draw: st.DrawFn, types: Sequence[str] = TYPES, *, turned: bool = False, in_parts: bool = False) -> Case:
    """Balanced and wholly coded records of these types: every one of them can be posted.

    Those that are `turned` have everything on the other side; payments `in_parts` have fees and discounts.
    """
    kind = pick(draw, types)
    world = _fit(draw(worlds()), kind)
    entity = pick(draw, world.settings.entities)
    when = entity.when or When()
    taken = {each.when.currency for each in world.settings.entities if each.when is not None}
    currency = when.currency or pick(draw, [each for each in sorted(PLACES) if each not in taken])
    make = LineMaker(draw, world, currency)
    if kind in {*CHARGES, *REIMBURSEMENTS, *BILLS}:
        lines, total = _of_document(make, kind, entity, turned=turned)
    else:
        lines, total = _of_movement(make, kind, entity)
        if in_parts:
            lines += _of_rest(make, kind, entity, [each for each in lines if each["type"] == "CREDIT"])
    lines += [make.coded(draw(_sides), 0) for _ in range(draw(st.integers(0, 2)))]
    if any(each.when is not None and each.when.field is not None for each in world.settings.entities):
        _say_whose(draw, lines, kind, entity)
    lines = draw(st.permutations(lines))
    user = {"id": "cuuser_bo", "first_name": "Bo ", "last_name": "Sample", "email": " Bo@example.com"}
    case = Case(
        world=world,
        json={
            "id": "accr_1",
            "amount": {"amount": make.money(total), "currency": currency},
            "type": kind,
            "review_status": "READY_FOR_EXPORT",
            "source_type": next((each for each in ("CARD", "REIMBURSEMENT") if kind.startswith(each)), "BILL"),
            "source_id": "expense_1",
            "erp_posting_date": "2026-02-03T00:00:00Z",
            "updated_at": "2026-02-04T10:00:00.123456Z",
            "version": 2,
            "posted_at": "2026-02-03T11:00:00.5Z",
            "due_at": pick(draw, (None, "2026-03-05T00:00:00Z")),
            "invoice_number": pick(draw, (None, " ", "R-17")),
            "user": user | ({"location_name": when.location} if when.location else {}),
            "vendor": {"id": "pmch_1", "name": pick(draw, ("SAMPLE  STATIONERY ", "Somebody New"))},
            "memo": pick(draw, (None, "", "Lunch")),
            "line_items": [line | {"id": f"accrli_{number}"} for number, line in enumerate(lines)],
        },
    )
    return _with_its_bill(case) if kind in BILL_PAYMENTS else case


@attrs.frozen(kw_only=True)
class SharedCase(Case):
    """A company and a record with lines of two of its entities."""

    payer: Entity
    debtor: Entity


@st.composite
def shared_cases(draw: st.DrawFn, types: Sequence[str], *, turned: bool = False) -> SharedCase:
    """Good records of which some lines are of an entity that did not pay."""
    case = draw(good_cases(types, turned=turned))
    settings, books = case.world.settings, case.world.books
    field = pick(draw, sorted(LEGAL_ENTITY.values()))
    is_named = draw(st.booleans())
    paying = entity_of(settings, case.json)
    payer = attrs.evolve(paying, when=When(field=field, value="Payer") if is_named else None)
    elsewhere = Subsidiary(id="sub-debtor", trade_name="Debtor Ltd", currency=draw(CURRENCIES), timezone="UTC")
    debtor = attrs.evolve(paying, name="Debtor", subsidiary="Debtor Ltd", when=When(field=field, value="Legal Debtor"))
    (receivable,), (clearing,) = (
        [each for each in books.accounts if each.subtype == kind] for kind in ("Receivable", "Clearing")
    )
    between = [
        Intercompany(payer=payer.name, debtor="Debtor", due_from=due_from, due_to=due_to)
        for due_from, due_to in [
            (
                pick(draw, ways_to_name([receivable], books.accounts)),
                pick(draw, ways_to_name([clearing], books.accounts)),
            )
        ]
    ]
    settings = attrs.evolve(
        settings, entities=tuple(draw(st.permutations([payer, debtor]))), intercompany=tuple(between)
    )
    lines = [_without(each, LEGAL_ENTITY) for each in case.json["line_items"]]
    (side, key), *_ = UNCODED[case.json["type"]].items()
    usual = {"DEBIT": "CREDIT", "CREDIT": "DEBIT"}[side] if turned else side
    against = account_named(books, getattr(payer, key))
    named = {*ways_to_name([against], books.accounts)}
    spent = [
        each
        for each in lines
        if _code(each) not in {None, *named} or (each["type"] != usual and _code(each) is not None)
    ]
    moving = [each for each in spent if each["amount"]["amount"]]
    theirs = [each for each in moving if draw(st.booleans())] or moving[:1]
    cards = [each for each in lines if each["amount"]["amount"] and _code(each) is None]
    others = [each for each in moving if not any(each is one for one in theirs)]
    assume(others or cards)
    for line in theirs:
        line["accounting_field_values"].append(field_value(LEGAL_ENTITY, "Legal Debtor"))
    said = "Payer" if is_named else payer.name
    rest = [each for each in lines if not any(each is one for one in theirs)]
    telling = rest if is_named else [each for each in (*others, *cards) if draw(st.booleans())]
    if not telling:
        # What is coded on the side of the account says nothing without a value.
        telling = [*others, *cards][:1]
    for line in telling:
        line["accounting_field_values"].append(field_value(LEGAL_ENTITY, said))
    world = attrs.evolve(
        case.world,
        settings=settings,
        books=attrs.evolve(books, subsidiaries=(*books.subsidiaries, elsewhere)),
    )
    return SharedCase(world=world, json=case.json | {"line_items": lines}, payer=payer, debtor=debtor)


def _without(line: Json, field: Mapping[str, str]) -> Json:
    refs = [each for each in line["accounting_field_values"] if each["brex_field_id"] != field["brex_field_id"]]
    return line | {"accounting_field_values": refs}


def _code(line: Json) -> str | None:
    """How a line names its account."""
    refs = (each for each in line["accounting_field_values"] if each["brex_field_id"] == GL["brex_field_id"])
    return next((each["remote_field_value_id"] for each in refs), None)


def _say_whose(draw: st.DrawFn, lines: Sequence[Json], kind: str, entity: Entity) -> None:
    """Each line says whose it is; of the entity without a condition some do.

    One at least does of a movement of money and of a record that follows another one: their accounts say nothing.
    """
    value = entity.name if entity.when is None else entity.when.value
    chosen = list(lines) if entity.when is not None else [each for each in lines if draw(st.booleans())]
    by_account = len(UNCODED.get(kind, {})) < 2 and kind not in FOLLOWED
    if not by_account and not any(each["amount"]["amount"] for each in chosen):
        chosen.append(pick(draw, [each for each in lines if each["amount"]["amount"]]))
    for line in chosen:
        line["accounting_field_values"].append(field_value(LEGAL_ENTITY, value))


def _fit(world: World, kind: str) -> World:
    """The company with the settings that records of this type need."""
    settings = world.settings
    if kind in REIMBURSEMENTS:
        settings = attrs.evolve(settings, reimbursement_basis=Basis.CASH if kind == CASH else Basis.ACCRUAL)
    if kind in OTHERS:
        settings = attrs.evolve(settings, other_types=OtherTypes.JOURNAL_ENTRY)
    if kind in BILL_PAYMENTS:
        settings = attrs.evolve(settings, reference_type="brex")
    if kind not in {*CHARGES, *REIMBURSEMENTS, *BILLS}:
        # They may put both sides of a movement on one account, which is refused.
        settings = attrs.evolve(settings, accounts=())
    return attrs.evolve(world, settings=settings)


def _with_its_bill(case: Case) -> Case:
    """The company with the bill that the record pays, among others that it does not."""
    books, json = case.world.books, case.json
    owing = entity_of(case.world.settings, json).subsidiary
    subsidiary = next(each for each in books.subsidiaries if owing in {each.id, each.trade_name})
    owed = Money(json["amount"]["amount"], json["amount"]["currency"])
    paid, other = (
        Bill(
            id=bill_id,
            vendor_id="v-1",
            expense_number="R-17",
            items=(ExpenseItem(id="item-1", account_code=books.accounts[0].code, amount=owed),),
            bill_date=date(2026, 1, 15),
            due_date=date(2026, 2, 15),
            status=BillStatus.UNPAID,
            subsidiary_id=subsidiary.id,
            external_references=(
                ExternalReference(type="brex", id=f"accr of {bill_id}"),
                ExternalReference(type="brex", id=source_id),
            ),
        )
        for bill_id, source_id in (("bill-1", "expense_1"), ("bill-2", "expense_2"))
    )
    return attrs.evolve(case, world=attrs.evolve(case.world, books=attrs.evolve(books, bills=(other, paid))))


def _of_document(make: LineMaker, kind: str, entity: Entity, *, turned: bool) -> tuple[list[Json], int]:
    """Lines against one account, which stand on one side; and their sum."""
    draw, world = make.draw, make.world
    (opposite, key), *_ = UNCODED[kind].items()
    natural = "DEBIT" if opposite == "CREDIT" else "CREDIT"
    offsetting = account_named(world.books, getattr(entity, key))
    if turned:
        opposite, natural = natural, opposite
    # What is coded to the very account that it is owed on is refused.
    without = [
        each for each in world.books.accounts if each is offsetting or (turned and each.subtype == offsetting.subtype)
    ]
    lines = [make.coded(natural, units, beside=without) for units in draw(_amounts)]
    total = sum(make.units[id(line)] for line in lines)
    for units in draw(_reductions):
        if units < total:
            lines.append(make.coded(opposite, units, beside=[offsetting]))
            total -= units
    lines += [make.offsetting(opposite, units, offsetting) for units in parts_of(draw, total)]
    return lines, total


def _of_movement(make: LineMaker, kind: str, entity: Entity) -> tuple[list[Json], int]:
    """Lines of a journal entry or of a payment, on both sides; and the sum of one of them."""
    draw, world = make.draw, make.world
    total = draw(_units)
    lines = list[Json]()
    elsewhere = draw(st.booleans())
    named = {side: account_named(world.books, getattr(entity, key)) for side, key in UNCODED.get(kind, {}).items()}
    for number, side in enumerate(("DEBIT", "CREDIT")):
        account = named.get(side)
        # What is coded to an account of the other side is refused.
        without = [*world.books.accounts[number::2], *(each for on, each in named.items() if on != side)]
        if account is not None and kind in BILL_PAYMENTS and side == "CREDIT" and elsewhere:
            # The account may be another than that of the settings, but it is one.
            other = pick(draw, [each for each in world.books.accounts if each.subtype == "Bank"])
            lines += [make.offsetting(side, units, other, uncoded=other is account) for units in parts_of(draw, total)]
            continue
        for units in parts_of(draw, total):
            if account is not None and (kind in BILL_PAYMENTS or draw(st.booleans())):
                lines.append(make.offsetting(side, units, account))
            else:
                lines.append(make.coded(side, units, beside=without))
    return lines, total


def _of_rest(make: LineMaker, kind: str, entity: Entity, paying: Sequence[Json]) -> list[Json]:
    """Fees, which the bank took too, or discounts, which it did not pay; both on one account would cancel out."""
    draw, world = make.draw, make.world
    payable = account_named(world.books, getattr(entity, UNCODED[kind]["DEBIT"]))
    beside = [each for each in world.books.accounts if each is payable or each.subtype == "Bank"]
    bank, side, made = draw(st.sampled_from(paying)), draw(_sides), list[Json]()
    for units in draw(st.lists(_units, min_size=1, max_size=2)):
        line = make.coded(side, units, beside=beside)
        line["accounting_field_values"] = [
            each for each in line["accounting_field_values"] if each["brex_field_id"] != TAX["brex_field_id"]
        ]
        if line["type"] == "DEBIT":
            other = bank | {"amount": line["amount"]}
        else:
            other = make.offsetting("DEBIT", units, payable)
        made += [line, other]
    return made


_units = st.integers(1, 10**9)
_amounts, _reductions = st.lists(_units, min_size=1, max_size=4), st.lists(_units, max_size=2)
_sides = st.sampled_from(("DEBIT", "CREDIT"))


@st.composite
def doubtful_cases(draw: st.DrawFn) -> Case:
    """Good records with up to three things changed, for better or for worse."""
    case = draw(good_cases())
    lines: list[Json] = case.json["line_items"]
    for _ in range(draw(st.integers(0, 3))):
        line = pick(draw, lines)
        change = pick(
            draw, ("drop", "double", "type", "account", "uncode", "side", "amount", "currency", "field", "tax")
        )
        if change == "drop" and len(lines) > 1:
            lines.remove(line)
        elif change == "double":
            opposite = "DEBIT" if line["type"] == "CREDIT" else "CREDIT"
            lines += [line | {"id": "accrli_again"}, line | {"id": "accrli_back", "type": opposite}]
        elif change == "type":
            case.json["type"] = pick(draw, TYPES)
        else:
            _change_line(draw, change, line, case.world)
    return case


def _change_line(draw: st.DrawFn, change: str, line: Json, world: World) -> None:
    match change:
        case "account":
            line["accounting_field_values"] = [field_value(GL, pick(draw, TOKENS))]
        case "uncode":
            line["accounting_field_values"] = []
        case "side":
            line["type"] = pick(draw, ("DEBIT", "CREDIT", "SIDEWAYS"))
        case "amount":
            amount = pick(draw, (Decimal(0), Decimal(-1), Decimal("0.005"), Decimal(12)))
            line["amount"] = line["amount"] | {"amount": amount}
        case "currency":
            line["amount"] = line["amount"] | {"currency": draw(CURRENCIES)}
        case "tax":
            line["accounting_field_values"] = [
                *line["accounting_field_values"],
                field_value(TAX, pick(draw, "ABX")),
            ]
        case _:
            names = pick(draw, [*world.brex_fields, PROJECT])
            value = pick(draw, ("field-0-0", "nowhere", None))
            line["accounting_field_values"] = [*line["accounting_field_values"], field_value(names, value)]
