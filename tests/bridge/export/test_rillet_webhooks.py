"""What an exporter makes of Rillet's events: a line in the log, and a warning where its work was deleted."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import attrs
import pytest

import rillet.webhooks
from brex_accounting import RecordType
from brex_accounting.testing.records import record
from bridge import Bridge
from bridge.export import (
    Export,
    Journal,
    JournalError,
    NoJournal,
    SqlJournal,
    WebhookApp,
    WebhookReceiver,
    log_rillet_event,
)
from clientkit import codec
from rillet.testing import SECRET as TOKEN
from rillet.webhooks import Entity, EventType
from support.asgi import Ask, ask
from support.companies.exported import SETTINGS, US, Company

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def deletion(bill_id: str) -> Ask:
    """A signed event of Rillet's."""
    content = codec.write(bill_id)
    headers = rillet.webhooks.sign(
        TOKEN, content, entity=Entity.BILL, event=EventType.DELETED, id="event-1", timestamp=NOW
    )
    return Ask(path="/rillet", headers=headers, chunks=(content,))


def books_app(journal: Journal) -> WebhookApp:
    verify = partial(rillet.webhooks.verify, secrets=TOKEN)
    return WebhookApp({"/rillet": WebhookReceiver(verify, partial(log_rillet_event, journal))})


def test_an_event_of_rillet_is_one_line_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)

    assert ask(books_app(NoJournal()), deletion("bill-1")).status == 200
    (line,) = [each for each in caplog.records if each.name == "bridge.export"]
    assert line.getMessage() == "told event_id=event-1 entity=BILL event=DELETED object_id=bill-1"
    assert vars(line)["object_id"] == "bill-1"


def test_a_body_that_cannot_be_read_is_quoted_at_debug_alone(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    content = codec.write({"id": "vendor-1", "name": "ada@example.com"})[:-1]
    headers = rillet.webhooks.sign(
        TOKEN, content, entity=Entity.VENDOR, event=EventType.CREATED, id="event-1", timestamp=NOW
    )

    answered = ask(books_app(NoJournal()), Ask(path="/rillet", headers=headers, chunks=(content,)))

    assert answered.status == 500
    assert "UnreadableWebhookError" in caplog.text
    assert "ada@" not in "".join(each.getMessage() for each in caplog.records if each.levelno > logging.DEBUG)


def signed(body: object, entity: Entity, event: EventType) -> Ask:
    content = codec.write(body)
    headers = rillet.webhooks.sign(TOKEN, content, entity=entity, event=event, id="event-1", timestamp=NOW)
    return Ask(path="/rillet", headers=headers, chunks=(content,))


def test_of_a_body_that_is_newer_than_this_release_the_id_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    newer = signed({"id": "vendor-1", "name": ["ada@example.com"]}, Entity.VENDOR, EventType.CREATED)

    assert ask(books_app(NoJournal()), newer).status == 200
    assert "told event_id=event-1 entity=VENDOR event=CREATED object_id=vendor-1" in caplog.text
    assert "ada@" not in caplog.text


@pytest.mark.parametrize("body", [{"id": 5}, [], {}, None, 7])
def test_a_deletion_that_does_not_tell_of_what_is_a_warning(caplog: pytest.LogCaptureFixture, body: object) -> None:
    assert ask(books_app(NoJournal()), signed(body, Entity.BILL, EventType.DELETED)).status == 200

    (line,) = [each for each in caplog.records if each.levelno == logging.WARNING]
    assert "the event does not tell what: event_id=event-1 entity=BILL" in line.getMessage()


def test_an_event_of_rillet_twice_is_handled_once() -> None:
    handled = list[rillet.webhooks.Event]()
    receiver = WebhookReceiver(partial(rillet.webhooks.verify, secrets=TOKEN), handled.append)
    app = WebhookApp({"/rillet": receiver})

    assert [ask(app, deletion("bill-1")).status for _ in range(2)] == [200, 200]
    assert [each.data for each in handled] == ["bill-1"]


class BrokenJournal(NoJournal):
    """A journal that cannot be read."""

    def by_object(self, object_id: str) -> tuple[()]:
        raise JournalError("the journal is locked")


def test_a_journal_that_cannot_be_read_has_the_event_come_again(caplog: pytest.LogCaptureFixture) -> None:
    assert ask(books_app(BrokenJournal()), deletion("bill-1")).status == 500
    assert "the journal is locked" in caplog.text


def exporting(company: Company, journal: Journal) -> Export:
    settings = attrs.evolve(SETTINGS, entities=(attrs.evolve(US, bank_account="11100"),))
    return Export(company.brex.client(), company.rillet.client(), Bridge(settings), journal=journal)


def exported_card_payment(company: Company, journal: Journal) -> str:
    """The id of the journal entry that an export made of a record."""
    company.brex.add(record(RecordType.CARD_PAYMENT, debits=[("10", ())], credits=[("10", ())], record_id="accr_card"))
    (posted,) = exporting(company, journal).run().posted
    return posted.id


def in_rillet_and_told(
    company: Company, journal: Journal, change: Callable[[rillet.Client], object], *, count: int = 1
) -> None:
    """Have Rillet tell the application of what changes."""

    def receive(headers: Mapping[str, str], body: bytes) -> int:
        return ask(books_app(journal), Ask(path="/rillet", headers=headers, chunks=(body,))).status

    company.rillet.outbox.subscribe(receive)
    change(company.rillet.client())
    assert [each.answers for each in company.rillet.outbox.deliver_due()] == [[200]] * count


def test_what_somebody_deleted_in_rillet_after_its_export_is_a_warning(
    company: Company, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with SqlJournal(str(tmp_path / "journal.db")) as journal:
        entry_id = exported_card_payment(company, journal)

        in_rillet_and_told(company, journal, lambda client: client.journal_entries.delete(entry_id))

    (warning,) = [each.getMessage() for each in caplog.records if each.levelno == logging.WARNING]
    assert f"record_id=accr_card kind=journal-entries object_id={entry_id};" in warning
    assert "replay" in warning


def test_what_was_not_exported_may_be_deleted_without_a_warning(
    company: Company, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with SqlJournal(str(tmp_path / "journal.db")) as journal:
        entry_id = exported_card_payment(company, NoJournal())

        in_rillet_and_told(company, journal, lambda client: client.journal_entries.delete(entry_id))

    assert not [each for each in caplog.records if each.levelno >= logging.WARNING]


def test_what_was_posted_anew_may_be_told_of_late_without_a_warning(
    company: Company, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with SqlJournal(str(tmp_path / "journal.db")) as journal:
        entry_id = exported_card_payment(company, journal)

        def delete_and_replay(client: rillet.Client) -> None:
            client.journal_entries.delete(entry_id)
            assert len(exporting(company, journal).replay("accr_card").posted) == 1

        in_rillet_and_told(company, journal, delete_and_replay, count=2)

    assert not [each for each in caplog.records if each.levelno >= logging.WARNING]
