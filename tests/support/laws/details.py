"""What lines say beside their account, for the laws of the bridge: when a service is delivered, and the tax of a document."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from fractions import Fraction
from itertools import groupby

import attrs
from hypothesis import strategies as st

from bridge import TaxRounding
from support.laws.lines import field_value
from support.laws.oracle import Json, account_named, halves_up, rate_of, rule_of, uncoded
from support.laws.records import Case, good_cases
from support.laws.strategies import PLACES, pick

START = {"brex_field_id": "extended_field_st", "remote_field_id": "START", "field_name": "Start"}
END = {"brex_field_id": "extended_field_en", "remote_field_id": "END", "field_name": "End"}
_SPOILED = (None, "soon", "2026-13", "2026-02-30", "")


def _text(draw: st.DrawFn, day: date) -> str:
    return pick(draw, (day.isoformat(), f"{day:%Y-%m}", f"{day.isoformat()}T00:00:00Z", f" {day.isoformat()} "))


@st.composite
def detailed_cases(draw: st.DrawFn, kind: str) -> Case:
    """Good records whose lines have a memo each and may say when their service is delivered, rightly or not.

    The tax of a document may be rounded once.
    """
    case = draw(good_cases([kind]))
    settings = attrs.evolve(
        case.world.settings,
        tax_rounding=pick(draw, tuple(TaxRounding)),
        service_period_fields=("Start", "END") if draw(st.booleans()) else (),
    )
    lines = [line | {"memo": f"line {number}"} for number, line in enumerate(case.json["line_items"])]
    days = st.dates(date(2025, 1, 1), date(2027, 12, 31))
    for line in lines:
        if draw(st.booleans()):
            first, last = sorted((draw(days), draw(days)))
            if draw(st.integers(0, 19)) == 0:
                first, last = last, first
            start = _text(draw, first)
            end = _text(draw, last) if draw(st.integers(0, 19)) else pick(draw, _SPOILED)
            line["accounting_field_values"] = [
                *line["accounting_field_values"],
                field_value(START, start),
                field_value(END, end),
            ]
        if draw(st.booleans()):
            first, last = sorted((draw(days), draw(days)))
            line["amortization"] = {"startDate": _text(draw, first), "end_month": _text(draw, last), "method": "LINEAR"}
            if draw(st.integers(0, 9)) == 0:
                line["amortization"] = pick(draw, (None, "monthly", {"start": "2026-01"}, {"start": "x", "end": "y"}))
    return attrs.evolve(case, json=case.json | {"line_items": lines}, world=attrs.evolve(case.world, settings=settings))


def periods(case: Case) -> Mapping[str, tuple[str, str] | None] | None:
    """By memo of each line of the document, the first and the last day of its service; None where it has to be refused."""
    found = dict[str, tuple[str, str] | None]()
    for line in _spent(case):
        values = [
            next((ref["field_value_name"] for ref in line["accounting_field_values"] if name in ref.values()), None)
            for name in case.world.settings.service_period_fields
        ]
        of_brex: Json | str | None = line.get("amortization")
        if any(value for value in values):
            days = _first(values[0]), _last(values[1])
            if None in days or days > days[::-1]:
                return None
        elif isinstance(of_brex, dict) and of_brex.keys() >= {"startDate", "end_month"}:
            days = _first(of_brex["startDate"]), _last(of_brex["end_month"])
        else:
            days = None, None
        found[line["memo"]] = None if None in days or days > days[::-1] else (str(days[0]), str(days[1]))
    return found


def _spent(case: Case) -> list[Json]:
    """The lines that the document has: all that move money but those of the account that they are against."""
    settings, books = case.world.settings, case.world.books
    made = list[Json]()
    for line in case.json["line_items"]:
        code = next(
            (
                ref["remote_field_value_id"]
                for ref in line["accounting_field_values"]
                if settings.gl_field in ref.values() and ref["remote_field_value_id"]
            ),
            None,
        )
        named = uncoded(settings, books, case.json, line["type"])
        is_against = named is not None and (code is None or account_named(books, code) is account_named(books, named))
        if line["amount"]["amount"] and not is_against:
            made.append(line)
    return made


def _first(text: str | None) -> date | None:
    return _day(text, "01")


def _last(text: str | None) -> date | None:
    if text is not None and len(text.strip()) == len("2026-10"):
        first = _day(text, "28")
        return None if first is None else (first + timedelta(days=4)).replace(day=1) - timedelta(days=1)
    return _day(text, "01")


def _day(text: str | None, day: str) -> date | None:
    if text is None:
        return None
    try:
        return date.fromisoformat(text.strip()[:10] if len(text.strip()) > len("2026-10") else f"{text.strip()}-{day}")
    except ValueError:
        return None


def taxes_are_right(case: Case, sent: Json) -> bool:
    """Whether the tax of a document is what its lines say, rounded on each or once for each rate, side and treatment."""
    settings, books = case.world.settings, case.world.books
    by_memo = {each["description"]: each for each in sent["items"] if not each["description"].startswith("Reverse ")}
    exact = dict[str, tuple[tuple[str, ...], Fraction, str]]()
    for line in _spent(case):
        tax = next(
            (
                ref["remote_field_value_id"] or ref["field_value_name"]
                for ref in line["accounting_field_values"]
                if settings.tax_field in ref.values()
            ),
            None,
        )
        if tax is None or settings.tax_field is None:
            if "tax_rate" in by_memo[line["memo"]]:
                return False
            continue
        rate, treatment = rate_of(settings, books, tax)
        percentage, amount = Fraction(rate.percentage), Fraction(line["amount"]["amount"])
        due = amount * percentage / (100 + percentage) if treatment == "taxed" else Fraction(0)
        rule = rule_of(settings, books, rate)
        key = rate.id, treatment, line["type"], str(bool(rule and rule.sales_tax))
        exact[line["memo"]] = key, due, line["amount"]["currency"]
    charged = {memo: abs(Fraction(by_memo[memo]["tax_rate"]["tax_amount"]["amount"])) for memo in exact}
    units = {memo: Fraction(1, 10 ** PLACES[currency]) for memo, (_, _, currency) in exact.items()}
    if settings.tax_rounding is TaxRounding.LINE:
        return all(charged[memo] == halves_up(due, currency) for memo, (_, due, currency) in exact.items())
    is_near = all(abs(charged[memo] - due) < units[memo] for memo, (_, due, _) in exact.items())
    ordered = sorted(exact, key=lambda memo: exact[memo][0])
    for _, group in groupby(ordered, key=lambda memo: exact[memo][0]):
        memos = list(group)
        whole = halves_up(sum((exact[memo][1] for memo in memos), Fraction(0)), exact[memos[0]][2])
        if sum(charged[memo] for memo in memos) != whole:
            return False
    return is_near
