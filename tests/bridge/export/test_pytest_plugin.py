"""The fixtures that users of the package get in their own tests."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]

USERS_TEST = """
from datetime import UTC, datetime, timedelta

from brex_accounting import MemoryTokenStore, OAuth, NewWebhookSubscription, WebhookEventType, webhooks
from brex_accounting.testing.records import card_expense, gl
from bridge import Bridge, Entity, Settings
from bridge.export import Export

US = Entity(name="US", subsidiary="Example Inc.", card_account="21120", reimbursement_account="21340")


def test_a_record_is_posted_once_whatever_breaks(brex, rillet_books, brex_client, rillet_client, break_service):
    brex.add(card_expense("42.75", coding=[gl("61000")]))
    break_service(rillet_books, status=503, path="/charges", times=2)
    export = Export(brex_client, rillet_client, Bridge(Settings(entities=(US,))))
    assert export.run().complete
    assert export.run().counts.posted == 0
    assert len(rillet_books.charges) == 1


def test_time_passes_when_the_test_says_so(service_clock, rillet_client):
    before = service_clock.now()
    service_clock.advance(timedelta(hours=25))
    assert service_clock.now() - before == timedelta(hours=25)
    assert rillet_client.organization.get().trade_name


def test_a_receiver_that_goes_by_the_real_time_takes_a_webhook(brex, brex_client, service_clock):
    service_clock.advance(datetime.now(UTC) - service_clock.now())
    url, received = "https://books.example.com/brex", []
    ready = WebhookEventType.ACCOUNTING_RECORD_READY_FOR_EXPORT
    brex_client.webhook_subscriptions.create(NewWebhookSubscription(url=url, event_types=[ready]))

    def receive(headers, body):
        received.append(webhooks.verify(headers, body, brex.webhooks.secret))
        return 200

    brex.outbox.listen(url, receive)
    brex.add(card_expense("42.75", record_id="accr_1"))
    (delivery,) = brex.outbox.deliver_due()
    assert delivery.answers == [200]
    assert received[0].record_ids == ("accr_1",)


def test_only_the_method_that_is_named_breaks(brex, rillet_books, brex_client, rillet_client, break_service):
    brex.add(card_expense("42.75", coding=[gl("61000")]))
    break_service(rillet_books, status=503, path="/charges", method="POST", times=99)
    outcome = Export(brex_client, rillet_client, Bridge(Settings(entities=(US,)))).run()
    assert (outcome.counts.failed, outcome.stop_code) == (1, None)
    assert not rillet_books.charges


def test_tokens_age_by_the_same_time(brex, service_clock):
    store = MemoryTokenStore(brex.oauth.tokens())
    oauth = OAuth(brex.oauth.app(), store, clocks=service_clock.clocks())
    with brex.client(token=oauth, sleep=service_clock.sleep) as client:
        client.company.get()
        assert brex.oauth.granted == 0
        service_clock.advance(timedelta(hours=1))
        client.company.get()
        assert brex.oauth.granted == 1


def test_each_test_begins_anew(brex, rillet_books):
    assert not brex.records
    assert not rillet_books.charges
"""


def test_users_tests_need_no_conftest(tmp_path: Path) -> None:
    (tmp_path / "test_mine.py").write_text(USERS_TEST, encoding="utf-8")
    # The entry point is another name of the same plugin, where the package is installed.
    # One of anyio warns of a coming release of pytest.
    plugin = ["-p", "no:anyio", "-p", "no:brex_rillet", "-p", "bridge.export.pytest_plugin", "-p", "no:cacheprovider"]
    command = [sys.executable, "-W", "error", "-m", "pytest", "-q", *plugin, str(tmp_path)]

    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, timeout=120)

    assert done.returncode == 0, done.stdout + done.stderr
    assert "6 passed" in done.stdout


def test_the_plugin_is_found_where_the_package_is_installed() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["entry-points"]["pytest11"] == {"brex_rillet": "bridge.export.pytest_plugin"}


def test_the_plugin_costs_next_to_nothing_before_a_test_asks() -> None:
    code = "import sys, bridge.export.pytest_plugin; print({'httpx', 'cattrs', 'sqlalchemy', 'rillet.client'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
