"""Write docs/reference: every public name of every package, as it is called, with what its docstring says.

Run it as ``python docs/make_reference.py``; a test fails where the pages do not fit the code.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping, Sequence
from pathlib import Path

from docstrings import docstring_of, markdown
from reference_entries import entry

HERE = Path(__file__).parent / "reference"
#: The parts of a package that have pages of their own: a title, and the modules whose names are there.
PARTS: Mapping[str, Mapping[str, tuple[str, Sequence[str]]]] = {
    "brex_accounting": {
        "records": (
            "Records, export results, and the data that they refer to",
            ("records", "export_results", "receipts", "expenses", "company", "legal_entities", "users"),
        ),
        "fields": ("Integrations, fields and their values", ("integrations", "fields", "field_values")),
        "authorization": ("Tokens and OAuth", ("auth", "oauth", "tokens", "token_file")),
        "subscriptions": ("Subscriptions to webhooks", ("webhook_subscriptions", "webhook_groups", "webhook_secrets")),
    },
    "rillet": {
        "ledger": ("Accounts, journal entries, fields, subsidiaries, tax rates, periods", ("ledger",)),
        "payables": ("Vendors, bills, charges, reimbursements, vendor credits", ("payables",)),
        "contracts": (
            "Contracts, their pricing and invoicing",
            tuple(
                f"receivables.{each}"
                for each in ("amendments", "contract_items", "contracts", "draft_contracts", "invoicing", "pricing")
            ),
        ),
        "receivables": ("Customers, products, invoices, their payments, credit memos", ("receivables",)),
        "treasury": ("Bank accounts and their transactions", ("treasury",)),
        "reports": ("Reports", ("reports",)),
    },
    "bridge": {
        "settings": ("Settings, as objects", ("settings", "followed")),
        "documents": ("Documents and their forms", ("documents", "mappers", "vendors")),
    },
    "bridge.export": {
        "journal": ("The journal", ("journal", "engine.attempts", "engine.approvals", "owners")),
        "ledgers": ("Where records come from and go to", ("ledgers", "sources", "field_updates")),
        "watching": ("Watching", ("watching",)),
    },
}
PACKAGES = (
    "brex_accounting",
    "brex_accounting.loading",
    "brex_accounting.webhooks",
    "brex_accounting.testing",
    "brex_accounting.testing.records",
    "rillet",
    "rillet.loading",
    "rillet.webhooks",
    "rillet.testing",
    "bridge",
    "bridge.closing",
    "bridge.export",
    "bridge.export.closing",
    "bridge.billing",
    "bridge.billing.sync",
    "clientkit",
    "clientkit.frames",
    "clientkit.recording",
    "clientkit.testing",
    "clientkit.transport",
)


def _homes(package: str) -> dict[str, str]:
    """The module that each public name lives in, below its package; nothing where the package does not say it."""
    homes: Mapping[str, Sequence[str]] = getattr(importlib.import_module(package), "_HOMES", {})
    return {name: module.removeprefix(f"{package}.") for module, names in homes.items() for name in names}


def _file_of(package: str, home: str) -> str:
    for part, (_, modules) in PARTS.get(package, {}).items():
        if any(home == module or home.startswith(f"{module}.") for module in modules):
            return f"{package}.{part}.md"
    return f"{package}.md"


def _places() -> dict[str, dict[str, str]]:
    """The file of each public name, by package."""
    return {
        package: {
            name: _file_of(package, homes.get(name, ""))
            for homes in [_homes(package)]
            for name in importlib.import_module(package).__all__
        }
        for package in PACKAGES
    }


PLACES = _places()
_TITLES = {f"{package}.{part}.md": title for package, parts in PARTS.items() for part, (title, _) in parts.items()}


class Links:
    """Where the entry of a name is, as seen from one page: of its own package, or else of the first that has the name."""

    def __init__(self, package: str, file: str) -> None:
        self._file = file
        self._order = sorted(PACKAGES, key=lambda each: (each != package, each not in package, PACKAGES.index(each)))

    def __call__(self, name: str) -> str | None:
        """The place of a name, or of the class before the dot in ``Client.from_env``."""
        of_module = name.startswith(tuple(f"{each}." for each in PACKAGES))
        first = name.rpartition(".")[2] if of_module else name.partition(".")[0]
        if not first[:1].isupper():
            return None
        for package in self._order:
            if file := PLACES[package].get(first):
                return f"{'' if file == self._file else file}#{first.lower()}"
        return None


def page(package: str, file: str) -> str:
    """One page of a package."""
    module = importlib.import_module(package)
    links = Links(package, file)
    names = sorted((name for name, place in PLACES[package].items() if place == file), key=str.lower)
    head = [f"# {file.removesuffix('.md')}"]
    if file in _TITLES:
        head.append(f"{_TITLES[file]}. All of it is imported from [`{package}`]({package}.md).")
    else:
        head.append(markdown(docstring_of(module), links))
        parts = [f"- [{_TITLES[each]}]({each})" for part in PARTS.get(package, {}) for each in [f"{package}.{part}.md"]]
        head += ["More of the package:", "\n".join(parts)] if parts else []
    return "\n\n".join([*head, *(entry(name, getattr(module, name), links) for name in names)]) + "\n"


def index() -> str:
    """The page that leads to the others."""
    lines = list[str]()
    for package in PACKAGES:
        first = docstring_of(importlib.import_module(package)).splitlines()[0]
        lines.append(f"- [{package}]({package}.md): {first}")
        lines += [f"    - [{title}]({package}.{part}.md)" for part, (title, _) in PARTS.get(package, {}).items()]
    lines.append("- [operations](operations.md): every operation of both services, and the method that serves it")
    return "# Reference\n\nMade from the code by `python docs/make_reference.py`.\n\n" + "\n".join(lines) + "\n"


def pages() -> dict[Path, str]:
    """Every page by its path."""
    made = {HERE / "README.md": index()}
    for package in PACKAGES:
        made |= {HERE / file: page(package, file) for file in sorted({f"{package}.md", *PLACES[package].values()})}
    return made


if __name__ == "__main__":
    HERE.mkdir(exist_ok=True)
    for path, text in pages().items():
        path.write_text(text, encoding="utf-8")
        print(path)
