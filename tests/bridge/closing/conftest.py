"""Companies that close a month."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from support.commands import invoke
from support.companies.changing import Company, MakeCompany, companies
from support.companies.exported import SETTINGS_TEXT

SETTINGS = f"""\
{SETTINGS_TEXT}bank_account = "11100"
clearing_account = "11900"
accounts_payable_account = "21100"
"""


@pytest.fixture
def make(tmp_path: Path) -> Iterator[MakeCompany]:
    with companies(tmp_path) as made:
        yield made


@pytest.fixture
def command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Any]]:
    """Runs a command of ``brex-rillet`` for a company, over loopback; `more` is added to the settings."""
    with ExitStack() as stack:

        def call(company: Company, name: str, *arguments: str, more: str = "") -> Any:
            monkeypatch.setenv("BREX_TOKEN", company.brex.token)
            monkeypatch.setenv("BREX_BASE_URL", stack.enter_context(company.brex.serve()))
            monkeypatch.setenv("RILLET_API_KEY", company.rillet.api_key)
            monkeypatch.setenv("RILLET_BASE_URL", stack.enter_context(company.rillet.serve()))
            path = tmp_path / "settings.toml"
            path.write_text(SETTINGS + more, encoding="utf-8")
            return invoke(name, "--settings", str(path), *arguments)

        yield call
