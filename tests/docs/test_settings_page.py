"""The page about the settings knows every key, and what it shows can be read."""

from __future__ import annotations

import re
from pathlib import Path

import attrs
import pytest

from bridge import (
    AccountRule,
    ApprovalRule,
    Entity,
    FieldMapping,
    Settings,
    TaxRule,
    VendorMapping,
    When,
    read_settings,
)

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "settings.md").read_text(encoding="utf-8")
BLOCKS: list[str] = re.findall(r"^```toml\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: block.split("\n", 1)[0])
def test_what_it_shows_is_accepted(block: str) -> None:
    assert read_settings(block).entities


@pytest.mark.parametrize(
    "kind", [Settings, Entity, When, FieldMapping, AccountRule, VendorMapping, TaxRule, ApprovalRule]
)
def test_it_shows_every_key(kind: type) -> None:
    shown = set(re.findall(r"(\w+) =", "\n".join(BLOCKS))) | set(re.findall(r"\[\[(\w+)\]\]", "\n".join(BLOCKS)))

    assert {field.name for field in attrs.fields(kind)} <= shown
