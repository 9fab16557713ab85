"""What the status page shows and does, and to whom: every request is written by hand here."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from decimal import Decimal
from http.client import HTTPConnection
from pathlib import Path

import attrs
import pytest
from typer.testing import CliRunner

pytest.importorskip("starlette", reason="the extra `web` is not installed")

from bridge import ApprovalRule, PageAction
from bridge.export import SqlJournal
from bridge.export.commands.every import app
from bridge.export.web.access import Access, address_of
from bridge.export.web.overview import Status, overview
from clientkit.errors import ConfigurationError
from clientkit.testing import Fault, Respond
from support.companies.changing import Company, MakeCompany, companies
from support.companies.changing_records import bill, charge, entry, payment
from support.companies.exported import refusal
from support.status_page import EPOCH, SECRET, Page, serving

ALL = tuple(PageAction)
LARGE = ApprovalRule(above=Decimal(500))
GRACE, ADA = "grace@example.com", "ada_example@example.com"


@pytest.fixture
def make(tmp_path: Path) -> Iterator[MakeCompany]:
    with companies(tmp_path) as made:
        yield made


def company_of(make: MakeCompany, *, actions: tuple[PageAction, ...] = ALL) -> Company:
    """One record posted, one above the limit, one that nobody has coded rightly, one that nobody has exported yet."""
    company = make(charge("100", id="k1"), charge("600", id="k2"), charge("7", "99999", id="k3"))
    company.settings = attrs.evolve(
        company.settings,
        approvals=(LARGE,),
        page_actions=actions,
        record_link="https://brex.test/r?id={id}",
        rillet_link="https://rillet.test/{kind}/{id}",
    )
    company.run()
    company.brex.add(entry("40", id="e1"))
    return company


@pytest.fixture
def page(make: MakeCompany) -> Iterator[Page]:
    with serving(company_of(make).export()) as served:
        yield served


@pytest.fixture
def locked(make: MakeCompany) -> Iterator[Page]:
    with serving(company_of(make).export(), secret=SECRET) as served:
        yield served


def statuses(page: Page) -> dict[str, Status]:
    return {each.record_id: each.status for each in overview(page.export.journal)}


def test_the_journal_is_shown_at_once_and_what_waits_once_it_was_read(page: Page) -> None:
    assert statuses(page) == {"k1": Status.POSTED, "k2": Status.HELD, "k3": Status.REFUSED}
    before = page.get("/").text
    assert "100.00 USD" in before
    assert "/records/e1" not in before
    assert "Cumulus" not in before

    page.read()

    after = page.get("/").text
    assert 'href="/?status=waiting">Waiting <b>1</b>' in after
    assert "/records/e1" in after
    assert "600.00 USD" in after


def test_a_list_is_filtered_and_searched(page: Page) -> None:
    page.read()

    refused = page.get("/?status=refused").text
    assert "/records/k3" in refused
    assert "/records/k1" not in refused
    found = page.get("/?q=600.00").text
    assert "/records/k2" in found
    assert "/records/k3" not in found
    assert "No record fits." in page.get("/?q=nothing+has+this").text
    assert "/records/k1" in page.get("/?page=99&status=nonsense").text


def test_a_record_has_its_history_and_both_links(page: Page) -> None:
    (posted,) = page.export.journal.attempts("k1")

    shown = page.get("/records/k1").text

    assert 'href="https://brex.test/r?id=k1"' in shown
    assert f'href="https://rillet.test/{posted.kind}/{posted.object_id}"' in shown
    assert "Posted to Rillet" in shown
    assert page.get("/records/unknown").status == 404


def test_what_a_person_dismisses_leaves_the_queue_with_name_and_reason(page: Page) -> None:
    cookie = page.get("/").cookie

    shown = page.done("/records/k3", cookie=cookie, action="dismiss", by=GRACE, why="booked by hand")

    assert "It is dismissed, and Brex was told." in shown.text
    assert statuses(page)["k3"] is Status.DISMISSED
    last = page.export.journal.attempts("k3")[-1]
    assert (last.was_dismissed, last.intended_by, last.error) == (True, GRACE, "booked by hand")
    assert f"{GRACE}: booked by hand" in page.get("/?status=dismissed").text


def test_what_was_dismissed_is_posted_only_when_that_is_confirmed(page: Page) -> None:
    first = page.get("/")
    cookie = first.cookie
    page.done("/records/e1", cookie=cookie, action="dismiss", by=GRACE, why="booked by hand as JE-7")
    shown = page.get("/records/e1")
    assert f"It was dismissed by {GRACE} on " in shown.text
    assert "booked by hand as JE-7 — what was booked for it by hand cannot be found" in shown.text
    assert "Try again" not in shown.text

    unconfirmed = page.post("/records/e1", cookie=cookie, token=first.token, action="retry", by=ADA)
    assert unconfirmed.status == 400
    assert statuses(page)["e1"] is Status.DISMISSED

    done = page.done("/records/e1", cookie=cookie, action="retry", by=ADA, confirmed="yes")
    assert "It is in Rillet now" in done.text
    assert f"Dismissed by {GRACE}" in done.text
    assert f"Taken up again by {ADA}" in done.text


def test_what_was_looked_at_is_approved_by_somebody_else_alone(page: Page) -> None:
    cookie = page.get("/").cookie
    looked = page.done("/records/k2", cookie=cookie, action="read")
    assert "600.00 USD" in looked.text

    own = page.done("/records/k2", cookie=cookie, action="approve", by=ADA, seen=looked.seen)
    assert "somebody else has to approve it" in own.text
    assert statuses(page)["k2"] is Status.HELD
    looked = page.done("/records/k2", cookie=cookie, action="read")
    shown = page.done("/records/k2", cookie=cookie, action="approve", by=GRACE, seen=looked.seen)

    assert f"{GRACE} has approved it" in shown.text
    assert f"Approved by {GRACE}" in shown.text
    assert statuses(page)["k2"] is Status.WAITING
    assert "k2" in [each.record.id for each in page.export.run().posted]


def test_an_approval_is_for_what_was_looked_at(make: MakeCompany) -> None:
    company = company_of(make)
    with serving(company.export()) as page:
        cookie = page.get("/").cookie
        looked = page.done("/records/k2", cookie=cookie, action="read")
        company.brex.add(charge("6000", id="k2"))

        shown = page.done("/records/k2", cookie=cookie, action="approve", by=GRACE, seen=looked.seen)

        assert "look at it again" in shown.text
        assert statuses(page)["k2"] is Status.HELD
        unseen = page.post("/records/k2", cookie=cookie, token=page.get("/").token, action="approve", by=GRACE)
        assert unseen.status == 403


def test_a_record_is_held_and_tried_again(page: Page) -> None:
    cookie = page.get("/").cookie
    page.read()

    held = page.done("/records/e1", cookie=cookie, action="hold", by=GRACE, why="is it ours?")
    assert "It is not posted until somebody else approves it." in held.text
    assert statuses(page)["e1"] is Status.HELD
    again = page.done("/records/k3", cookie=cookie, action="retry", by=GRACE)

    assert '<p class="notice bad" id="done" role="alert">It is not posted: it is coded to' in again.text
    assert "99999" in again.text


def test_the_settings_say_what_may_be_done(make: MakeCompany) -> None:
    with serving(company_of(make, actions=()).export()) as page:
        first = page.get("/")
        shown = page.get("/records/k3").text
        assert "Dismiss" not in shown

        for action in (*PageAction, "delete"):
            answer = page.post(
                "/records/k3", cookie=first.cookie, token=first.token, action=action, by=GRACE, why="x", seen="x"
            )
            assert (answer.status, "page_actions" in answer.text) == (403, True)
        assert statuses(page)["k3"] is Status.REFUSED


def test_nothing_is_done_without_name_and_reason(page: Page) -> None:
    first = page.get("/")
    forms = [
        ({"action": "dismiss", "why": "by hand"}, "Say who you are"),
        ({"action": "dismiss", "by": GRACE}, "Say why"),
        ({"action": "hold", "by": GRACE, "why": "  "}, "Say why"),
        ({"action": "approve", "by": GRACE}, "Look at what is to be posted"),
    ]

    for form, said in forms:
        answer = page.post("/records/k3", cookie=first.cookie, token=first.token, **form)
        assert (answer.status, said in answer.text) == (400, True)


def test_differences_of_a_month_are_compared_when_asked_for(page: Page) -> None:
    cookie = page.get("/").cookie
    assert "has not been compared yet" in page.get("/reconcile?period=2026-02").text
    assert page.get("/reconcile.csv?period=2026-02").status == 404

    shown = page.done("/reconcile", cookie=cookie, period="2026-02")

    assert "all explained" in shown.text
    assert "/records/k2" in shown.text
    table = page.get("/reconcile.csv?period=2026-02")
    assert table.headers["content-type"].startswith("text/csv")
    assert table.text.startswith("subsidiary,account,name,")
    assert page.get("/reconcile?period=October").status == 400


def test_a_failed_reading_leaves_the_last_one_with_its_time(make: MakeCompany) -> None:
    company = company_of(make)
    with serving(company.export()) as page:
        page.read()
        company.brex.faults.append(Fault(Respond(refusal(401)), times=99))
        page.read()

        shown = page.get("/").text

        assert "The last reading did not work" in shown
        assert "/records/e1" in shown


def test_the_amount_is_that_which_was_posted_last(make: MakeCompany) -> None:
    company = company_of(make)
    with serving(company.export()) as page:
        page.read()
        company.change(charge("110", id="k1"))
        company.run()

        (shown,) = [each for each in page.get("/?q=k1").text.split("<tr") if "/records/k1" in each]

        assert "110.00 USD" in shown
        page.read()
        assert "110.00 USD" in page.get("/?q=k1").text


PATHS = ("/", "/?q=k", "/records/k1", "/records/unknown", "/reconcile", "/reconcile.csv?period=2026-02")


def test_without_the_secret_there_is_nothing_to_see(locked: Page) -> None:
    for cookie in ("", "brex-rillet=x.9999999999..00", "brex-rillet=" + "a" * 200):
        for path in PATHS:
            answer = locked.get(path, cookie=cookie)
            assert (answer.status, answer.headers["location"], answer.text) == (303, "/sign-in", "")


def test_with_the_secret_people_are_who_they_signed_in_as(locked: Page) -> None:
    assert locked.post("/sign-in", name=GRACE, secret="wrong").status == 403
    assert locked.post("/sign-in", name=" ", secret=SECRET).status == 403
    signed_in = locked.post("/sign-in", name=ADA, secret=SECRET)
    assert (signed_in.status, "HttpOnly" in signed_in.headers["set-cookie"]) == (303, True)
    assert "samesite=strict" in signed_in.headers["set-cookie"].lower()

    looked = locked.done("/records/k2", cookie=signed_in.cookie, action="read")
    assert ADA in looked.text
    # The name in a form does not count.
    shown = locked.done("/records/k2", cookie=signed_in.cookie, action="approve", by=GRACE, seen=looked.seen)

    assert "somebody else has to approve it" in shown.text
    locked.seconds += 13 * 3600
    assert locked.get("/", cookie=signed_in.cookie).status == 303


def test_secrets_cannot_be_tried_out(locked: Page) -> None:
    for _ in range(10):
        assert locked.post("/sign-in", name=GRACE, secret="guess").status == 403
    assert locked.post("/sign-in", name=GRACE, secret=SECRET).status == 403

    locked.seconds += 61

    assert locked.post("/sign-in", name=GRACE, secret=SECRET).status == 303


def test_the_page_answers_to_its_own_names_alone(page: Page) -> None:
    for host in ("evil.example", f"evil.example:{page.port}", "127.0.0.1", "127.0.0.1:1", f"x@127.0.0.1:{page.port}"):
        for path in ("/", "/records/k1", "/sign-in", "/style.css"):
            answer = page.get(path, host=host)
            assert (answer.status, "k1" in answer.text) == (421, False)
    assert page.get("/", host=f"LocalHost:{page.port}").status == 200


def test_forms_of_other_pages_do_nothing(page: Page) -> None:
    first, other = page.get("/"), page.get("/")
    form = {"action": "dismiss", "by": GRACE, "why": "x"}
    foreign = ("https://evil.example", "null", f"http://127.0.0.1:{page.port + 1}", f"https://127.0.0.1:{page.port}")

    for origin in (None, *foreign):
        answer = page.post("/records/k3", cookie=first.cookie, origin=origin, token=first.token, **form)
        assert answer.status == 403
    for cookie, token in (
        (first.cookie, ""),
        (first.cookie, other.token),
        ("", first.token),
        (other.cookie, first.token),
    ):
        assert page.post("/records/k3", cookie=cookie, token=token, **form).status == 403
    assert page.post("/read", cookie=first.cookie, token="").status == 403
    assert page.post("/sign-in", origin="https://evil.example", name=GRACE, secret=SECRET).status == 403

    assert statuses(page)["k3"] is Status.REFUSED
    assert page.background.tasks() == {}


def test_every_answer_forbids_scripts_and_frames(page: Page) -> None:
    answers = [page.get(path) for path in ("/", "/records/k1", "/nowhere", "/style.css", "/reconcile", "/sign-in")]
    answers.append(page.post("/records/k3", origin=None))
    long = page.post("/records/k3", why="x" * 30_000)

    assert long.status == 413
    for answer in (*answers, long):
        policy = answer.headers["content-security-policy"]
        assert policy.startswith("default-src 'none'; style-src 'self'; form-action 'self';")
        assert "frame-ancestors 'none'" in policy
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    ("host", "origin", "secret", "said"),
    [
        ("0.0.0.0", None, None, "sign in"),
        ("192.0.2.7", "https://books.example.com", None, "sign in"),
        ("127.0.0.1", "https://books.example.com", None, "sign in"),
        ("books.example.com", None, None, "sign in"),
        ("0.0.0.0", None, SECRET, "--origin"),
        ("0.0.0.0", "http://books.example.com", SECRET, "HTTPS"),
        ("0.0.0.0", "https://books.example.com/page", SECRET, "--origin"),
        ("0.0.0.0", "books.example.com", SECRET, "--origin"),
        ("127.0.0.1", None, "short", "characters"),
    ],
)
def test_a_page_for_others_needs_a_secret_and_a_name(
    host: str, origin: str | None, secret: str | None, said: str
) -> None:
    with pytest.raises(ConfigurationError, match=said):
        address_of(host, 8321, origin=origin, secret=secret)


def test_behind_a_proxy_the_page_is_known_by_its_origin_alone() -> None:
    access = Access(
        address_of("0.0.0.0", 80, origin="https://Books.example.com/", secret=SECRET), SECRET, clock=lambda: EPOCH
    )

    assert access.is_known_host("books.example.com")
    assert access.is_own_origin("https://books.example.com")
    assert access.address.is_https
    assert not access.is_known_host("127.0.0.1:80")
    assert not access.is_own_origin("http://books.example.com")


SETTINGS = """
[[entities]]
name = "US"
subsidiary = "Example Inc."
card_account = "21120"
reimbursement_account = "21340"
"""


def test_the_command_refuses_to_serve_others_without_a_secret(tmp_path: Path) -> None:
    settings, journal = tmp_path / "settings.toml", tmp_path / "export.db"
    settings.write_text(SETTINGS)
    SqlJournal(str(journal)).close()
    options = ["--settings", str(settings), "--journal", str(journal), "--listen", "0.0.0.0:8321"]

    done = CliRunner().invoke(app, ["serve", *options], env={"BREX_RILLET_WEB_SECRET": ""})

    assert done.exit_code == 2
    assert "BREX_RILLET_WEB_SECRET" in done.output


def test_the_payment_of_a_bill_is_called_so(make: MakeCompany) -> None:
    company = make(bill("50"))
    company.run()
    company.brex.add(payment("50"))
    assert company.run().complete
    with serving(company.export()) as page:
        assert "<small>payments</small>" in page.get("/?status=posted").text


@pytest.mark.skipif(sys.platform == "win32", reason="signals are sent")
def test_the_command_serves_until_a_signal(make: MakeCompany, tmp_path: Path) -> None:
    company = company_of(make)
    settings, journal = tmp_path / "settings.toml", tmp_path / "export.db"
    settings.write_text(SETTINGS)
    SqlJournal(str(journal)).close()
    with socket.create_server(("127.0.0.1", 0)) as door:
        port: int = door.getsockname()[1]
    with company.brex.serve() as brex_url, company.rillet.serve() as rillet_url:
        variables = {
            "BREX_TOKEN": company.brex.token,
            "BREX_BASE_URL": brex_url,
            "RILLET_API_KEY": company.rillet.api_key,
            "RILLET_BASE_URL": rillet_url,
        }
        options = ["--settings", str(settings), "--journal", str(journal), "--listen", f"127.0.0.1:{port}"]
        words = [sys.executable, "-c", "from bridge.export.cli import main; main()", "serve", *options]
        with subprocess.Popen(words, env={**os.environ, **variables}, stderr=subprocess.PIPE, text=True) as process:
            assert process.stderr is not None
            assert process.stderr.readline() == f"The page is at http://127.0.0.1:{port} (Ctrl-C ends it)\n"

            def shown() -> str:
                connection = HTTPConnection("127.0.0.1", port, timeout=30)
                connection.request("GET", "/")
                with closing(connection), connection.getresponse() as answer:
                    assert answer.status == 200
                    return answer.read().decode()

            assert 'id="outdated"' not in shown()
            settings.write_text(settings.read_text(encoding="utf-8") + "# mended\n", encoding="utf-8")
            assert "The settings or the rates were changed since this page was started." in shown()
            process.send_signal(signal.SIGINT)
            assert process.wait(30) == 0
