"""A snapshot of what the ledger knows, as far as coding and matching need it."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from functools import cached_property, lru_cache
from typing import TypeVar

import attrs
from typing_extensions import override

from bridge.datatable import DataTable, Tabular
from bridge.master_data import (
    INACTIVE,
    Account,
    Bill,
    Field,
    FieldValue,
    Reference,
    Reimbursement,
    Subsidiary,
    TaxRate,
    Vendor,
)
from bridge.unreadable import UnreadableEntry, UnreadableIndex
from bridge.vendors.answers import VendorAnswers
from bridge.vendors.names import NameIndex

K = TypeVar("K")
V = TypeVar("V")


@lru_cache(maxsize=8192)
def normalised(name: str) -> str:
    """A name as it is compared: without case, forms of presentation, punctuation and surplus blanks."""
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())
    words = "".join(each if _is_telling(each) else " " for each in folded).split()
    return " ".join(words) or folded.strip()


def _is_telling(character: str) -> bool:
    # Marks are the vowels of many scripts: without them different names would become one.
    return character in "&+_" or unicodedata.category(character)[0] in "LMN"


class FieldValues:
    """The values of a custom field by id and by name; the first of several counts."""

    def __init__(self, field: Field) -> None:
        self.field = field
        self._by_id = {each.id: each for each in reversed(field.values)}
        self._by_name = {normalised(each.name): each for each in reversed(field.values)}

    def find(self, value_id: str | None, name: str | None) -> FieldValue | None:
        """The value with this id, or else with this name."""
        found = None if value_id is None else self._by_id.get(value_id)
        return self._by_name.get(normalised(name)) if found is None and name else found


@attrs.frozen(kw_only=True, slots=False, repr=False)
class Books(Tabular):
    """A chart of accounts, custom fields, vendors, subsidiaries and tax rates, and the last day that is closed, at one moment.

    `bills` and `reimbursements` are those that payments can be for, and `paying_accounts` the codes of the accounts behind
    bank accounts, which alone can pay bills; None where they were not read. `unreadable` is what the ledger has and could not be read: what needs it is
    refused. `ledger` is whose books these are, for messages.
    """

    accounts: tuple[Account, ...]
    subsidiaries: tuple[Subsidiary, ...]
    fields: tuple[Field, ...] = ()
    vendors: tuple[Vendor, ...] = ()
    bills: tuple[Bill, ...] = ()
    reimbursements: tuple[Reimbursement, ...] = ()
    paying_accounts: frozenset[str] | None = None
    tax_rates: tuple[TaxRate, ...] = ()
    last_closed: date | None = None
    unreadable: tuple[UnreadableEntry, ...] = ()
    ledger: str = "Rillet"

    @property
    @override
    def table(self) -> DataTable:
        """How many there are of each."""
        closed = "" if self.last_closed is None else f", closed through {self.last_closed}"
        counts = {
            "Accounts": self.accounts,
            "Subsidiaries": self.subsidiaries,
            "Fields": self.fields,
            "Vendors": self.vendors,
            "Bills": self.bills,
            "Reimbursements": self.reimbursements,
            "Tax rates": self.tax_rates,
        }
        rows = tuple((name, str(len(found))) for name, found in counts.items())
        title = f"{len(self.accounts)} accounts and {len(self.vendors)} vendors of {self.ledger}{closed}"
        return DataTable(title=title, headings=("What", "How many"), rows=rows)

    def account(self, code_or_id: str) -> Account | None:
        """The account with this id, which is stable, or else with this code."""
        return self._accounts.get(code_or_id)

    def account_named(self, name: str) -> Account | None:
        """The one account with this code or name, or with both as in ``7500 Other G&A``; None for one of several."""
        found = self.accounts_named(name)
        return found[0] if len(found) == 1 else None

    def accounts_named(self, name: str) -> tuple[Account, ...]:
        """The accounts with this code or name, or with both as in ``7500 Other G&A``."""
        return self._accounts_by_name.get(normalised(name), ())

    def twins(self, account: Account) -> tuple[Account, ...]:
        """The other active accounts with the code of this one: the ledger takes codes, which do not tell them apart."""
        same = self._accounts_by_code.get(account.code, ())
        return tuple(each for each in same if each.id != account.id and each.status != INACTIVE)

    def is_sound(self, account: Account) -> bool:
        """Whether an account is active, no other has its code, and nothing is there that could not be read."""
        return account.id in self._sound_accounts

    def subsidiary(self, name_or_id: str) -> Subsidiary | None:
        """The subsidiary with this id or trade name."""
        return self._subsidiaries.get(name_or_id)

    def field(self, name_or_id: str) -> Field | None:
        """The custom field with this id or name."""
        return self._fields.get(name_or_id) or self._fields.get(normalised(name_or_id))

    @cached_property
    def vendor_answers(self) -> VendorAnswers:
        """Who was found for the companies that were looked for."""
        return VendorAnswers()

    @cached_property
    def mandatory_fields(self) -> tuple[Field, ...]:
        """The custom fields of which every line of an expense needs a value."""
        return tuple(each for each in self.fields if _is_mandatory(each))

    def vendor(self, vendor_id: str) -> Vendor | None:
        """The vendor with this id."""
        return self._vendors_by_id.get(vendor_id)

    def vendors_by_reference(self, reference: Reference) -> tuple[Vendor, ...]:
        """Vendors that carry this external reference; the link in it does not count."""
        return self._vendors_by_reference.get((reference.type, reference.id), ())

    def vendors_by_name(self, name: str) -> tuple[Vendor, ...]:
        """Vendors whose normalised name is that of `name`."""
        return self._vendors_by_name.get(normalised(name), ())

    def vendors_by_email(self, email: str) -> tuple[Vendor, ...]:
        """Vendors with this e-mail address, whatever its case."""
        return self._vendors_by_email.get(email.strip().casefold(), ())

    def vendors_like(self, name: str) -> tuple[Vendor, ...]:
        """Vendors whose names look like `name`, as `bridge.vendors.names` explains."""
        return self._vendors_like.like(name)

    def bills_by_reference(self, reference: Reference) -> tuple[Bill, ...]:
        """Bills that carry this external reference; the link in it does not count."""
        return self._bills_by_reference.get((reference.type, reference.id), ())

    def reimbursements_by_reference(self, reference: Reference) -> tuple[Reimbursement, ...]:
        """Reimbursements that carry this external reference; the link in it does not count."""
        return self._reimbursements_by_reference.get((reference.type, reference.id), ())

    def tax_rate(self, named: str) -> TaxRate | None:
        """The tax rate with this id, or else with this code, or else with this description; None for one of several."""
        found = next((rates[named] for rates in self._tax_rates if named in rates), ())
        return found[0] if len(found) == 1 else None

    def unread(self, kind: str, *wanted: str | None) -> UnreadableEntry | None:
        """What could not be read and says one of these texts, such as the code of an ``account``; None where nothing does."""
        return self._unreadable.find(kind, wanted) if self.unreadable else None

    def nameless(self, kind: str) -> UnreadableEntry | None:
        """What could not be read and does not say what it is called, so that it may be what is missing."""
        return next((each for each in self.unreadable if each.kind == kind and not each.is_named), None)

    def is_closed(self, day: date) -> bool:
        """Whether `day` lies in a closed period."""
        return self.last_closed is not None and day <= self.last_closed

    @property
    def first_open_day(self) -> date | None:
        """The day after the last closed period, None where nothing is closed."""
        return None if self.last_closed is None else self.last_closed + timedelta(days=1)

    @cached_property
    def _unreadable(self) -> UnreadableIndex:
        return UnreadableIndex(self.unreadable, lambda text: (text.strip().casefold(), normalised(text)))

    @cached_property
    def _accounts(self) -> Mapping[str, Account]:
        by_id = {each.id: each for each in self.accounts}
        # Of several accounts of one code an active one counts.
        ordered = sorted(by_id.values(), key=lambda each: each.status != INACTIVE)
        return {each.code: each for each in ordered} | by_id

    @cached_property
    def _accounts_by_code(self) -> Mapping[str, tuple[Account, ...]]:
        return _grouped((each.code, each) for each in {each.id: each for each in self.accounts}.values())

    @cached_property
    def _sound_accounts(self) -> frozenset[str]:
        known = () if self.unreadable else {each.id: each for each in self.accounts}.values()
        return frozenset(each.id for each in known if each.status != INACTIVE and not self.twins(each))

    @cached_property
    def _accounts_by_name(self) -> Mapping[str, tuple[Account, ...]]:
        ways = ((each.code, each.name, f"{each.code} {each.name}") for each in self.accounts)
        return _grouped(
            (name, each)
            for each, names in zip(self.accounts, ways, strict=True)
            for name in dict.fromkeys(normalised(way) for way in names)
        )

    @cached_property
    def _subsidiaries(self) -> Mapping[str, Subsidiary]:
        return {each.trade_name: each for each in self.subsidiaries} | {each.id: each for each in self.subsidiaries}

    @cached_property
    def _fields(self) -> Mapping[str, Field]:
        return {normalised(field.name): field for field in self.fields} | {field.id: field for field in self.fields}

    @cached_property
    def field_values(self) -> Mapping[str, FieldValues]:
        """The values of the custom fields, by the id of the field."""
        return {field.id: FieldValues(field) for field in self.fields}

    @cached_property
    def _vendors_by_id(self) -> Mapping[str, Vendor]:
        return {vendor.id: vendor for vendor in self.vendors}

    @cached_property
    def _vendors_by_reference(self) -> Mapping[tuple[str, str], tuple[Vendor, ...]]:
        return _grouped((key, vendor) for vendor in self.vendors for key in _keys(vendor.external_references))

    @cached_property
    def _bills_by_reference(self) -> Mapping[tuple[str, str], tuple[Bill, ...]]:
        return _grouped((key, bill) for bill in self.bills for key in _keys(bill.external_references))

    @cached_property
    def _reimbursements_by_reference(self) -> Mapping[tuple[str, str], tuple[Reimbursement, ...]]:
        return _grouped((key, each) for each in self.reimbursements for key in _keys(each.external_references))

    @cached_property
    def _tax_rates(self) -> tuple[Mapping[str, tuple[TaxRate, ...]], ...]:
        return (
            _grouped((rate.id, rate) for rate in self.tax_rates),
            _grouped((rate.code, rate) for rate in self.tax_rates),
            _grouped((rate.description, rate) for rate in self.tax_rates),
        )

    @cached_property
    def _vendors_by_name(self) -> Mapping[str, tuple[Vendor, ...]]:
        return _grouped((normalised(vendor.name), vendor) for vendor in self.vendors)

    @cached_property
    def _vendors_like(self) -> NameIndex[Vendor]:
        return NameIndex((vendor.name, vendor) for vendor in self.vendors)

    @cached_property
    def _vendors_by_email(self) -> Mapping[str, tuple[Vendor, ...]]:
        return _grouped((vendor.email.strip().casefold(), vendor) for vendor in self.vendors if vendor.email)


def _is_mandatory(field: Field) -> bool:
    return field.settings is not None and field.settings.expenses is not None and field.settings.expenses.mandatory


def _keys(references: Iterable[Reference]) -> Iterable[tuple[str, str]]:
    return dict.fromkeys((reference.type, reference.id) for reference in references)


def _grouped(pairs: Iterable[tuple[K, V]]) -> Mapping[K, tuple[V, ...]]:
    groups = dict[K, list[V]]()
    for key, each in pairs:
        groups.setdefault(key, []).append(each)
    return {key: tuple(group) for key, group in groups.items()}
