"""Before the first export: a proposed settings file, the check of everything, and the stand-ins that stay."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

import rillet.testing
from brex_accounting import NewWebhookSubscription, WebhookEventType
from brex_accounting.token_file import FileTokenStore
from bridge import RateTable, read_settings
from bridge.export.commands.every import app
from bridge.export.demo.changing import CHANGES
from bridge.export.demo.run import Demo
from bridge.export.demo.spending import UNCODED
from bridge.export.ledgers.rillet_books import load_books
from bridge.settings.check import check
from bridge.settings.proposal import proposed_settings
from bridge.settings.values import SettingsError
from clientkit import Answer
from clientkit.testing import Asked, Fault, Respond
from rillet import Account, AccountType, TaxRate
from rillet.testing import account, chart_of_accounts, subsidiary

Run = Callable[..., Any]


@pytest.fixture
def company(monkeypatch: pytest.MonkeyPatch) -> Iterator[Demo]:
    with ExitStack() as stack:
        company = stack.enter_context(Demo(records=3, seed=1))
        monkeypatch.setenv("BREX_TOKEN", company.brex.token)
        monkeypatch.setenv("BREX_BASE_URL", company.brex_client.base_url)
        monkeypatch.setenv("RILLET_API_KEY", company.rillet.api_key)
        monkeypatch.setenv("RILLET_BASE_URL", company.rillet_client.base_url)
        monkeypatch.delenv("BREX_WEBHOOK_SECRET", raising=False)
        company.offer_fields()
        yield company


@pytest.fixture
def checked(tmp_path: Path) -> Run:
    def call(text: str) -> tuple[int, dict[str, list[tuple[str, str]]]]:
        path = tmp_path / "settings.toml"
        path.write_text(text, encoding="utf-8")
        result = CliRunner().invoke(app, ["check", "--settings", str(path), "--json"])
        found = dict[str, list[tuple[str, str]]]()
        for each in json.loads(result.stdout)["findings"]:
            found.setdefault(each["what"], []).append((each["state"], each["text"].replace(str(path), "FILE")))
        return result.exit_code, found

    return call


@pytest.mark.parametrize("written", [["--brex-token-file", "FILE", "check"], ["check", "--brex-token-file=FILE"]])
def test_a_command_takes_the_tokens_of_a_consent(
    company: Demo, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, written: list[str]
) -> None:
    settings, tokens = tmp_path / "settings.toml", tmp_path / "tokens.json"
    settings.write_text(CliRunner().invoke(app, ["init"]).stdout, encoding="utf-8")
    FileTokenStore(tokens).save(company.brex.oauth.tokens())
    application = company.brex.oauth.app(company.brex_client.base_url)
    monkeypatch.delenv("BREX_TOKEN")
    monkeypatch.setenv("BREX_CLIENT_ID", application.client_id)
    monkeypatch.setenv("BREX_CLIENT_SECRET", application.client_secret or "")
    monkeypatch.setenv("BREX_AUTH_URL", application.base_url)
    told = [each.replace("FILE", str(tokens)) for each in written]

    result = CliRunner().invoke(app, [*told, "--settings", str(settings), "--json"])

    assert result.exit_code == 0, result.output
    found = {each["what"]: each["state"] for each in json.loads(result.stdout)["findings"]}
    assert found["Brex token"] == "ok"
    assert "BREX_TOKEN_FILE" not in os.environ


def test_a_proposed_file_passes_the_check(company: Demo, checked: Run) -> None:
    proposed = CliRunner().invoke(app, ["init"])
    assert proposed.exit_code == 0, proposed.output
    assert 'card_account = "21120"  # Brex Card US, by its name; others are 21130 Brex Card DE' in proposed.stdout
    assert 'when = { field = "LEGAL_ENTITY", value = "halden-gmbh" }' in proposed.stdout
    settings = read_settings(proposed.stdout)
    assert [(each.when is None, each.movements, each.tax_account) for each in settings.entities] == [
        (False, None, None),
        (False, None, None),
    ]

    status, found = checked(proposed.stdout)

    assert status == 0
    assert {state for each in found.values() for state, _ in each} == {"ok", "not verifiable", "warning"}
    assert found["Reference type"][0][0] == "ok"
    (unclaimed,) = [text for _, text in found["Settings"] if "every entity has a `when`" in text]
    assert "records that fit none are refused" in unclaimed
    rest = re.sub(r"\nwhen = .*", "", proposed.stdout, count=1)
    assert not any("has a `when`" in text for _, text in checked(rest)[1]["Settings"])
    for unreadable in (
        "Brex scopes",
        "Brex user token's life",
        "Brex integration",
        "Rillet webhooks",
        "Rillet key's life",
    ):
        assert [state for state, _ in found[unreadable]] == ["not verifiable"]


def test_every_mistake_is_named_with_its_line_and_the_keys_too(
    company: Demo, checked: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = CliRunner().invoke(app, ["init"]).stdout
    wrong = text.replace('"21120"', '"99999"').replace('brex = "Department"', 'brex = "Departmnt"')
    wrong = wrong.replace('"Halden Robotics GmbH"\ncard', '"Halden AG"\ncard')
    monkeypatch.setenv("BREX_WEBHOOK_SECRET", "whsec_c29tZXRoaW5nIGVsc2U=")

    status, found = checked(wrong)

    assert status == 1
    problems = [text for state, text in found["Settings"] if state == "problem"]
    lines = [int(line) for each in problems for line in re.findall(r"FILE line (\d+):", each)]
    named = [wrong.splitlines()[line - 1] for line in lines]
    assert [each.partition(" = ")[0] for each in named] == ["card_account", "subsidiary", "brex"]
    assert found["BREX_WEBHOOK_SECRET"][0][0] == "problem"
    assert found["Brex webhooks"][0][0] == "warning"


def test_mistakes_come_in_the_order_of_their_lines_and_each_once(company: Demo, checked: Run) -> None:
    text = CliRunner().invoke(app, ["init"]).stdout
    wrong = text.replace('"21120"', '"99999"').replace('brex = "Department"', 'brex = "Departmnt"')
    wrong = wrong.replace('tax_field = "TAX_CODE"', "", 1) + '\n[[taxes]]\ncode = "NOPE"\n'

    _, found = checked(wrong)

    problems = [text for state, text in found["Settings"] if state == "problem"]
    assert len(problems) == len(set(problems)) > 3
    lines = [int(line) for each in problems for line in re.findall(r"FILE line (\d+):", each)]
    # What the file alone tells comes first.
    assert lines[1:] == sorted(lines[1:])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("reference_type = brex", "FILE line 1: Invalid value, column 18; a text has to be in quotes"),
        ('a = "b"\n[[entities', "FILE: Expected ']]' at the end of an array declaration (at end of document)"),
    ],
)
def test_where_a_file_is_no_toml_is_told(company: Demo, checked: Run, text: str, said: str) -> None:
    _, found = checked(text)
    assert found["Settings"] == [("problem", f"{said}; what else is wrong in the file is told once this is put right")]


def test_a_file_that_cannot_be_read_does_not_keep_the_keys_from_being_looked_at(company: Demo, checked: Run) -> None:
    company.rillet.faults.append(Fault(Respond(Answer(status=401)), matches=lambda asked: True, times=9))

    status, found = checked("entities = 3")

    assert status == 1
    assert found["Settings"][0][0] == "problem"
    assert found["Brex token"][0][0] == "ok"
    assert found["Rillet key"][0][0] == "problem"
    assert "Rillet books" not in found


def test_without_keys_the_file_is_still_read(checked: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("BREX_TOKEN", "RILLET_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    status, found = checked('[[entities]]\nname = "US"\n')
    assert status == 1
    assert [text for _, text in found["Brex token"]] == ["the environment variable BREX_TOKEN is not set"]
    assert [text for _, text in found["Rillet key"]] == ["the environment variable RILLET_API_KEY is not set"]
    assert [state for state, _ in found["Settings"]] == ["problem"] * 3 + ["not verifiable"]


def test_a_subscription_is_seen_and_its_secret_compared(
    company: Demo, checked: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    brex = company.brex_client
    events = [WebhookEventType.ACCOUNTING_RECORD_READY_FOR_EXPORT]
    brex.webhook_subscriptions.create(NewWebhookSubscription(url="https://example.com/brex", event_types=events))
    monkeypatch.setenv("BREX_WEBHOOK_SECRET", brex.webhook_secrets.list()[0].secret)
    _, found = checked("x = 1")
    assert found["BREX_WEBHOOK_SECRET"] == [("ok", "Brex signs with it")]
    assert "https://example.com/brex" in found["Brex webhooks"][0][1]


def test_a_reference_type_that_nothing_uses_is_not_verifiable(company: Demo, checked: Run) -> None:
    text = CliRunner().invoke(app, ["init"]).stdout.replace('"brex"', '"brexx"')
    _, found = checked(text)
    assert found["Reference type"][0][0] == "not verifiable"


def proposed(accounts: tuple[Account, ...], *names: str) -> str:
    standin = rillet.testing.StandIn(accounts=accounts, subsidiaries=[subsidiary(each) for each in names])
    return proposed_settings(load_books(standin.client()), None)


def test_for_the_chart_of_a_stand_in_everything_is_found() -> None:
    standin = rillet.testing.StandIn()
    books = load_books(standin.client())
    settings = read_settings(proposed_settings(books, ()))
    assert check(settings, books) == ()
    assert (settings.entities[0].card_account, settings.entities[0].bank_account) == ("21120", "11100")


def test_what_several_accounts_could_be_is_left_to_the_person() -> None:
    second = account("21125", "Other Card", AccountType.LIABILITY, "Credit Card")
    text = proposed((*chart_of_accounts(), second), "Example Inc.")
    assert '# card_account = "…"  # needed: one of 21120 Brex Card, 21125 Other Card' in text
    with pytest.raises(SettingsError, match="card_account is missing"):
        read_settings(text)


def test_whose_the_records_are_is_left_to_the_person_where_no_field_tells() -> None:
    text = proposed(chart_of_accounts(), "Example Inc.", "Example GmbH")
    with pytest.raises(SettingsError, match="only one entity can take all the rest"):
        read_settings(text)


def two(default_entity: str | None, *percentages: int, more: tuple[Account, ...] = ()) -> str:
    rates = [
        TaxRate(id=str(each), code=f"DE{each}", country="DE", description="Umsatz\nsteuer", percentage=Decimal(each))
        for each in percentages
    ]
    standin = rillet.testing.StandIn(
        accounts=[*chart_of_accounts(), *more],
        subsidiaries=[subsidiary("A Inc."), subsidiary("B GmbH")],
        tax_rates=rates,
    )
    return proposed_settings(load_books(standin.client()), None, default_entity=default_entity)


def test_the_default_entity_of_brex_is_named_and_decides_nothing() -> None:
    text = two("b gmbh")
    assert text.count("# when = ") == 2
    assert text.count("Brex calls this one its default entity") == 1
    assert text.index('name = "B GmbH"') < text.index("Brex calls this one its default entity")
    for nobody in ("Somebody Else Ltd", None):
        assert "default entity" not in two(nobody)


def test_what_subsidiaries_owe_each_other_is_named_where_there_are_several() -> None:
    between = (
        account("12900", "Due from Affiliates", AccountType.ASSET, "Other Current Asset"),
        account("21950", "Due to Affiliates", AccountType.LIABILITY, "Other Current Liability"),
    )
    text = proposed((*chart_of_accounts(), *between), "A Inc.", "B GmbH")
    assert "# [[intercompany]]" in text
    assert '# due_from = "…"  # one of 12900 Due from Affiliates' in text
    assert '# due_to = "…"  # one of 21950 Due to Affiliates' in text
    assert "[[intercompany]]" not in proposed(chart_of_accounts(), "A Inc.")


def test_taxes_wait_for_a_person_who_knows_the_reverse_charges() -> None:
    second = account("22600", "Other Tax", AccountType.LIABILITY, "Sales Tax Liability")

    taxed = two("A Inc.", 0, 19)

    assert taxed.count('# tax_account = "22500"  # Sales Tax Payable; say in [[taxes]] first') == 2
    assert "# [[taxes]]  # one for each code that is a reverse charge, of DE19 (Umsatz steuer)\n" in taxed
    assert '# tax_account = "…"  # one of 22500 Sales Tax Payable, 22600 Other Tax;' in two(
        "A Inc.", 19, more=(second,)
    )
    assert "[[taxes]]" not in two("A Inc.")
    # With the answers in the place of the comments the file is read.
    answered = 'tax_field = "Tax"\n' + taxed.replace("# tax_account", "tax_account").replace("# [[taxes]]", "[[taxes]]")
    for key, value in {"code": "DE19", "treatment": "", "input_account": "12500", "output_account": "11900"}.items():
        answered = answered.replace(f'# {key} = "…"', f'{key} = "{value}"').replace(f"# {key} = ", f"{key} = ")
    answered = answered.replace('# when = { field = "…", value = "…" }', 'when = { field = "F", value = "V" }')
    assert [each.treatment for each in read_settings(answered).taxes] == ["reverse_charge"]


def test_without_the_right_to_read_entities_the_fields_are_proposed_all_the_same(company: Demo) -> None:
    def reads_entities(asked: Asked) -> bool:
        return asked.path == "/v2/legal_entities"

    company.brex.faults.append(Fault(Respond(Answer(status=403)), matches=reads_entities))

    result = CliRunner().invoke(app, ["init"])

    assert result.exit_code == 0, result.output
    assert "Which entity Brex calls its default is left out" in result.stderr
    assert len([each for each in read_settings(result.stdout).entities if each.when is not None]) == 2
    assert 'brex = "Department"' in result.stdout


def test_names_of_others_stay_texts() -> None:
    hostile = 'Evil" \n[[x]] \x7f\x00 # Ltd'
    text = proposed(chart_of_accounts(), hostile)
    assert read_settings(text).entities[0].subsidiary == hostile


def test_a_file_is_not_overwritten(company: Demo, tmp_path: Path) -> None:
    path = tmp_path / "settings.toml"
    assert CliRunner().invoke(app, ["init", "--output", str(path)]).exit_code == 0
    kept = path.read_text(encoding="utf-8")
    path.write_text(kept + "# mine\n", encoding="utf-8")
    assert CliRunner().invoke(app, ["init", "--output", str(path)]).exit_code == 2
    assert path.read_text(encoding="utf-8").endswith("# mine\n")


def test_the_demonstration_stays_until_ctrl_c(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "settings.toml"
    command = [sys.executable, "-c", "from bridge.export.cli import main; main()"]
    served = subprocess.Popen(
        [*command, "demo", "--serve", "--records", "3", "--settings", str(path)], stdout=subprocess.PIPE, text=True
    )
    try:
        assert served.stdout is not None
        lines = list[str]()
        while not lines or "Ctrl-C" not in lines[-1]:
            line = served.stdout.readline()
            assert line, lines
            lines.append(line)
        for name, value in re.findall(r"export (\w+)=(\S+)", "".join(lines)):
            monkeypatch.setenv(name, value)
        result = CliRunner().invoke(app, ["plan", "--settings", str(path), "--json"])
        assert len(json.loads(result.stdout)["posts"]) >= 3
        rates = tmp_path / "settings-rates.csv"
        assert f"brex-rillet plan --settings {path} --rates {rates}\n" in lines
        assert RateTable.read(rates.read_text(encoding="utf-8"))("USD", "EUR", date(2026, 10, 30)) == Decimal("0.92")
        coding = next(line for line in lines if f"{CHANGES}{UNCODED}" in line)
        assert coding.rstrip().endswith("""-d '{"account": "62100"}'""")
    finally:
        served.send_signal(signal.SIGINT)
        served.communicate(timeout=30)
    assert served.returncode == 0


def test_a_program_is_told_at_once_where_the_demonstration_is(tmp_path: Path) -> None:
    path = tmp_path / "settings.toml"
    command = [sys.executable, "-c", "from bridge.export.cli import main; main()", "demo", "--serve", "--records", "1"]
    with subprocess.Popen([*command, "--json", "--settings", str(path)], stdout=subprocess.PIPE, text=True) as served:
        try:
            assert served.stdout is not None
            lines = list[str]()
            while not lines or lines[-1] != "}\n":
                lines.append(served.stdout.readline())
                assert lines[-1], lines
            told = json.loads("".join(lines))
        finally:
            served.send_signal(signal.SIGINT)

    assert served.returncode == 0
    assert set(told["variables"]) == {"BREX_TOKEN", "BREX_BASE_URL", "RILLET_API_KEY", "RILLET_BASE_URL"}
    assert (told["settings"], told["rates"]) == (str(path), str(tmp_path / "settings-rates.csv"))


def test_what_of_wrong_settings_can_be_read_is_compared_too(company: Demo, checked: Run) -> None:
    del company
    _, found = checked(
        '[[entities]]\nname = 7\nsubsidiary = "Nobody"\ncard_account = "21120"\nreimbursement_account = "21340"\n'
    )

    problems = [text for state, text in found["Settings"] if state == "problem"]
    assert "line 2: entities[0].name: 7 is not a text" in problems[0]
    assert "line 3: entities[0].subsidiary: Rillet has no subsidiary 'Nobody'" in problems[1]
    assert len(problems) == 2
