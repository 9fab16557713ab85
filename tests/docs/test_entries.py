"""Every command, setting, code and error has an entry that says what it means, and the pages fit the code."""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import attrs
import pytest

from bridge import ReasonCode, SkipCode
from bridge.export import StopCode

DOCS = Path(__file__).resolve().parents[2] / "docs"


def maker(name: str) -> ModuleType:
    return importlib.import_module(f"make_{name}")


def headings(page: str) -> list[str]:
    return re.findall(r"^#{2,3} (.+)$", (DOCS / page).read_text(encoding="utf-8"), re.MULTILINE)


def test_pages_of_codes_and_errors_fit_the_code() -> None:
    for path, text in maker("mending").pages().items():
        assert path.read_text(encoding="utf-8") == text, "run: python docs/make_mending.py"


@pytest.mark.parametrize("name", ["commands", "settings"])
def test_pages_of_commands_and_settings_fit_the_code(name: str) -> None:
    made = maker(name)
    assert made.PAGE.read_text(encoding="utf-8") == made.page(), f"run: python docs/make_{name}.py"


def test_every_code_has_one_entry_with_its_mending() -> None:
    found = headings("reasons.md")
    wanted = [each.value for codes in (ReasonCode, SkipCode, StopCode) for each in codes]

    codes = [each.removesuffix(" (skipped)") for each in found if each.islower()]
    assert sorted(codes) == sorted(wanted)
    assert len(found) == len(set(found))
    page = (DOCS / "reasons.md").read_text(encoding="utf-8")
    for code in ReasonCode:
        entry = page.split(f"\n### {code.value}\n", 1)[1].split("\n###", 1)[0]
        assert "\n- Who fixes it: " in entry
        assert "\n- Where: " in entry


def test_nothing_is_said_of_codes_and_errors_that_are_not_there() -> None:
    mending = maker("mending")
    known = {
        "reasons": {each.value for each in ReasonCode},
        "skips": {each.value for each in SkipCode},
        "stops": {each.value for each in StopCode},
        "errors": set(mending.public_errors()),
    }
    assert {name: set(entries) for name, entries in mending._CURES.items()} == known


def test_every_error_has_one_entry() -> None:
    wanted = set(maker("mending").public_errors())

    assert {"ApiError", "RecordsNotReadyError", "NotModifiableError", "JournalError", "StripeShapeError"} <= wanted
    assert sorted(each for each in headings("errors.md") if " " not in each) == sorted(wanted)


def test_every_command_has_its_entry_with_each_option() -> None:
    page = (DOCS / "commands.md").read_text(encoding="utf-8")
    commands = maker("commands").commands()

    assert {"plan", "export", "verify", "billing plan"} <= commands.keys()
    assert headings("commands.md") == sorted(commands)
    for name, command in commands.items():
        entry = page.split(f"\n## {name}\n", 1)[1].split("\n## ", 1)[0]
        options = [option for each in command.params for option in each.opts if option.startswith("--")]
        assert [each for each in options if f"`{each}" not in entry] == [], name


def _keys() -> Iterator[tuple[str, type, str]]:
    for table, kind in maker("settings").TABLES.items():
        yield from ((table, kind, each.name) for each in attrs.fields(kind))


def test_every_setting_has_its_entry_with_a_meaning() -> None:
    made = maker("settings")
    page = (DOCS / "settings-keys.md").read_text(encoding="utf-8")
    for table, _, key in _keys():
        _, _, rest = page.partition(f"\n### {made.heading(table, key)}\n\n")
        said = rest.partition("\n\n")[0]
        assert re.match(r"[A-Z`].{10,}", said), (table, key, said)
        assert "str(object" not in said


def test_every_table_of_the_settings_is_there() -> None:
    tables = set(maker("settings").TABLES.values())
    nested = {
        each
        for kind in tables
        for field in attrs.fields(kind)
        for each in re.findall(r"\b[A-Z]\w+", str(field.type))
        if each in {kind.__name__ for kind in tables} or each.endswith(("Rule", "Mapping", "Link", "Entity"))
    }
    assert nested <= {kind.__name__ for kind in tables}
