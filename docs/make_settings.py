"""Write docs/settings-keys.md, an entry for each key of the settings: ``python docs/make_settings.py``."""

from __future__ import annotations

import enum
import re
import typing
from pathlib import Path

import attrs
from docstrings import docstring_of

from bridge import (
    AccountRule,
    ApprovalRule,
    CardAccountRule,
    Entity,
    FieldMapping,
    Intercompany,
    Movements,
    Settings,
    TaxRule,
    VendorMapping,
    When,
)
from bridge.billing import BillingEntity, BillingSettings, CustomerLink, ProductLink, TaxCode

PAGE = Path(__file__).with_name("settings-keys.md")
#: What each table of the file is called, and the class that has its keys.
TABLES: dict[str, type] = {
    "The file of an export": Settings,
    "[[entities]]": Entity,
    "entities.when": When,
    "entities.movements": Movements,
    "[[fields]]": FieldMapping,
    "[[accounts]]": AccountRule,
    "[[card_accounts]]": CardAccountRule,
    "[[intercompany]]": Intercompany,
    "[[vendors]]": VendorMapping,
    "[[taxes]]": TaxRule,
    "[[approvals]]": ApprovalRule,
    "The file of billing": BillingSettings,
    "billing [[entities]]": BillingEntity,
    "billing [[customers]]": CustomerLink,
    "billing [[products]]": ProductLink,
    "billing [[taxes]]": TaxCode,
}
_NAMES = {kind: name for name, kind in TABLES.items()}


def page() -> str:
    """The page of the keys."""
    parts = [_HEAD]
    for name, kind in TABLES.items():
        parts += [f"## {name}", *(_entry(name, kind, each) for each in attrs.fields(kind))]
    return "\n\n".join(parts) + "\n"


def heading(table: str, key: str) -> str:
    """The heading of a key, which is unlike those of other tables."""
    return key if table == "The file of an export" else f"{table.replace('The file of billing', 'billing')} {key}"


def _entry(table: str, kind: type, field: attrs.Attribute[object]) -> str:
    hint = typing.get_type_hints(kind)[field.name]
    inner = _inner(hint)
    facts = [_kind(hint, inner)]
    if isinstance(inner, type) and issubclass(inner, enum.Enum):
        facts[0] = "one of " + ", ".join(f'`"{each.value}"`' for each in inner)
    facts.append("required" if field.default is attrs.NOTHING else _default(field.default))
    said = meaning(kind, field.name, inner)
    shown = "; ".join(each for each in facts if each)
    return f"### {heading(table, field.name)}\n\n{said}\n\n{shown[0].upper()}{shown[1:]}."


def meaning(kind: type, key: str, inner: object = None) -> str:
    """What a key is for: its line in the class's docstring, else the sentences that name it, else what its type says."""
    text = docstring_of(kind)
    if found := re.search(rf"^- (?:`\w+`, )*`{key}`(?:, `\w+`)*: (.*(?:\n  .*)*)", text, re.MULTILINE):
        said = " ".join(found[1].split())
        return said[0].upper() + said[1:]
    prose = " ".join(line for line in text.splitlines() if not line.startswith(("- ", "  ")))
    sentences = [each.strip().rstrip(";.") for each in re.split(r"(?<=[.;]) ", prose) if f"`{key}`" in each]
    if sentences:
        return ". ".join(sentences) + "."
    own = isinstance(inner, type) and inner.__module__.startswith("bridge.")
    return " ".join(docstring_of(inner if own else kind).split("\n\n")[0].split())


def _inner(hint: object) -> object:
    """What is in a list, or what there is where it is not left out."""
    arguments = [each for each in typing.get_args(hint) if each not in {type(None), ...}]
    return _inner(arguments[0]) if arguments else hint


def _kind(hint: object, inner: object) -> str:
    if inner in _NAMES and isinstance(inner, type):
        name = _NAMES[inner]
        anchor = re.sub(r"[^\w -]", "", name.lower()).replace(" ", "-")
        return f"a table, see [{re.sub(r'[][]', '', name)}](#{anchor})"
    many = typing.get_origin(hint) is tuple
    words = {"str": "text", "bool": "true or false", "date": "a date", "Decimal": "a number"}
    word = words.get(getattr(inner, "__name__", ""), str(getattr(inner, "__name__", inner)))
    return f"a list of {word}" if many else word


def _default(default: object) -> str:
    if default is None or default == ():
        return "optional"
    value = getattr(default, "value", default)
    return f"default `{str(value).lower()}`" if isinstance(value, bool) else f'default `"{value}"`'


_HEAD = """\
# Every key of the settings

Made by `python docs/make_settings.py`.
[The settings](settings.md) explains them by example, and [billing](billing.md) those of a billing system.
An account is named by its code or its id, a field by its remote id, its id or its name."""


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    print(PAGE)
