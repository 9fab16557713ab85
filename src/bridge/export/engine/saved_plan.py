"""A plan as a value that is kept: made in one place, approved by a person, and carried out in another."""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from functools import cached_property
from typing import Self, TypeAlias

import attrs

from brex_accounting import Amount, Side
from bridge.books import Books
from bridge.datatable import DataTable, money, money_text
from bridge.decisions import Decision, Post, Refuse, Skip
from bridge.documents.form import Form
from bridge.documents.protocol import PlannedVendor
from bridge.documents.record_digest import record_digest
from bridge.export.engine.attempts import PLANNED
from bridge.export.engine.facts import Step
from bridge.export.owners import Owned
from bridge.plan import Plan
from bridge.postings import Posting
from bridge.settings.values import Settings
from clientkit import codec
from clientkit.codec import CodecError
from clientkit.money import total

_FORMAT = 1
_DIGITS = 20
_REVERSE_CHARGE = "reverse_charge"
# What a payment is for is a part of its kind, as in bills/…/payments; a document that is only planned has no id yet.
_TARGET = re.compile(r"/([^/]+)/")

#: Why a step may not be carried out for a record, or None where it may: the record's id, the step, what is to be posted,
#: and the books.
Permits: TypeAlias = Callable[[str, str, Decision | None, Books], str | None]


class PlanError(ValueError):
    """A kept plan cannot be read, is not approved, or was made for other settings or another company."""


@attrs.frozen(kw_only=True)
class PlannedStep:
    """What is to be posted for one record.

    `content` stands for what the record says and what is posted for it. `vendor` is the id of a vendor that is there, and
    `new_vendor` the name of one that has to be created. The rest is for people: amounts are decimal major units as text,
    and the debit of a reverse charge has the key ``reverse_charge``.
    """

    record_id: str
    step: str
    content: str
    target: str | None = None
    vendor: str | None = None
    new_vendor: str | None = None
    day: date | None = None
    postings: tuple[Mapping[str, str], ...] = ()


@attrs.frozen(kw_only=True)
class PlanApproval:
    """Who approved a plan, when (UTC), and the digest of what was approved."""

    by: str
    at: datetime
    digest: str


@attrs.frozen(kw_only=True)
class _Format:
    format: int


@attrs.frozen(kw_only=True, slots=False)
class SavedPlan:
    """A plan that can be written down as JSON, approved and carried out with `Export.run(plan=…)`.

    `settings` is the digest of the settings, `owners` whose records and books it is about, and `first_open_day` the first
    day on which the books were open. `refused` and `nothing` are record ids with what was said of them, and
    `refused_amounts` the records' own amounts, for people.
    """

    made_at: datetime
    made_by: str
    settings: str
    owners: Mapping[str, str]
    first_open_day: date | None
    steps: tuple[PlannedStep, ...]
    refused: Mapping[str, str] = attrs.field(factory=dict[str, str])
    refused_amounts: Mapping[str, str] = attrs.field(factory=dict[str, str])
    nothing: Mapping[str, str] = attrs.field(factory=dict[str, str])
    warnings: tuple[str, ...] = ()
    approval: PlanApproval | None = None

    @classmethod
    def of(
        cls, plan: Plan, settings: Settings, books: Books, *, owners: Mapping[str, str], at: datetime, by: str
    ) -> Self:
        """A plan as it was just made."""
        outcomes, charges = plan.outcomes, _reverse_charges(settings, books)
        return cls(
            made_at=at,
            made_by=by,
            settings=settings_digest(settings),
            owners=owners,
            first_open_day=books.first_open_day,
            steps=tuple(_step(each, charges) for each in plan.posts),
            refused={each.record.id: "; ".join(each.texts) for each in outcomes if isinstance(each, Refuse)},
            refused_amounts={
                each.record.id: money_text(each.record.amount.amount, each.record.amount.currency)
                for each in outcomes
                if isinstance(each, Refuse)
            },
            nothing={each.record.id: each.why for each in outcomes if isinstance(each, Skip)},
            warnings=plan.warnings,
        )

    def to_json(self) -> str:
        """The plan as a text; `from_json` reads it."""
        return json.dumps({"format": _FORMAT, **json.loads(codec.dumps(self))}, indent=2) + "\n"

    @classmethod
    def from_json(cls, text: str) -> Self:
        """The plan that `to_json` wrote. Raises `PlanError` for any other text."""
        try:
            read = codec.parse(text.encode())
            written_as = codec.structure(read, _Format).format
            if written_as != _FORMAT:
                raise PlanError(
                    f"this plan has the format {written_as}, and this release reads {_FORMAT}: make it anew"
                )
            return codec.structure(read, cls)
        except CodecError as error:
            raise PlanError(f"this is no plan, as `brex-rillet plan --out FILE` writes one: {error}") from error

    @property
    def digest(self) -> str:
        """What an approval is for: everything but the approval."""
        return _digest(codec.dumps(attrs.evolve(self, approval=None)))

    @property
    def table(self) -> DataTable:
        """Its steps by their kind, with the debits that they post in each currency. Raises `PlanError` for a wrong amount.

        A reverse charge is debited and credited beside what was spent, so a last row says how much of the debits it is.
        """
        debits, charged = dict[tuple[str, str], list[Decimal]](), dict[str, None]()
        for step in self.steps:
            try:
                lines = [
                    (each["currency"], Decimal(each["amount"]), _REVERSE_CHARGE in each)
                    for each in step.postings
                    if each["side"] == Side.DEBIT
                ]
            except (KeyError, ArithmeticError) as error:
                raise PlanError(f"this is no plan: a posting of {step.record_id} cannot be read") from error
            for currency, amount, is_charge in lines:
                debits.setdefault((step.step, currency), []).append(amount)
                if is_charge:
                    debits.setdefault((_REVERSE_CHARGE, currency), []).append(amount)
                    charged[step.record_id] = None
        currencies = sorted({currency for _, currency in debits})
        named = [(name, name, count) for name, count in sorted(Counter(each.step for each in self.steps).items())]
        if charged:
            named.append((_REVERSE_CHARGE, "of which reverse charges", len(charged)))
        rows = tuple(
            (name, str(count), *(money(total(debits.get((key, each), ())), each) for each in currencies))
            for key, name, count in named
        )
        headings = ("Step", "Records", *(f"Debits {each}" for each in currencies))
        return DataTable(
            title=f"Plan of {self.made_at:%Y-%m-%d %H:%M} UTC by {self.made_by}", headings=headings, rows=rows
        )

    def amount_of(self, record_id: str) -> Amount | None:
        """A record's own amount, where it was refused or held; None where the plan does not tell it."""
        number, _, currency = self.refused_amounts.get(record_id, "").rpartition(" ")
        try:
            return Amount(amount=Decimal(number.replace(",", "")), currency=currency)
        except ArithmeticError:
            return None

    def approved(self, *, by: str, at: datetime) -> Self:
        """The plan with somebody's approval. Raises `PlanError` without a name."""
        if not by.strip():
            raise PlanError("say who approves the plan")
        return attrs.evolve(self, approval=PlanApproval(by=by.strip(), at=at, digest=self.digest))

    def check_approved(self) -> None:
        """Raise `PlanError` where nobody has approved it, or it was edited since."""
        if self.approval is None:
            raise PlanError("nobody has approved this plan; run approve-plan with its file and --by")
        if self.approval.digest != self.digest:
            raise PlanError(f"this plan was edited after {self.approval.by} approved it: make and approve it anew")

    def check_owners(self, owners: Mapping[str, str], settings: Settings) -> None:
        """Raise `PlanError` where it was made for another company, or the settings have changed since."""
        for side, owner in owners.items():
            if self.owners.get(side, owner) != owner:
                raise PlanError(f"this plan is for {self.owners[side]}, and the {side} is {owner}")
        if self.settings != settings_digest(settings):
            raise PlanError("the settings have changed since this plan was made: make and approve it anew")

    def permits(self, record_id: str, step: str, decision: Decision | None, books: Books) -> str | None:
        """Why this plan does not allow a step, None where it does; see `Permits`."""
        planned = self._by_record.get(record_id)
        if planned is None or not isinstance(decision, Post):
            return f"{step} is not in the plan of {self.made_at:%Y-%m-%d %H:%M} UTC; make it anew"
        changed = _changes(planned, attrs.evolve(_step(decision), step=step))
        if step == Step.CORRECT and books.first_open_day != self.first_open_day:
            changed.append("the first open day")
        if not changed:
            return None
        told = ", ".join(changed)
        return f"changed since the plan of {self.made_at:%Y-%m-%d %H:%M} UTC: {told}; make and approve it anew"

    @cached_property
    def _by_record(self) -> Mapping[str, PlannedStep]:
        return {each.record_id: each for each in self.steps}


def permits_all(record_id: str, step: str, decision: Decision | None, books: Books) -> str | None:
    """Allows every step."""
    del record_id, step, decision, books
    return None


def settings_digest(settings: Settings) -> str:
    """Twenty hexadecimal digits over all settings."""
    return _digest(codec.dumps(settings))


def owners_of(source: object, ledger: object) -> dict[str, str]:
    """Whose records and books they are, as far as they tell. Raises `ApiError`."""
    told = dict[str, str]()
    for side, service in (("source", source), ("ledger", ledger)):
        owner = service.owner() if isinstance(service, Owned) else None
        if owner is not None:
            told[side] = owner.name if owner.place is None else f"{owner.name} at {owner.place}"
    return told


def _changes(planned: PlannedStep, now: PlannedStep) -> list[str]:
    changed = list[str]()
    if planned.step != now.step:
        changed.append(f"what is done is {now.step}, not {planned.step}")
    if planned.content != now.content:
        changed.append("the record, or what is posted for it")
    if planned.target is not None and planned.target != now.target:
        changed.append("what it pays")
    if planned.new_vendor is not None:
        # Another record of the plan, or a run that was cut off, may have created it by now.
        if now.new_vendor not in {None, planned.new_vendor} or (now.new_vendor is None and now.vendor is None):
            changed.append("the vendor")
    elif (planned.vendor, planned.new_vendor) != (now.vendor, now.new_vendor):
        changed.append("the vendor")
    return changed


def _reverse_charges(settings: Settings, books: Books) -> frozenset[tuple[str, str]]:
    """The codes of the two accounts of each reverse charge, in both orders: a refund takes the tax back."""
    found = set[tuple[str, str]]()
    for rule in settings.taxes:
        pair = [None if each is None else books.account(each) for each in (rule.input_account, rule.output_account)]
        codes = [each.code for each in pair if each is not None]
        if len(codes) == len(pair):
            found |= {(codes[0], codes[1]), (codes[1], codes[0])}
    return frozenset(found)


def _step(post: Post, reverse_charges: frozenset[tuple[str, str]] = frozenset()) -> PlannedStep:
    document = post.document
    party, found = document.party, _TARGET.search(document.kind)
    target = None if found is None else found[1]
    form = _without_target(document.form().without("party"), target)
    return PlannedStep(
        record_id=post.record.id,
        step=post.step,
        content=f"{form.digest()} {record_digest(post.record)}",
        target=None if target is None or target.startswith(PLANNED) else target,
        vendor=party if isinstance(party, str) else None,
        new_vendor=party.vendor.name if isinstance(party, PlannedVendor) else None,
        day=post.posted.impact_date,
        postings=_postings(post.posted.postings(), reverse_charges),
    )


def _postings(
    postings: Sequence[Posting], reverse_charges: frozenset[tuple[str, str]]
) -> tuple[Mapping[str, str], ...]:
    charged = {
        (debited, each.amount, each.currency)
        for each in postings
        for debited, credited in reverse_charges
        if each.side == Side.CREDIT and each.account == credited
    }
    told = list[Mapping[str, str]]()
    for each in postings:
        posting = {
            "account": each.account,
            "side": each.side.value,
            "amount": str(each.amount),
            "currency": each.currency,
        }
        is_charge = each.side == Side.DEBIT and (each.account, each.amount, each.currency) in charged
        told.append({**posting, _REVERSE_CHARGE: "yes"} if is_charge else posting)
    return tuple(told)


def _without_target(form: Form, target: str | None) -> Form:
    """The form without the id of what is paid, which is another one once it is posted; it is compared by itself."""
    head = {key: value for key, value in form.head.items() if value != target}
    return attrs.evolve(form, kind=_TARGET.sub("/*/", form.kind), head=head)


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:_DIGITS]
