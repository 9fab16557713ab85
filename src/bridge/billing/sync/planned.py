"""What a sync would do, as a value: for people, for spreadsheets and for programs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from decimal import Decimal

import attrs

from bridge.billing import decisions as billing
from bridge.billing.documents import PlannedCustomer, PlannedProduct, Sold
from bridge.billing.sync.outcome import SyncProblem
from bridge.billing.values import CreditNote, Invoice
from bridge.datatable import DataTable, money
from bridge.decisions import Decision, Post, Refuse, SkipCode
from bridge.plan import Plan, skipped_as
from clientkit.money import checked, decimal_text, total


@attrs.frozen(kw_only=True)
class PlannedAmounts:
    """What an invoice, or several in one currency, come to: `net`, their `tax`, and both in `total`."""

    net: Decimal
    tax: Decimal
    currency: str

    @property
    def total(self) -> Decimal:
        """What customers pay."""
        return total((self.net, self.tax))

    def as_json(self) -> dict[str, str]:
        """For programs; amounts are texts."""
        parts = {"net": self.net, "tax": self.tax, "total": self.total}
        return {**{name: decimal_text(amount) for name, amount in parts.items()}, "currency": self.currency}

    def __str__(self) -> str:
        net, tax, whole = (money(each, self.currency) for each in (self.net, self.tax, self.total))
        return f"{net} net, {tax} tax, {whole} {self.currency} in total"


@attrs.frozen(kw_only=True)
class SyncPlan:
    """What a sync would do: what it would create first, and then what would become of invoices and credit notes.

    `values` are these by their subjects. `unreadable` cannot be read, so that nobody knows what would become of it.
    `differing` are applications of credit memos that say something else in Rillet than in the billing system. `there` are the
    amounts of those that are in Rillet as they would be posted, and do not say their taxes.
    """

    customers: tuple[PlannedCustomer, ...]
    products: tuple[PlannedProduct, ...]
    invoices: Plan
    credit_notes: Plan
    unreadable: tuple[SyncProblem, ...] = ()
    differing: tuple[SyncProblem, ...] = ()
    there: Mapping[str, PlannedAmounts] = attrs.field(factory=dict[str, PlannedAmounts], repr=False)
    values: Mapping[str, Invoice | CreditNote] = attrs.field(factory=dict[str, Invoice | CreditNote], repr=False)

    @property
    def complete(self) -> bool:
        """Whether everything can be read and nothing is refused."""
        return not (self.unreadable or self.differing or self.invoices.refused or self.credit_notes.refused)

    def amounts(self, subject: str) -> PlannedAmounts | None:
        """What an invoice or a credit note comes to: what is or would be posted, or else what it says; None where it does not say."""
        post = self._posts.get(subject)
        if post is not None and isinstance(post.document, Sold):
            return _posted(post.document)
        value = self.values.get(subject)
        said = None if value is None else _said(value)
        return said if said is not None else self.there.get(subject)

    @property
    def tables(self) -> tuple[DataTable, ...]:
        """Invoices and credit notes, each with its amounts, what would become of it, and the day on which it counts or the reasons."""
        plans = (("Invoice", self.invoices), ("Credit note", self.credit_notes))
        shown = tuple(self._table(heading, plan) for heading, plan in plans if plan.outcomes)
        told = (("differ in Rillet", self.differing), ("cannot be read", self.unreadable))
        return (*shown, *(_problem_table(title, problems) for title, problems in told if problems))

    def as_json(self) -> dict[str, object]:
        """For programs; amounts are texts."""
        return {
            "create_customers": [each.customer.name for each in self.customers],
            "create_products": [each.product.name for each in self.products],
            "invoices": self._plan_json(self.invoices),
            "credit_notes": self._plan_json(self.credit_notes),
            "differing": [{"subject": each.subject, "why": each.text} for each in self.differing],
            "unreadable": [{"id": each.subject or None, "why": each.text} for each in self.unreadable],
        }

    @property
    def _posts(self) -> Mapping[str, Post]:
        return {each.record.id: each for each in (*self.invoices.posts, *self.credit_notes.posts)}

    def _totals(self, plan: Plan) -> list[PlannedAmounts]:
        """What would be posted, by currency."""
        found = dict[str, list[PlannedAmounts]]()
        for post in plan.posts:
            if (amounts := self.amounts(post.record.id)) is not None:
                found.setdefault(amounts.currency, []).append(amounts)
        return [
            PlannedAmounts(
                net=total(each.net for each in some), tax=total(each.tax for each in some), currency=currency
            )
            for currency, some in sorted(found.items())
        ]

    def _table(self, heading: str, plan: Plan) -> DataTable:
        totals = "".join(f"; to post: {each}" for each in self._totals(plan))
        return DataTable(
            title=f"{plan.title}{totals}",
            headings=(heading, "Net", "Tax", "Total", "Currency", "Outcome", "Why"),
            rows=tuple(self._row(each) for each in plan.outcomes),
        )

    def _row(self, outcome: Decision) -> tuple[str, ...]:
        subject, amounts = outcome.record.id, self.amounts(outcome.record.id)
        return (subject, *_cells(amounts), *_became(outcome))

    def _plan_json(self, plan: Plan) -> dict[str, object]:
        def listed(outcomes: Iterable[Decision]) -> Iterator[dict[str, object]]:
            for each in outcomes:
                amounts = self.amounts(each.record.id)
                yield {"subject": each.record.id, **({} if amounts is None else amounts.as_json()), **_told(each)}

        return {
            "posts": list(listed(plan.posts)),
            "deletions": list(listed(plan.deletions)),
            "refused": list(listed(plan.refused)),
            "nothing": list(listed(plan.nothing)),
            "to_post": [each.as_json() for each in self._totals(plan)],
        }


def amounts_there(
    plans: Iterable[Plan], values: Mapping[str, Invoice | CreditNote], decided: Callable[[str], billing.Decision]
) -> Mapping[str, PlannedAmounts]:
    """What those come to that are in Rillet as they would be posted, where they do not say it themselves."""
    found = dict[str, PlannedAmounts]()
    for each in (skip for plan in plans for skip in plan.nothing if skip.code is SkipCode.IN_LEDGER):
        value = values.get(each.record.id)
        decision = decided(each.record.id) if value is not None and _said(value) is None else None
        if isinstance(decision, billing.Post):
            found[each.record.id] = _posted(decision.document)
    return found


def _problem_table(title: str, problems: tuple[SyncProblem, ...]) -> DataTable:
    rows = tuple((each.subject, each.text) for each in problems)
    return DataTable(title=f"{len(rows)} that {title}", headings=("Id", "Why"), rows=rows)


def _posted(document: Sold) -> PlannedAmounts:
    net, tax = total(each.net for each in document.lines), total(each.tax for each in document.lines)
    return PlannedAmounts(net=net, tax=tax, currency=document.currency)


def _said(value: Invoice | CreditNote) -> PlannedAmounts | None:
    taxes = [each.tax for each in value.lines]
    known = [each for each in taxes if each is not None]
    try:
        net = total(checked(each.amount) for each in value.lines)
        if value.total is not None:
            tax = total((checked(value.total), net.copy_negate()))
        elif len(known) == len(taxes):
            tax = total(map(checked, known))
        else:
            return None
    except (TypeError, ValueError):
        # One of them is no amount, which is what it is refused for.
        return None
    return PlannedAmounts(net=net, tax=tax, currency=value.currency)


def _cells(amounts: PlannedAmounts | None) -> tuple[str, str, str, str]:
    if amounts is None:
        return "", "", "", ""
    net, tax, whole = (money(each, amounts.currency) for each in (amounts.net, amounts.tax, amounts.total))
    return net, tax, whole, amounts.currency


def _became(outcome: Decision) -> tuple[str, str]:
    match outcome:
        case Post():
            return outcome.step, f"it counts on {outcome.document.impact_date}"
        case Refuse():
            return "refused", "\n".join(map(str, outcome.reasons))
        case _:
            return skipped_as(outcome), outcome.why


def _told(outcome: Decision) -> dict[str, object]:
    match outcome:
        case Post():
            return {"step": outcome.step}
        case Refuse():
            return {"reasons": [{"code": each.code.value, "text": each.text} for each in outcome.reasons]}
        case _:
            return {"why": outcome.why}
