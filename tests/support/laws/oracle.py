"""An oracle that knows what a Brex record says about the books, and what Rillet books for a payload.

It shares no code with the bridge. It reads the JSON of both as an accountant would, with the settings and the chart of
accounts beside it, and counts in fractions.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any, TypeAlias

from bridge import Account, Books, Entity, Field, Settings, TaxRate, TaxRule
from clientkit import codec

Json: TypeAlias = dict[str, Any]
#: Account code, side, currency, and field values as pairs of ids.
Entry: TypeAlias = tuple[str, str, str, frozenset[tuple[str, str]]]
#: What is booked where, in major units.
Ledger: TypeAlias = Mapping[Entry, Fraction]


#: By record type, which account of an entity is debited and which is credited where a line is not coded.
UNCODED: Mapping[str, Mapping[str, str]] = {
    "CARD_EXPENSE_POST": {"CREDIT": "card_account"},
    "CARD_EXPENSE_REFUND": {"DEBIT": "card_account"},
    "CARD_EXPENSE_REPAYMENT": {"DEBIT": "bank_account", "CREDIT": "personal_expense_receivable_account"},
    "CARD_PAYMENT": {"DEBIT": "card_account", "CREDIT": "bank_account"},
    "CARD_PAYMENT_REFUND": {"DEBIT": "bank_account", "CREDIT": "card_account"},
    "REWARD_REDEMPTION": {"DEBIT": "card_account", "CREDIT": "rewards_account"},
    "REIMBURSEMENT_EXPENSE_APPROVAL": {"CREDIT": "reimbursement_account"},
    "REIMBURSEMENT_EXPENSE_POST": {"CREDIT": "reimbursement_account"},
    "REIMBURSEMENT_EXPENSE_REPAYMENT": {"DEBIT": "bank_account"},
    "REIMBURSEMENT_EXPENSE_MONEY_MOVEMENT_PAYOUT": {"DEBIT": "reimbursement_account", "CREDIT": "clearing_account"},
    "REIMBURSEMENT_EXPENSE_MONEY_MOVEMENT_PAYOUT_REVERSAL": {
        "DEBIT": "clearing_account",
        "CREDIT": "reimbursement_account",
    },
    "REIMBURSEMENT_EXPENSE_MONEY_MOVEMENT_PAYIN": {"DEBIT": "clearing_account", "CREDIT": "bank_account"},
    "REIMBURSEMENT_EXPENSE_MONEY_MOVEMENT_REFUND": {"DEBIT": "bank_account", "CREDIT": "clearing_account"},
    "BILL_EXPENSE": {"CREDIT": "accounts_payable_account"},
    "BILL_EXPENSE_PAYMENT": {"DEBIT": "accounts_payable_account", "CREDIT": "bank_account"},
    "BILL_EXPENSE_CARD_PAYMENT": {"DEBIT": "accounts_payable_account", "CREDIT": "card_account"},
    "BILL_MONEY_MOVEMENT_PAYIN": {},
    "INVOICE": {},
    "INVOICE_PAYMENT": {},
}


def uncoded(settings: Settings, books: Books, json: Json, side: str) -> str | None:
    """How the settings name the account of a line on this side that nobody coded."""
    keys = UNCODED.get(json["type"], {})
    key = keys.get("CREDIT" if side == "DEBIT" else "DEBIT") if is_turned(settings, books, json) else keys.get(side)
    named: str | None = None if key is None else getattr(entity_of(settings, json), key)
    return named


def is_turned(settings: Settings, books: Books, json: Json) -> bool:
    """Whether a document is the opposite of what its type says: a credit of a vendor, a refund that was taken back.

    Then what is owed stands where the expenses are in the usual one, and nothing like it where it is otherwise.
    """
    keys = UNCODED.get(json["type"], {})
    if len(keys) != 1:
        return False
    ((usual, key),) = keys.items()
    owed = account_named(books, getattr(entity_of(settings, json), key))
    here, there = False, False
    for line in json["line_items"]:
        codes = [
            ref["remote_field_value_id"] or "?"
            for ref in line["accounting_field_values"]
            if settings.gl_field in _names(ref) and (ref["remote_field_value_id"] or ref["brex_field_value_id"])
        ]
        if not line["amount"]["amount"]:
            continue
        found = [each for each in books.accounts if codes and codes[0] == each.id] or [
            each for each in books.accounts if codes and codes[0] == each.code
        ]
        is_owed = not codes or (bool(found) and found[0] is owed)
        if line["type"] == usual:
            here = here or is_owed or (bool(found) and found[0].subtype == owed.subtype)
        else:
            there = there or is_owed
    return there and not here


def told_of_two(settings: Settings, books: Books, json: Json, debtor: Entity) -> tuple[Ledger, Ledger]:
    """What a record says about the books of the one that paid, and about those of the one that owes it."""
    assert debtor.when is not None
    theirs, ours = list[Json](), list[Json]()
    for line in json["line_items"]:
        values = {(name, ref["field_value_name"]) for ref in line["accounting_field_values"] for name in _names(ref)}
        (theirs if (debtor.when.field, debtor.when.value) in values else ours).append(line)
    (rule,) = (each for each in settings.intercompany if each.debtor == debtor.name)
    due_from, due_to = account_named(books, rule.due_from).code, account_named(books, rule.due_to).code
    payer = defaultdict[Entry, Fraction](Fraction, told(settings, books, json | {"line_items": ours}))
    owed = defaultdict[Entry, Fraction](Fraction, told(settings, books, json | {"line_items": theirs}))
    for line in theirs:
        side, currency, amount = line["type"], line["amount"]["currency"], Fraction(line["amount"]["amount"])
        payer[due_from, side, currency, _fields_of(settings, books, line)] += amount
        owed[due_to, "CREDIT" if side == "DEBIT" else "DEBIT", currency, frozenset()] += amount
    return _without_zeros(payer), _without_zeros(owed)


def _without_zeros(ledger: Ledger) -> Ledger:
    return {entry: amount for entry, amount in ledger.items() if amount}


def _fields_of(settings: Settings, books: Books, line: Json) -> frozenset[tuple[str, str]]:
    fields = set[tuple[str, str]]()
    for ref in line["accounting_field_values"]:
        names = _names(ref)
        if settings.gl_field in names or (settings.tax_field is not None and settings.tax_field in names):
            continue
        if (field := _rillet_field(settings, books, names, ref["remote_field_id"])) is not None:
            fields.update(
                (field.id, value.id)
                for value in field.values
                if ref["remote_field_value_id"] == value.id
                or (
                    ref["remote_field_value_id"] is None
                    and (ref["field_value_name"] or "").lower() == value.name.lower()
                )
            )
    return frozenset(fields)


def told(settings: Settings, books: Books, json: Json) -> Ledger:
    """What a record's lines say about the books."""
    sums = defaultdict[Entry, Fraction](Fraction)
    for line in json["line_items"]:
        if not line["amount"]["amount"]:
            continue
        chosen, tax = coding_of(settings, books, json, line)
        named = chosen or uncoded(settings, books, json, line["type"])
        assert named is not None, "a line that has no account is not to be posted"
        side, currency, amount = line["type"], line["amount"]["currency"], Fraction(line["amount"]["amount"])
        carried = _fields_of(settings, books, line)
        sums[account_named(books, named).code, side, currency, carried] += amount
        if chosen is None or tax is None:
            continue
        rate, treatment = rate_of(settings, books, tax)
        rule = rule_of(settings, books, rate)
        other = "CREDIT" if side == "DEBIT" else "DEBIT"
        if treatment == "taxed" and not (rule and rule.sales_tax):
            vat = halves_up(amount * Fraction(rate.percentage) / (100 + Fraction(rate.percentage)), currency)
            vat_account = entity_of(settings, json).tax_account
            assert vat_account is not None
            sums[account_named(books, named).code, side, currency, carried] -= vat
            sums[account_named(books, vat_account).code, side, currency, frozenset()] += vat
        elif treatment == "reverse_charge":
            assert rule is not None
            assert rule.input_account is not None
            assert rule.output_account is not None
            owed = halves_up(amount * Fraction(rate.percentage) / 100, currency)
            sums[account_named(books, rule.input_account).code, side, currency, carried] += owed
            sums[account_named(books, rule.output_account).code, other, currency, carried] += owed
    return {entry: amount for entry, amount in sums.items() if amount}


def coding_of(settings: Settings, books: Books, json: Json, line: Json) -> tuple[str | None, str | None]:
    """The account and the tax that a line names, or a rule of the settings names for it."""
    coded, tax = None, None
    for ref in line["accounting_field_values"]:
        names = _names(ref)
        if settings.gl_field in names:
            coded = ref["remote_field_value_id"] or coded
        elif settings.tax_field is not None and settings.tax_field in names:
            tax = tax or ref["remote_field_value_id"] or ref["field_value_name"]
    role = uncoded(settings, books, json, line["type"])
    return overruled(settings, books, json, coded, role) or coded, tax


def rate_of(settings: Settings, books: Books, named: str) -> tuple[TaxRate, str]:
    """The tax rate that a line names, and how it counts."""
    by_id = [each for each in books.tax_rates if each.id == named]
    (rate,) = by_id or [each for each in books.tax_rates if named in {each.code, each.description}]
    rule = rule_of(settings, books, rate)
    if rule is not None and rule.treatment is not None:
        return rate, rule.treatment.value
    return rate, "taxed" if rate.percentage > 0 else "exempt"


def rule_of(settings: Settings, books: Books, rate: TaxRate) -> TaxRule | None:
    ids = {each.id for each in books.tax_rates}
    for rule in settings.taxes:
        if rule.code == rate.id or (rule.code == rate.code and rule.code not in ids):
            return rule
    return None


def halves_up(amount: Fraction, currency: str) -> Fraction:
    """An amount that is not negative in whole minor units."""
    units = {"JPY": 1, "USD": 100, "BHD": 1000}[currency]
    return Fraction(math.floor(amount * units + Fraction(1, 2)), units)


def overruled(settings: Settings, books: Books, json: Json, coded: str | None, role: str | None) -> str | None:
    """How a rule of the settings names the account of a line, if one has a say in it."""
    vendor: Json = json["vendor"] or {}
    merchants = {vendor.get("id"), " ".join(vendor.get("name", "").lower().split())}
    for rule in settings.accounts:
        if rule.merchant not in {None, *merchants} or rule.entity not in {None, entity_of(settings, json).name}:
            continue
        if coded is None:
            if role is None and rule.instead_of is None:
                return rule.account
        elif rule.instead_of is not None and account_named(books, coded) is account_named(books, rule.instead_of):
            return rule.account
    return None


def booked(content: bytes, *, payable: str, vat_account: str, tax_rates: Sequence[TaxRate]) -> Ledger:
    """What Rillet books for the bytes that are sent.

    `payable` is the code of the account that it credits with bills, `vat_account` of that which has the VAT of lines.
    """
    payload: Any = codec.parse(content)
    sums = defaultdict[Entry, Fraction](Fraction)
    if "credit_number" in payload:
        # What a bill does, turned round.
        bill = {"items": payload["line_items"], "vendor_id": payload["vendor_id"]}
        other = {"DEBIT": "CREDIT", "CREDIT": "DEBIT"}
        as_bill = booked(codec.dumps(bill), payable=payable, vat_account=vat_account, tax_rates=tax_rates)
        return {
            (account, other[side], kind, fields): amount for (account, side, kind, fields), amount in as_bill.items()
        }
    if "items" not in payload:
        amount, currency = Fraction(payload["amount"]["amount"]), payload["amount"]["currency"]
        return {
            (payable, "DEBIT", currency, frozenset[tuple[str, str]]()): amount,
            (payload["account_code"], "CREDIT", currency, frozenset[tuple[str, str]]()): amount,
        }
    if "name" in payload:
        for item in payload["items"]:
            fields = frozenset((each["field_id"], each["field_value_id"]) for each in item.get("fields", ()))
            currency, amount = item["amount"]["currency"], Fraction(item["amount"]["amount"])
            vat = Fraction(0)
            if "vat_code" in item:
                assert item["vat_type"] in {"Expense", "Revenue"}
                (rate,) = (Fraction(each.percentage) for each in tax_rates if each.code == item["vat_code"])
                vat = halves_up(amount * rate / (100 + rate), currency)
            sums[item["account_code"], item["side"], currency, fields] += amount - vat
            sums[vat_account, item["side"], currency, frozenset()] += vat
        return {entry: amount for entry, amount in sums.items() if amount}
    offsetting: str = payload.get("credit_card_account_code") or payload.get("payable_account_code") or payable
    totals = defaultdict[str, Fraction](Fraction)
    for item in payload["items"]:
        net, currency = Fraction(item["amount"]["amount"]), item["amount"]["currency"]
        fields = frozenset((each["field_id"], each["field_value_id"]) for each in item.get("fields", ()))
        vat = Fraction(0)
        if "tax_rate" in item:
            tax = item["tax_rate"]
            assert tax["tax_amount"]["currency"] == currency
            charged = Fraction(tax["tax_amount"]["amount"])
            vat = charged if tax["type"] == "VAT" else vat
            net += (charged if tax["coverage"] == "EXCLUSIVE" else 0) - vat
        sums[item["account_code"], "DEBIT" if net > 0 else "CREDIT", currency, fields] += abs(net)
        sums[vat_account, "DEBIT" if vat > 0 else "CREDIT", currency, frozenset()] += abs(vat)
        totals[currency] += net + vat
    for currency, amount in totals.items():
        sums[offsetting, "CREDIT" if amount > 0 else "DEBIT", currency, frozenset()] += abs(amount)
    return {entry: amount for entry, amount in sums.items() if amount}


def entity_of(settings: Settings, json: Json) -> Entity:
    """The entity that a record belongs to; the first without a condition, if no condition holds."""
    values = {
        (name, value)
        for line in json["line_items"]
        for ref in line["accounting_field_values"]
        for name in _names(ref)
        for value in (ref["remote_field_value_id"], ref["brex_field_value_id"], ref["field_value_name"])
    }
    user: Json = json["user"] or {}
    for entity in settings.entities:
        when = entity.when
        if when is not None and (
            (when.field is not None and (when.field, when.value) in values)
            or (when.currency is not None and when.currency == json["amount"]["currency"])
            or (when.location is not None and when.location in {user.get("location_id"), user.get("location_name")})
        ):
            return entity
    return next(entity for entity in settings.entities if entity.when is None)


def _names(ref: Json) -> set[str | None]:
    return {ref["brex_field_id"], ref["remote_field_id"], ref["field_name"]}


def account_named(books: Books, named: str) -> Account:
    by_code = (each for each in books.accounts if each.code == named)
    return next((each for each in books.accounts if each.id == named), None) or next(by_code)


def _rillet_field(settings: Settings, books: Books, names: set[str | None], remote: str | None) -> Field | None:
    wanted = [mapping.rillet for mapping in settings.fields if mapping.brex in names]
    return next(
        (each for each in books.fields if (each.id in wanted or each.name in wanted) or each.id == remote), None
    )
