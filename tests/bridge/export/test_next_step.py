"""The two tables that decide: every combination has a row, every row is reached, and the golden list stands."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from enum import Enum
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import get_type_hints

import attrs
import pytest

from bridge.export.engine.facts import AttemptFacts, Facts
from bridge.export.engine.next_step import DOCUMENTS, SETTLING, Row, next_step, remedy, row_of, settle
from bridge.settings.choices import OnChange


def _make_tables() -> ModuleType:
    found = spec_from_file_location("make_tables", Path(__file__).resolve().parents[3] / "docs" / "make_tables.py")
    assert found is not None
    assert found.loader is not None
    module = module_from_spec(found)
    found.loader.exec_module(module)
    return module


make_tables = _make_tables()
GOLDEN = Path(__file__).with_name("data") / "next_step.txt"
#: These are columns of the golden list, the others its lines.
COLUMNS = ("remedy", "removable", "held")


def values(kind: type) -> Sequence[object]:
    return tuple(kind) if issubclass(kind, Enum) else (False, True)


def combinations(kind: type[attrs.AttrsInstance], names: Sequence[str]) -> Iterator[dict[str, object]]:
    hints = get_type_hints(kind)
    for chosen in itertools.product(*(values(hints[name]) for name in names)):
        yield dict(zip(names, chosen, strict=True))


def names_of(kind: type[attrs.AttrsInstance]) -> list[str]:
    return [each.name for each in attrs.fields(kind)]


def all_facts() -> Iterator[Facts]:
    return (Facts(**each) for each in combinations(Facts, names_of(Facts)))  # type: ignore[arg-type]


def all_attempt_facts() -> Iterator[AttemptFacts]:
    return (AttemptFacts(**each) for each in combinations(AttemptFacts, names_of(AttemptFacts)))  # type: ignore[arg-type]


def golden() -> str:
    lines = list[str]()
    rest = [name for name in names_of(Facts) if name not in COLUMNS]
    for known in combinations(Facts, rest):
        rows = [
            next_step(Facts(**known, **more)).id  # type: ignore[arg-type]
            for more in combinations(Facts, COLUMNS)
        ]
        shown = rows[0] if len(set(rows)) == 1 else " ".join(rows)
        lines.append(f"{', '.join(_text(each) for each in known.values())}: {shown}")
    lines += [
        f"{', '.join(_text(each) for each in attrs.astuple(facts))}: {settle(facts).name}"
        for facts in all_attempt_facts()
    ]
    return "\n".join(lines) + "\n"


def _text(value: object) -> str:
    return str(value.value) if isinstance(value, Enum) else str(value).lower()


def test_every_combination_has_a_row_and_every_row_is_reached() -> None:
    assert {next_step(facts).id for facts in all_facts()} == {row.id for row in DOCUMENTS}
    assert {row_of(SETTLING, facts).id for facts in all_attempt_facts()} == {row.id for row in SETTLING}


def test_every_combination_leads_where_the_golden_list_says() -> None:
    # To renew it after a change that is meant: write `golden()` into the file, and read the difference.
    assert golden() == GOLDEN.read_text(encoding="utf-8")


@pytest.mark.parametrize("table", [SETTLING, DOCUMENTS])
def test_a_row_that_refuses_on_its_own_has_a_code(table: Sequence[Row]) -> None:
    assert len({row.id for row in table}) == len(table)
    codes = [row.code for row in table if row.code is not None]
    assert len(codes) >= len(set(codes))


@pytest.mark.parametrize(
    ("known", "expected"),
    [
        ({"on_change": OnChange.REPLACE, "is_free": True, "replaces": True}, "REPLACE"),
        ({"on_change": OnChange.REPLACE, "is_free": True}, "REPOST"),
        ({"on_change": OnChange.REPLACE, "is_free": True, "deletes": False}, "NONE"),
        ({"on_change": OnChange.REPLACE, "replaces": True}, "NONE"),
        ({"on_change": OnChange.REPLACE, "is_free": True, "is_corrected": True, "is_correctable": True}, "NONE"),
        ({"on_change": OnChange.REPLACE, "is_member": True, "is_correctable": True}, "CORRECT"),
        ({"on_change": OnChange.CORRECT, "is_free": True, "is_correctable": True, "replaces": True}, "CORRECT"),
        ({"on_change": OnChange.REPLACE, "is_shut": True, "is_correctable": True, "replaces": True}, "CORRECT"),
        ({"on_change": OnChange.REPLACE, "is_shut": True, "replaces": True}, "NONE"),
        ({"on_change": OnChange.REFUSE, "is_shut": True, "is_correctable": True}, "NONE"),
        ({"on_change": OnChange.CORRECT, "is_free": True}, "NONE"),
        ({"on_change": OnChange.REFUSE, "is_free": True, "is_correctable": True, "is_member": True}, "NONE"),
    ],
)
def test_how_a_document_may_be_changed(known: dict[str, object], expected: str) -> None:
    usual: dict[str, object] = dict.fromkeys(
        ("is_member", "is_corrected", "is_correctable", "is_free", "is_shut", "replaces"), False
    )

    assert remedy(**{**usual, "deletes": True, **known}).name == expected  # type: ignore[arg-type]


def test_the_page_shows_the_tables_as_the_code_has_them() -> None:
    text = make_tables.PAGE.read_text(encoding="utf-8")

    assert make_tables.written(text) == text


def test_the_file_that_decides_is_short_and_imports_values_alone() -> None:
    source = Path(next_step.__code__.co_filename).read_text(encoding="utf-8")

    assert len(source.splitlines()) <= 200
    imports = {line.split()[1] for line in source.splitlines() if line.startswith("from ")}
    assert imports == {
        "__future__", "collections.abc", "bridge.decisions", "bridge.export.engine.facts", "bridge.settings.choices",
    }  # fmt: skip
