"""The four notebooks run without an error or a warning, show what their pages in the documentation say, and are right."""

from __future__ import annotations

import ast
import importlib.util
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any, cast

import pytest

from bridge.export.demo.run import Demo
from clientkit.money import total

# Other processes import them, and nbclient takes seconds.
for _needed, _extra in (("nbclient", "docs"), ("ipykernel", "docs"), ("pyarrow", "frames")):
    if importlib.util.find_spec(_needed) is None:
        pytest.skip(f"{_needed} of the extra `{_extra}` is not installed", allow_module_level=True)

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "examples" / "notebooks"
PAGES = ROOT / "docs" / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))
#: What the decisive cells come to.
SAID = {
    "billing": (
        "4 posted, then 0",
        "<td>in_1</td><td>paid</td><td>1,200.00</td><td>0.00</td>",
        "Receivable, as Rillet says: 699.99",
        "Open invoices:              699.99",
        "Difference:                 0.00",
    ),
    "explore_spend": (
        "120 lines of 60 records, which come to 0.00",
        "Spending, USD:   10,934.39",
        "Difference, USD: 0.00",
    ),
    "months_close": (
        "51 would be posted, 5 would be refused",
        "51 posted",
        "All accrued: True",
        "Spent, as Brex says, USD:     2,874.61",
        "Expense, as Rillet says, USD: 2,874.61",
        "Difference, USD:              0.00",
        "Everything explained: True",
    ),
    "reconcile": ("differences on 5 accounts, all explained", "Difference over all accounts: 0.00"),
}
#: Runs one notebook in a process of its own, and prints its files.
_PRINTS = """
import json, runpy, sys
from pathlib import Path
print(json.dumps(dict(runpy.run_path("docs/make_notebooks.py")["files"](Path(sys.argv[1])))))
"""


def ran(notebook: Path) -> subprocess.CompletedProcess[str]:
    path = os.pathsep.join((str(ROOT / "src"), *filter(None, [os.environ.get("PYTHONPATH")])))
    return subprocess.run(
        [sys.executable, "-c", _PRINTS, str(notebook)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": path, "PYTHONIOENCODING": "utf-8"},
        capture_output=True,
        check=False,
        encoding="utf-8",
    )


@pytest.mark.full
@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda each: each.stem)
def test_a_notebook_shows_what_its_page_says_and_that_is_right(notebook: Path) -> None:
    done = ran(notebook)

    assert done.returncode == 0, done.stderr
    files: dict[str, str] = json.loads(done.stdout)
    for name, text in files.items():
        assert (PAGES / name).read_text(encoding="utf-8") == text, "run: python docs/make_notebooks.py"
    page = files[f"{notebook.stem}.md"]
    assert [each for each in SAID[notebook.stem] if each not in page] == []
    assert "![" in page


def of_one_cell(path: Path, code: str) -> Path:
    """A notebook with nothing but this."""
    cell: dict[str, object] = {
        "cell_type": "code",
        "id": "a",
        "metadata": {},
        "source": code,
        "outputs": [],
        "execution_count": None,
    }
    text = json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [cell]})
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.full
def test_what_a_cell_prints_in_pieces_is_one_text_of_its_page(tmp_path: Path) -> None:
    code = "for each in range(3):\n    print(each, end=' ', flush=True)"

    done = ran(of_one_cell(tmp_path / "pieces.ipynb", code))

    assert done.returncode == 0, done.stderr
    assert "```text\n0 1 2\n```" in json.loads(done.stdout)["pieces.md"]


def test_every_page_and_picture_is_one_of_a_notebook() -> None:
    assert {each.stem for each in NOTEBOOKS} == SAID.keys() == {each.stem for each in PAGES.glob("*.md")}
    shown = {
        name
        for page in PAGES.glob("*.md")
        for name in re.findall(r"\]\((\S+\.svg)\)", page.read_text(encoding="utf-8"))
    }
    assert shown == {each.name for each in PAGES.glob("*.svg")}


@pytest.mark.parametrize("page", sorted(PAGES.glob("*.md")), ids=lambda each: each.stem)
def test_a_page_runs_with_the_company_that_it_ends_with(page: Path, tmp_path: Path) -> None:
    text = page.read_text(encoding="utf-8")
    first, *_, company = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    assert text.index("## company.py") < text.index(company)
    (tmp_path / "company.py").write_text(company, encoding="utf-8")

    done = subprocess.run(
        [sys.executable, "-c", first],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
        capture_output=True,
        check=False,
        encoding="utf-8",
    )

    assert done.returncode == 0, done.stderr


def test_the_spending_of_the_page_is_that_of_the_company() -> None:
    spec = importlib.util.spec_from_file_location("company", FOLDER / "company.py")
    assert spec is not None
    assert spec.loader is not None
    company = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(company)
    # The first line of a record is the merchant's, debited where something was bought and credited where it came back.
    firsts = [each.line_items[0] for each in company.brex_account().records.values()]
    spent = total(each.amount.amount if each.type == "DEBIT" else each.amount.amount.copy_negate() for each in firsts)

    assert spent == Decimal("10934.39")


@pytest.fixture
def with_the_demo(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], dict[str, Any]]]:
    """Runs a notebook's cells on the demo's records, which have three currencies and all types; gives what they define."""
    with Demo(records=64, seed=1) as demo:
        made = SimpleNamespace(
            brex_account=lambda: SimpleNamespace(client=lambda: demo.brex_client),
            rillet_books=lambda: SimpleNamespace(client=lambda: demo.rillet_client),
            bridge=lambda: demo.bridge,
            usd="{:,.2f}".format,
        )
        monkeypatch.setitem(sys.modules, "company", cast("ModuleType", made))

        def run(name: str) -> dict[str, Any]:
            defined = dict[str, Any]()
            exec(_code(FOLDER / f"{name}.ipynb").replace("2026-03", "2026-09"), defined)
            return defined

        yield run


def test_spending_of_any_company_is_by_currency_and_account_and_adds_up(
    with_the_demo: Callable[[str], dict[str, Any]], capsys: pytest.CaptureFixture[str]
) -> None:
    defined = with_the_demo("explore_spend")

    # The account that one record names is not in the chart, and another record has none.
    chart = {each.code for each in defined["rillet"].accounts.list() if each.type == "EXPENSE"}
    found = [(account, currency) for account, currency, _ in defined["sums"]("account")]
    assert {account for account, _ in found} - chart == {"none", "69999"}
    assert len(set(found)) == len(found)
    assert [row["record_id"] for row in defined["waiting"]] == ["accr_bad03"]
    said = capsys.readouterr().out
    assert {line for line in said.splitlines() if line.startswith("Difference")} == {
        f"Difference, {currency}: 0.00" for currency in ("CAD", "EUR", "USD")
    }


def test_the_close_of_any_company_is_by_currency_and_comes_to_nothing(
    with_the_demo: Callable[[str], dict[str, Any]], capsys: pytest.CaptureFixture[str]
) -> None:
    with_the_demo("months_close")

    said = capsys.readouterr().out.splitlines()
    differences = {line.split(",")[1].split(":")[0].strip(): line.split()[-1] for line in said if "Difference" in line}
    assert differences == {"CAD": "0.00", "EUR": "0.00", "USD": "0.00"}
    assert "Expense, as Rillet says, EUR: 0.00" not in said
    assert said[-1] == "Everything explained: True"


@pytest.mark.full
@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("import warnings\nwarnings.warn('too old', stacklevel=1)", "too old"),
        ("import sys\nprint('disk full', file=sys.stderr)", "disk full"),
        ("1 / 0", "ZeroDivisionError"),
    ],
)
def test_a_cell_that_warns_or_fails_is_an_error(tmp_path: Path, code: str, told: str) -> None:
    done = ran(of_one_cell(tmp_path / "wrong.ipynb", code))

    assert done.returncode != 0
    assert told in done.stderr


def _code(notebook: Path) -> str:
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    return "\n".join("".join(each["source"]) for each in cells if each["cell_type"] == "code")


@pytest.mark.parametrize("file", [*NOTEBOOKS, FOLDER / "company.py"], ids=lambda each: each.name)
def test_a_notebook_needs_nothing_private(file: Path) -> None:
    code = _code(file) if file.suffix == ".ipynb" else file.read_text(encoding="utf-8")
    for node in ast.walk(ast.parse(code)):
        names = [each.name for each in node.names] if isinstance(node, ast.Import | ast.ImportFrom) else []
        module = node.module or "" if isinstance(node, ast.ImportFrom) else ""
        parts = [part for name in (module, *names) if module != "__future__" for part in name.split(".")]
        assert not any(part.startswith("_") for part in parts)
        if isinstance(node, ast.Attribute):
            assert not node.attr.startswith("_"), node.attr


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda each: each.stem)
def test_a_notebook_is_kept_without_what_it_shows(notebook: Path) -> None:
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    assert [each for each in cells if each.get("outputs") or each.get("execution_count")] == []
