"""``brex-rillet billing``, against a stand-in on loopback."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import rillet.testing
from support.billing.company import standin
from support.billing.stripe_json import CREDIT_NOTE, stripe_invoice
from support.commands import invoke

SETTINGS = """\
reference_type = "sequencehq"
subsidiary = "Example Inc."
create_customers = true
create_products = true
revenue_account = "41000"

[[taxes]]
code = "DE19"
"""
CSV = """\
invoice_id,number,issued,due,currency,customer_id,customer_name,product_id,amount,tax
in_1,A-001,2026-03-02,2026-04-01,USD,cus_1,Acme,prod_1,100.00,19.00
in_2,A-002,2026-03-02,2026-04-01,USD,cus_1,Acme,prod_1,100.00,18.00
"""
WRONG_TAX = (
    "a line of 100.00 USD has a tax of 18.00, and DE19 (19 % in DE) comes to 19.00; correct its tax, or the code for such "
    "lines in [[taxes]]"
)

Run = Callable[..., tuple[int, Any]]


@pytest.fixture
def books(monkeypatch: pytest.MonkeyPatch) -> Iterator[rillet.testing.StandIn]:
    made = standin()
    with made.serve() as url:
        monkeypatch.setenv("RILLET_API_KEY", made.api_key)
        monkeypatch.setenv("RILLET_BASE_URL", url)
        yield made


@pytest.fixture
def run(tmp_path: Path) -> Run:
    (tmp_path / "settings.toml").write_text(SETTINGS, encoding="utf-8")
    (tmp_path / "invoices.csv").write_text(CSV, encoding="utf-8")

    def command(name: str, *arguments: str, invoices: str = "invoices.csv") -> tuple[int, Any]:
        settings = ["--settings", str(tmp_path / "settings.toml")] if name != "status" else []
        place = ["--journal", str(tmp_path / "journal.db"), "--invoices", str(tmp_path / invoices), "--json"]
        done = invoke("billing", name, *arguments, *settings, *place)
        return done.exit_code, json.loads(done.stdout) if done.stdout.startswith("{") else done.output

    return command


@pytest.mark.usefixtures("books")
def test_plan_shows_what_would_be_done_and_begins_no_journal(
    run: Run, books: rillet.testing.StandIn, tmp_path: Path
) -> None:
    code, told = run("plan")

    assert code == 1
    assert told["create_customers"] == ["Acme"]
    assert [each["subject"] for each in told["invoices"]["posts"]] == ["invoice:in_1"]
    assert told["invoices"]["refused"] == [
        {
            "subject": "invoice:in_2",
            "net": "100.00",
            "tax": "18.00",
            "total": "118.00",
            "currency": "USD",
            "reasons": [{"code": "tax_differs", "text": WRONG_TAX}],
        }
    ]
    assert books.invoices == ()
    assert not (tmp_path / "journal.db").exists()


def test_sync_posts_once_and_status_tells_where(run: Run, books: rillet.testing.StandIn, tmp_path: Path) -> None:
    assert run("sync")[0] == 1
    (made,) = books.invoices
    code, told = run("status")
    assert code == 1
    assert told["invoices"] == [
        {"subject": "invoice:in_1", "state": "in Rillet", "place": f"invoices {made.id}", "reasons": []},
        {
            "subject": "invoice:in_2",
            "state": "refused",
            "place": None,
            "reasons": [WRONG_TAX],
        },
    ]

    (tmp_path / "invoices.csv").write_text(CSV.replace("18.00", "19.00"), encoding="utf-8")

    assert run("sync") == (0, {"posted": 1, "already_there": 1, "stopped": None, "problems": []})
    assert run("sync") == (0, {"posted": 0, "already_there": 2, "stopped": None, "problems": []})
    assert len(books.invoices) == 2
    code, told = run("status")
    assert (code, [each["state"] for each in told["invoices"]]) == (0, ["in Rillet", "in Rillet"])


@pytest.mark.usefixtures("books")
def test_status_tells_what_was_refused_without_the_file(run: Run, tmp_path: Path) -> None:
    run("sync")

    done = invoke("billing", "status", "--journal", str(tmp_path / "journal.db"), "--json")

    assert done.exit_code == 1
    states = {each["subject"]: (each["state"], each["reasons"]) for each in json.loads(done.stdout)["invoices"]}
    assert states == {"invoice:in_1": ("in Rillet", []), "invoice:in_2": ("refused", [WRONG_TAX])}


@pytest.mark.usefixtures("books")
def test_status_tells_an_unknown_invoice_from_one_that_is_not_synced_yet(run: Run, tmp_path: Path) -> None:
    run("sync")
    more = CSV.replace("18.00", "19.00") + (
        "in_3,A-003,2026-03-02,2026-04-01,USD,cus_1,Acme,prod_1,100.00,19.00\n"
        "in_4,A-004,2026-03-02,2026-04-01,USD,cus_1,Acme,prod_1,much,19.00\n"
    )
    (tmp_path / "invoices.csv").write_text(more, encoding="utf-8")

    def told(invoice: str) -> tuple[int, str, list[str]]:
        code, said = run("status", invoice)
        (found,) = said["invoices"]
        return code, found["state"], found["reasons"]

    assert told("in_1") == (0, "in Rillet", [])
    assert told("in_3") == (0, "not synced yet", [])
    why = "invoices.csv line 5: amount is 'much', not a number with a point such as 1250.00"
    assert told("in_4") == (1, "cannot be read", [why])
    assert told("in_9") == (1, "unknown", ["nothing of it was ever tried"])


def test_each_command_writes_its_rows(run: Run, books: rillet.testing.StandIn, tmp_path: Path) -> None:
    file = tmp_path / "rows.csv"

    def rows(name: str) -> list[dict[str, str]]:
        run(name, "--csv", str(file))
        return list(csv.DictReader(file.read_text(encoding="utf-8").splitlines()))

    planned = rows("plan")
    assert [(row["Subject"], row["Outcome"], row["Why"]) for row in planned if row["Outcome"].startswith("create")] == [
        ("cus_1", "create the customer", "Acme"),
        ("prod_1", "create the product", "prod_1"),
    ]
    assert [row["Code"] for row in planned if row["Outcome"] == "refused"] == ["tax_differs"]
    # Each invoice once, so that a column sums to what the invoices say.
    assert [
        (row["Subject"], row["Net"], row["Tax"], row["Total"], row["Invoice currency"]) for row in planned if row["Net"]
    ] == [
        ("invoice:in_1", "100.00", "19.00", "119.00", "USD"),
        ("invoice:in_2", "100.00", "18.00", "118.00", "USD"),
    ]
    synced = rows("sync")
    assert {row["Subject"] for row in synced if row["Became"] == "posted"} >= {"invoice:in_1"}
    headings = " ".join([*planned[0], *synced[0]])
    assert [each for each in ("Record", "Vendor", "Brex") if each in headings] == []
    (made,) = books.invoices
    assert [(row["Invoice"], row["In Rillet"]) for row in rows("status")] == [
        ("invoice:in_1", f"invoices {made.id}"),
        ("invoice:in_2", ""),
    ]


def test_sync_of_one_invoice_repeats_it(run: Run, books: rillet.testing.StandIn) -> None:
    run("sync")
    (made,) = books.invoices
    books.client().invoices.delete(made.id)

    code, told = run("sync", "in_1")

    assert (code, told["posted"]) == (0, 1)
    assert [each.invoice_number for each in books.invoices] == ["A-001"]


def test_stripes_json_is_read_with_its_credit_notes(run: Run, books: rillet.testing.StandIn, tmp_path: Path) -> None:
    lines = [
        json.dumps(each) for each in (stripe_invoice(), CREDIT_NOTE, {**CREDIT_NOTE, "id": "cn_2", "invoice": "in_7"})
    ]
    (tmp_path / "stripe.jsonl").write_text("\n".join(lines), encoding="utf-8")

    code, told = run("sync", invoices="stripe.jsonl")

    assert code == 1
    assert [each["text"] for each in told["problems"]] == [
        "its invoice 'in_7', which tells of its customer, is not in the file"
    ]
    ((made,), (memo,)) = books.invoices, books.credit_memos
    assert memo.applied_amount.amount == 5
    assert made.amount_due.amount == 114
    (tmp_path / "stripe.json").write_text(json.dumps({"object": "list", "data": [stripe_invoice()]}), encoding="utf-8")
    assert run("sync", invoices="stripe.json") == (
        0,
        {"posted": 0, "already_there": 1, "stopped": None, "problems": []},
    )


def test_a_credit_note_of_stripe_is_of_the_product_of_the_line_that_it_credits(
    run: Run, books: rillet.testing.StandIn, tmp_path: Path
) -> None:
    line = {**CREDIT_NOTE["lines"]["data"][0], "id": "cnli_1", "invoice_line_item": "il_1"}
    del line["pricing"]
    told = {"invoices": [stripe_invoice()], "credit_notes": [{**CREDIT_NOTE, "lines": {"data": [line]}}]}
    (tmp_path / "stripe.json").write_text(json.dumps(told), encoding="utf-8")

    code, _ = run("sync", invoices="stripe.json")

    ((product,), (invoice,), (memo,)) = books.products, books.invoices, books.credit_memos
    assert (code, invoice.items[0].product_id, memo.items[0].product_id) == (0, product.id, product.id)


@pytest.mark.usefixtures("books")
def test_a_credit_note_whose_line_has_no_product_says_what_helps(run: Run, tmp_path: Path) -> None:
    """Create_products does not, and what of it is applied is no fault of its own."""
    line = {**CREDIT_NOTE["lines"]["data"][0]}
    del line["pricing"]
    told = {"invoices": [stripe_invoice()], "credit_notes": [{**CREDIT_NOTE, "lines": {"data": [line]}}]}
    (tmp_path / "stripe.json").write_text(json.dumps(told), encoding="utf-8")

    code, shown = run("sync", invoices="stripe.json")

    assert (code, [each["text"] for each in shown["problems"]]) == (
        1,
        ["a line has no product; set default_product to the product of such lines"],
    )


@pytest.mark.parametrize(
    "shape",
    [
        {"invoices": [stripe_invoice()], "credit_notes": [CREDIT_NOTE]},
        {
            "credit_notes": {"object": "list", "data": [CREDIT_NOTE]},
            "invoices": {"object": "list", "data": [stripe_invoice()]},
        },
        {"invoices": [stripe_invoice()], "credit_notes": [{**CREDIT_NOTE, "object": None}]},
        [{**stripe_invoice()}, {**CREDIT_NOTE}],
    ],
    ids=["both", "lists of Stripe's API", "without the name of the object", "a list"],
)
def test_invoices_and_credit_notes_in_one_body(
    run: Run, books: rillet.testing.StandIn, tmp_path: Path, shape: object
) -> None:
    (tmp_path / "both.json").write_text(json.dumps(shape), encoding="utf-8")

    assert run("sync", invoices="both.json") == (0, {"posted": 2, "already_there": 0, "stopped": None, "problems": []})
    assert [each.amount_due.amount for each in books.invoices] == [114]


def test_an_event_of_stripe_holds_its_invoice(run: Run, books: rillet.testing.StandIn, tmp_path: Path) -> None:
    event = {"id": "evt_1", "object": "event", "type": "invoice.finalized", "data": {"object": stripe_invoice()}}
    (tmp_path / "event.json").write_text(json.dumps(event), encoding="utf-8")

    assert run("sync", invoices="event.json")[0] == 0
    assert [each.invoice_number for each in books.invoices] == ["A-001"]


@pytest.mark.usefixtures("books")
@pytest.mark.parametrize(
    "shape",
    [
        {},
        {"bills": []},
        {"invoices": {"in_1": {}}},
        {"invoices": [], "credit_memos": []},
        {"object": "list", "data": "in_1"},
        {"object": "event", "data": {}},
        "in_1",
    ],
    ids=str,
)
def test_a_body_of_another_shape_is_told_which_one_is_read(run: Run, tmp_path: Path, shape: object) -> None:
    (tmp_path / "wrong.json").write_text(json.dumps(shape), encoding="utf-8")

    code, told = run("plan", invoices="wrong.json")

    assert code == 2
    assert 'write {"invoices": [...], "credit_notes": [...]}' in " ".join(told.split())


@pytest.mark.parametrize("as_csv", [False, True])
def test_a_plan_with_what_cannot_be_read_is_not_complete(
    run: Run, books: rillet.testing.StandIn, tmp_path: Path, *, as_csv: bool
) -> None:
    (tmp_path / "invoices.csv").write_text(CSV.replace("18.00", chr(34) + "19,00" + chr(34)), encoding="utf-8")
    file = tmp_path / "rows.csv"

    code, told = run("plan", *(["--csv", str(file)] if as_csv else []))

    why = "invoices.csv line 3: tax is '19,00', not a number with a point such as 1250.00"
    assert code == 1
    assert books.invoices == ()
    if as_csv:
        rows = list(csv.DictReader(file.read_text(encoding="utf-8").splitlines()))
        assert [(row["Subject"], row["Why"]) for row in rows if row["Outcome"] == "cannot be read"] == [("in_2", why)]
    else:
        assert told["unreadable"] == [{"id": "in_2", "why": why}]


@pytest.mark.usefixtures("books")
def test_what_is_no_file_of_invoices_is_named(run: Run, tmp_path: Path) -> None:
    (tmp_path / "wrong.json").write_text("{\nnot json", encoding="utf-8")

    code, told = run("plan", invoices="wrong.json")

    assert code == 2
    assert "wrong.json: it is neither JSON nor an object on each line" in told


@pytest.mark.usefixtures("books")
def test_tables_for_people(tmp_path: Path, run: Run) -> None:
    run("plan")
    place = ["--journal", str(tmp_path / "journal.db")]
    files = ["--settings", str(tmp_path / "settings.toml"), "--invoices", str(tmp_path / "invoices.csv")]
    shown = [
        invoke("billing", *arguments).output
        for arguments in (["plan", *files], ["sync", *files, *place], ["status", *place])
    ]

    assert "cus_1 Acme" in shown[0]
    assert "to post: 100.00 net, 19.00 tax, 119.00 USD in total" in shown[0]
    assert "invalid_invoice" in shown[1]
    assert "in Rillet" in shown[2]


def test_nothing_that_others_named_is_taken_for_markup(tmp_path: Path, run: Run, books: rillet.testing.StandIn) -> None:
    """Rich takes ``[/]`` for the end of a style that has not begun, and leaves out ``[entities]``."""
    hostile = (
        CSV.replace(",Acme,", ",[/] Acme,").replace("in_2,", "[red]in_2,").replace("prod_1,100.00,18", ",100.00,18")
    )
    (tmp_path / "invoices.csv").write_text(hostile, encoding="utf-8")
    settings = SETTINGS.replace("create_products = true", "") + '[[products]]\nbilling = "prod_1"\nrillet = "[/]"\n'
    (tmp_path / "settings.toml").write_text(settings, encoding="utf-8")
    place = ["--journal", str(tmp_path / "journal.db")]
    files = ["--settings", str(tmp_path / "settings.toml"), "--invoices", str(tmp_path / "invoices.csv")]

    planned = invoke("billing", "plan", *files)
    synced = invoke("billing", "sync", *files, *place)
    status = invoke("billing", "status", *place, *files[2:])
    checked = invoke("billing", "check", *files[:2])

    for done in (planned, synced, status):
        assert done.exit_code in {0, 1}, done.output
        assert "[red]in_2" in done.output
        assert "[[products]] maps 'prod_1' to '[/]'" in done.output
    assert "the product '[/]'" in checked.output
    (tmp_path / "settings.toml").write_text(SETTINGS, encoding="utf-8")
    assert "cus_1 [/] Acme" in invoke("billing", "plan", *files).output
    assert books.invoices == ()


def test_check_names_what_is_missing(run: Run, books: rillet.testing.StandIn, tmp_path: Path) -> None:
    arguments = ["billing", "check", "--settings", str(tmp_path / "settings.toml"), "--json"]
    done = invoke(*arguments)
    assert done.exit_code == 0
    assert run("sync")[0] == 1
    (tmp_path / "settings.toml").write_text(SETTINGS.replace("DE19", "FR20"), encoding="utf-8")

    done = invoke(*arguments)

    assert done.exit_code == 1
    wrong = [each for each in json.loads(done.stdout)["items"] if each["state"] == "missing"]
    assert [(each["name"], each["place"]) for each in wrong] == [("tax rate FR20", "Rillet → Settings → Tax rates")]
    assert "not_verifiable" in invoke(*arguments[:-1]).output
    assert len(books.customers) == 1


def test_check_looks_into_the_journal_of_its_namespace(run: Run, books: rillet.testing.StandIn, tmp_path: Path) -> None:
    run("sync", "--namespace", "acme")
    arguments = ["billing", "check", "--settings", str(tmp_path / "settings.toml"), "--json"]
    place = ["--journal", str(tmp_path / "journal.db"), "--namespace"]

    def key(name: str) -> str:
        items = json.loads(invoke(*arguments, *place, name).stdout)["items"]
        return next(str(each["state"]) for each in items if each["name"] == "API key that may write")

    assert (key("acme"), key("beta")) == ("seen", "not_verifiable")
    assert len(books.invoices) == 1


class TestVerify:
    GOOD = CSV.replace(",18.00", ",19.00")

    @pytest.fixture
    def synced(self, run: Run, tmp_path: Path, books: rillet.testing.StandIn) -> rillet.testing.StandIn:
        (tmp_path / "invoices.csv").write_text(self.GOOD, encoding="utf-8")
        assert run("sync")[0] == 0
        return books

    @pytest.mark.usefixtures("synced")
    def test_what_agrees_is_counted(self, run: Run, tmp_path: Path) -> None:
        code, told = run("verify", "--csv", str(tmp_path / "found.csv"))

        assert (code, told["disagreements"], told["compared"]) == (0, [], 2)
        assert told["since"].startswith("20")
        assert (tmp_path / "found.csv").read_text(encoding="utf-8-sig").splitlines() == ["Subject,Verdict,What"]

    def test_an_invoice_that_was_deleted_in_rillet_is_named(
        self, run: Run, synced: rillet.testing.StandIn, tmp_path: Path
    ) -> None:
        lost = next(each for each in synced.invoices if each.invoice_number == "A-002")
        synced.client().invoices.delete(lost.id)
        code, told = run("sync")
        assert (code, told["posted"], told["already_there"]) == (0, 0, 2)

        code, told = run("verify", "--csv", str(tmp_path / "found.csv"))

        (found,) = told["disagreements"]
        assert (code, found["subject"], found["verdict"]) == (1, "invoice:in_2", "deleted_in_rillet")
        rows = list(csv.reader((tmp_path / "found.csv").read_text(encoding="utf-8-sig").splitlines()))
        assert [row[:2] for row in rows] == [["Subject", "Verdict"], ["invoice:in_2", "deleted_in_rillet"]]
        assert run("sync", "in_2")[0] == 0
        assert run("verify")[0] == 0

    @pytest.mark.usefixtures("synced")
    def test_an_invoice_that_the_file_does_not_have_is_named(self, run: Run, tmp_path: Path) -> None:
        (tmp_path / "invoices.csv").write_text("\n".join(self.GOOD.splitlines()[:2]), encoding="utf-8")

        code, told = run("verify")

        assert code == 1
        assert [(each["subject"], each["verdict"]) for each in told["disagreements"]] == [
            ("invoice:in_2", "only_in_rillet")
        ]

    def test_nothing_is_no_agreement(self, run: Run, books: rillet.testing.StandIn, tmp_path: Path) -> None:
        del books
        (tmp_path / "invoices.csv").write_text(CSV.splitlines()[0], encoding="utf-8")
        assert run("verify")[0] == 2
        assert run("sync")[0] == 0

        code, told = run("verify")

        assert (code, told) == (1, {"disagreements": [], "compared": 0, "since": None})

    @pytest.mark.usefixtures("synced")
    def test_people_read_what_was_compared(self, tmp_path: Path) -> None:
        def shown(name: str) -> str:
            files = [f"--settings={tmp_path / 'settings.toml'}", f"--invoices={tmp_path / 'invoices.csv'}"]
            return " ".join(invoke("billing", name, *files, f"--journal={tmp_path / 'journal.db'}").output.split())

        again, agreed = shown("sync"), shown("verify")
        (tmp_path / "invoices.csv").write_text("\n".join(self.GOOD.splitlines()[:2]), encoding="utf-8")
        differing = shown("verify")

        assert "invoices 0 2 0" in again
        assert "Nothing left to post. `billing verify` compares with what Rillet has now." in again
        assert agreed.startswith(
            "Journal, invoices and Rillet agree. Compared: 2 invoices and credit notes that this journal knows, since "
        )
        assert "Disagreements: 1" in differing
        assert "Compared: 2 invoices" in differing
        assert "agree." not in differing


def test_totals_of_a_plan_sum_to_what_rillet_has(run: Run, books: rillet.testing.StandIn, tmp_path: Path) -> None:
    """Without a journal, of an invoice that says neither its tax nor its total too."""
    (tmp_path / "invoices.csv").write_text(CSV.replace(",18.00", ","), encoding="utf-8")
    files = [f"--settings={tmp_path / 'settings.toml'}", f"--invoices={tmp_path / 'invoices.csv'}"]
    assert invoke("billing", "sync", *files).exit_code == 0

    assert invoke("billing", "plan", *files, f"--csv={tmp_path / 'totals.csv'}").exit_code == 0

    rows = list(csv.DictReader((tmp_path / "totals.csv").read_text(encoding="utf-8-sig").splitlines()))
    assert [(each["Code"], each["Net"], each["Tax"], each["Total"]) for each in rows] == [
        ("in_ledger", "100.00", "19.00", "119.00")
    ] * 2
    assert sum(each.total.amount for each in books.invoices) == 238
