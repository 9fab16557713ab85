"""The page about billing does what it says."""

from __future__ import annotations

import contextlib
import io
import re
from pathlib import Path

import pytest

from bridge.billing import OnVoid, Scope, SettledElsewhere, SyncError, read_billing_settings
from bridge.export.commands.every import app

PAGE = (Path(__file__).parents[2] / "docs" / "billing.md").read_text(encoding="utf-8")
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def test_its_code_prints_what_it_shows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    names = dict[str, object]()
    printed, shown = io.StringIO(), list[str]()
    with contextlib.redirect_stdout(printed):
        for language, text in BLOCK.findall(PAGE):
            if language == "python":
                exec(compile(text, "docs/billing.md", "exec"), names)
            elif language == "":
                shown.append(text)
    journal = names["journal"]
    journal.close()  # type: ignore[attr-defined]  # the page opens it

    assert printed.getvalue() == "".join(shown)


def test_its_settings_are_accepted() -> None:
    (toml,) = (text for language, text in BLOCK.findall(PAGE) if language == "toml")

    assert [each.code for each in read_billing_settings(toml).taxes] == ["DE7", "DE19", "DERC"]


def test_it_names_every_error_and_choice() -> None:
    for choices in (SyncError, Scope, OnVoid, SettledElsewhere):
        assert all(f"`{each.value}`" in PAGE for each in choices), choices


def test_its_commands_are_there() -> None:
    (billing,) = (each.typer_instance for each in app.registered_groups if each.name == "billing")
    assert billing is not None
    known = {each.name for each in billing.registered_commands}
    (shell,) = (text for language, text in BLOCK.findall(PAGE) if language == "sh")

    assert {line.split()[2] for line in shell.splitlines()} == known
