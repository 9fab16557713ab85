"""How a company's Brex account maps onto its Rillet books, as values and as a TOML file."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterator
from datetime import date
from enum import StrEnum
from typing import Any, cast

import attrs
import cattrs
from cattrs.cols import is_sequence, list_structure_factory
from cattrs.gen import make_dict_structure_fn

from bridge.books import Books
from rillet import AccountStatus

_CARD_SUBTYPE = "Credit Card"

#: As `Settings.time_zone`: the time zone of the subsidiary that a record belongs to.
OF_SUBSIDIARY = "subsidiary"


class SettingsError(ValueError):
    """Settings that cannot be used; `problems` names each wrong key, type or account with its place."""

    def __init__(self, problems: tuple[str, ...]) -> None:
        super().__init__("; ".join(problems))
        self.problems = problems

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), (self.problems,)


class Basis(StrEnum):
    """When a reimbursement counts: as it is approved, or as it is paid. Records of the other basis are refused."""

    ACCRUAL = "accrual"
    CASH = "cash"


class OtherTypes(StrEnum):
    """What to do with records of types that nothing is known about: refuse them, or post their lines as they are."""

    REFUSE = "refuse"
    JOURNAL_ENTRY = "journal_entry"


class Role(StrEnum):
    """What the lines stand for that nobody codes; each is a key of an entity, whose value is the account."""

    CARD = "card_account"
    REIMBURSEMENT = "reimbursement_account"
    BANK = "bank_account"
    PERSONAL_EXPENSE_RECEIVABLE = "personal_expense_receivable_account"
    REWARDS = "rewards_account"
    CLEARING = "clearing_account"
    ACCOUNTS_PAYABLE = "accounts_payable_account"

    @property
    def label(self) -> str:
        """Its name in messages."""
        return self.value.replace("_", " ")


class ClosedPeriod(StrEnum):
    """What to do with a posting date in a closed period."""

    REFUSE = "refuse"
    FIRST_OPEN_DAY = "first_open_day"


@attrs.frozen(kw_only=True)
class When:
    """Which records belong to an entity; everything that is given must hold.

    `field` (a Brex field's remote id, Brex id or name) has `value` (a value's remote id, Brex id or name) on a line of
    the record; `currency` is the record's ISO 4217 code; `location` is the id or name of the user's location.
    """

    field: str | None = None
    value: str | None = None
    currency: str | None = None
    location: str | None = None


@attrs.frozen(kw_only=True)
class Entity:
    """One accounting entity: the Rillet subsidiary that a part of the Brex account belongs to, and its accounts.

    `subsidiary` is a trade name or an id; accounts are codes or ids, and an id survives a renumbering. Without `when`
    the entity takes every record that no other entity claims. Records that count before `since` are left alone.

    - `card_account`: what is owed for the cards; an account of the subtype ``Credit Card``.
    - `reimbursement_account`: what is owed to employees.
    - `bank_account`: where card bills, bills and repayments are paid from and to.
    - `personal_expense_receivable_account`: what employees owe for their own expenses on a card.
    - `rewards_account`: what redeemed rewards are credited to.
    - `clearing_account`: money between the bank and the employees.
    - `accounts_payable_account`: the account that Rillet is set up to credit with bills.

    The first two are always needed, the others where records come up that touch them: they are refused without.
    """

    name: str
    subsidiary: str
    card_account: str
    reimbursement_account: str
    bank_account: str | None = None
    personal_expense_receivable_account: str | None = None
    rewards_account: str | None = None
    clearing_account: str | None = None
    accounts_payable_account: str | None = None
    when: When | None = None
    since: date | None = None

    def account(self, role: Role) -> str | None:
        """The account that plays a role, None where the settings name none."""
        wanted: str | None = getattr(self, role.value)
        return wanted


@attrs.frozen(kw_only=True)
class FieldMapping:
    """Which Rillet field takes the values of a Brex field; both are ids or names."""

    brex: str
    rillet: str


@attrs.frozen(kw_only=True)
class AccountRule:
    """Another account for some lines. Everything that is given must hold; the first rule that holds counts.

    - `account`: where these lines go, a code or an id.
    - `merchant`: the vendor's name, however it is written, or its Brex id.
    - `entity`: the name of an entity.
    - `instead_of`: the account that they are coded to, a code or an id, also of one that Rillet does not have. Without
      it the rule is for lines that nobody codes and that stand for none of the entity's accounts.
    """

    account: str
    merchant: str | None = None
    entity: str | None = None
    instead_of: str | None = None


@attrs.frozen(kw_only=True)
class Settings:
    """Everything that the bridge has to be told.

    - `gl_field`: the Brex field (remote id, Brex id or name) whose value is a line's general ledger account.
    - `reference_type`: the type of external reference that links Rillet objects to Brex records. A person creates it
      once in Rillet's settings. Without it only journal entries can be found again after a crash, so leave it in.
    - `accounts`: rules, in their order, that send lines to other accounts than those they are coded to.
    - `time_zone`: in which moments become days: ``UTC``, ``subsidiary`` for that of the record's subsidiary, or the
      name of one, such as ``Europe/Berlin``. Midnight in UTC is taken for a day without a time and stays that day.
    - `other_types`: records of types without a mapping; those whose lines are all coded can become journal entries.
    - `default_vendor`: the vendor (id or name) of card records that name no merchant; without it they are refused.
    - `record_link`, `rillet_link`: addresses for people, with ``{id}`` (and ``{kind}``, such as ``charges``
      or ``journal-entries``) in them. Neither service documents its own.
    - `report_refusals`: tell Brex about refused records; it seems to take them out of the queue for good.
    """

    entities: tuple[Entity, ...]
    fields: tuple[FieldMapping, ...] = ()
    accounts: tuple[AccountRule, ...] = ()
    gl_field: str = "GL_ACCOUNT"
    reference_type: str | None = "brex"
    reimbursement_basis: Basis = Basis.ACCRUAL
    closed_period: ClosedPeriod = ClosedPeriod.REFUSE
    time_zone: str = "UTC"
    other_types: OtherTypes = OtherTypes.REFUSE
    default_vendor: str | None = None
    record_link: str | None = None
    rillet_link: str | None = None
    report_refusals: bool = False


def read_settings(text: str, source: str = "settings") -> Settings:
    """Settings from the text of a TOML file; `source` is its name in messages.

    Raises:
        SettingsError: With every wrong key, wrong type and missing value, each with its place.
    """
    try:
        table = tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        # Besides its own error tomllib lets through what Python says to gigantic numbers and bottomless nesting.
        raise SettingsError((f"{source}: {error}",)) from None
    try:
        settings = _converter.structure(table, Settings)
    except cattrs.BaseValidationError as error:
        raise _unusable(_messages(error), text, source) from None
    if problems := list(_inconsistencies(settings)):
        raise _unusable(problems, text, source)
    return settings


def check(settings: Settings, books: Books) -> tuple[str, ...]:
    """What the settings name and the books do not have, each with its place in the settings; empty when all is well."""
    problems = list[str]()
    for index, entity in enumerate(settings.entities):
        problems += (f"entities[{index}].{problem}" for problem in _unfit(entity, books))
    for index, mapping in enumerate(settings.fields):
        if books.field(mapping.rillet) is None:
            problems.append(f"fields[{index}].rillet: Rillet has no custom field {mapping.rillet!r}")
    for index, rule in enumerate(settings.accounts):
        account = books.account(rule.account)
        if account is None:
            problems.append(f"accounts[{index}].account: Rillet has no account with the code or id {rule.account!r}")
        elif account.status == AccountStatus.INACTIVE:
            problems.append(f"accounts[{index}].account: the account {account.code} {account.name} is inactive")
    wanted = settings.default_vendor
    if wanted is not None and books.vendor(wanted) is None:
        named = len(books.vendors_by_name(wanted))
        if named == 0:
            problems.append(f"default_vendor: Rillet has no vendor {wanted!r}")
        elif named > 1:
            problems.append(f"default_vendor: Rillet has {named} vendors {wanted!r}; name one by its id")
    return tuple(problems)


def _unfit(entity: Entity, books: Books) -> Iterator[str]:
    if books.subsidiary(entity.subsidiary) is None:
        known = ", ".join(sorted(each.trade_name for each in books.subsidiaries))
        yield f"subsidiary: Rillet has no subsidiary {entity.subsidiary!r}; it has {known}"
    for key in Role:
        wanted = entity.account(key)
        if wanted is None:
            continue
        account = books.account(wanted)
        if account is None:
            yield f"{key}: Rillet has no account with the code or id {wanted!r}"
        elif account.status == AccountStatus.INACTIVE:
            yield f"{key}: the account {account.code} {account.name} is inactive"
        elif key is Role.CARD and account.subtype != _CARD_SUBTYPE:
            yield (
                f"{key}: the account {account.code} {account.name} has the subtype {account.subtype!r}; "
                f"Rillet takes charges on accounts of the subtype {_CARD_SUBTYPE!r} alone"
            )


def _inconsistencies(settings: Settings) -> Iterator[str]:
    """What is wrong between the values, in the form of cattrs' messages: ``text @ path``."""
    if not settings.entities:
        yield "at least one entity is needed @ entities"
    rest = [index for index, entity in enumerate(settings.entities) if entity.when is None]
    if len(rest) > 1:
        names = " and ".join(settings.entities[index].name for index in rest)
        yield f"{names} have no `when`; only one entity can take all the rest @ entities[{rest[-1]}]"
    known = {entity.name for entity in settings.entities}
    for index, rule in enumerate(settings.accounts):
        if rule.entity is not None and rule.entity not in known:
            yield f"{rule.entity!r} is no entity of the settings @ accounts[{index}].entity"
    for index, entity in enumerate(settings.entities):
        when = entity.when
        if when is not None and (when.field is None) != (when.value is None):
            yield f"`field` and `value` belong together @ entities[{index}].when"
        if when is not None and when == When():
            yield f"it is empty; leave it out to take all the rest @ entities[{index}].when"


def _text(value: object, _: object) -> str:
    if isinstance(value, str) and value:
        return value
    raise ValueError("it is empty" if value == "" else f"{_shown(value)} is not a text; put texts in quotes")


def _flag(value: object, _: object) -> bool:
    if isinstance(value, bool):
        return value
    raise ValueError(f"{_shown(value)} is not true or false")


def _day(value: object, _: object) -> date:
    # A date-time is a date by inheritance, and not what is meant.
    if type(value) is date:
        return value
    raise ValueError(f"{_shown(value)} is not a date such as 2026-01-31 (without quotes)")


def _choice(value: object, kind: type[StrEnum]) -> StrEnum:
    if isinstance(value, str) and value in list(kind):
        return kind(value)
    raise ValueError(f"{_shown(value)} is not one of {', '.join(kind)}")


def _shown(value: object) -> str:
    """A value nearly as it is written in TOML, on one line that is not long."""
    if isinstance(value, dict | list):
        return "a table" if isinstance(value, dict) else "an array"
    if isinstance(value, bool):
        return str(value).lower()
    text = repr(value) if isinstance(value, str) else str(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _table_reader(kind: type[Any], converter: cattrs.Converter) -> Callable[[object, object], object]:
    read = make_dict_structure_fn(kind, converter)

    def structure_table(value: object, _: object) -> object:
        if isinstance(value, dict):
            return read(cast("dict[str, object]", value), kind)
        raise ValueError(f"{_shown(value)} is not a table")

    return structure_table


def _array_reader(kind: Any, converter: cattrs.Converter) -> Callable[[object, object], object]:
    read = list_structure_factory(kind, converter)

    def structure_array(value: object, _: object) -> object:
        if isinstance(value, list):
            return tuple(read(cast("list[object]", value), kind))
        raise ValueError(f"{_shown(value)} is not an array of tables")

    return structure_array


def _make_converter() -> cattrs.Converter:
    made = cattrs.Converter(forbid_extra_keys=True, detailed_validation=True)
    made.register_structure_hook(str, _text)
    made.register_structure_hook(bool, _flag)
    made.register_structure_hook(date, _day)
    # By class and not by a predicate: a `StrEnum` is a `str`, whose hook would win.
    made.register_structure_hook(StrEnum, _choice)
    made.register_structure_hook_factory(attrs.has, _table_reader)
    made.register_structure_hook_factory(is_sequence, _array_reader)
    return made


_converter = _make_converter()


def _messages(error: cattrs.BaseValidationError) -> list[str]:
    return list(cattrs.transform_error(error, path="", format_exception=_explain))


def _explain(error: BaseException, _: type[Any] | None) -> str:
    if isinstance(error, cattrs.ForbiddenExtraKeysError):
        known = ", ".join(field.name for field in attrs.fields(error.cl))
        unknown = ", ".join(sorted(error.extra_fields))
        return f"unknown key {unknown}; the keys here are {known}"
    if isinstance(error, KeyError):
        return f"the key {error.args[0]} is missing"
    return str(error)


_HEADER = re.compile(r"\s*(\[\[?)\s*([\w.\-]+)\s*\]\]?")
_KEY = re.compile(r"\s*([\w\-]+)\s*=")
_UNKNOWN = re.compile(r"unknown key ([\w\-]+)")


def _places(text: str) -> Iterator[tuple[str, int]]:
    """Where each key and table stands, by line; enough of TOML for a settings file as people write it."""
    prefix, counts = "", dict[str, int]()
    for number, line in enumerate(text.splitlines(), start=1):
        if header := _HEADER.match(line):
            prefix = header[2]
            if header[1] == "[[":
                counts[prefix] = counts.get(prefix, -1) + 1
            prefix = re.sub(
                r"^(\w+)", lambda name: f"{name[0]}[{counts[name[0]]}]" if name[0] in counts else name[0], prefix
            )
            yield prefix, number
        elif key := _KEY.match(line):
            yield f"{prefix}.{key[1]}".lstrip("."), number


def _unusable(messages: list[str], text: str, source: str) -> SettingsError:
    lines = dict(_places(text))
    return SettingsError(tuple(_located(message, source, lines) for message in messages))


def _located(message: str, source: str, lines: dict[str, int]) -> str:
    text, _, path = message.rpartition(" @ ")
    path = path.lstrip(".")
    inner = _UNKNOWN.match(text)
    place = f"{path}.{inner[1]}".lstrip(".") if inner else path
    while place and place not in lines:
        place = place[: max(place.rfind("."), place.rfind("["), 0)]
    line = lines.get(place)
    where = source if line is None else f"{source} line {line}"
    return f"{where}: {path}: {text}" if path else f"{where}: {text}"
