"""The files of receipts, four ways."""

from __future__ import annotations

import logging

import attrs
import pytest

from brex_accounting import AnswerTooLargeError, Client, ForbiddenError, Receipt, RecordsNotFoundError
from brex_accounting.receipts import ReceiptFile
from brex_accounting.testing import TOKEN, StandIn
from brex_accounting.testing.records import card_expense
from clientkit.testing import Asked, Fault, Respond
from clientkit.wire import Answer
from support.clocks import ManualClock
from support.endpoint_runner import Runner

PDF, JPEG = b"%PDF-1.7 one", b"\xff\xd8\xff two"
EXPIRED = 16 * 60


@pytest.fixture
def kept(standin: StandIn) -> StandIn:
    """A record with two receipts, the first of two files."""
    files = standin.receipt_files
    files.add("receipt_1", PDF)
    first, second = files.add("receipt_1", b""), files.add("receipt_2", JPEG, "image/jpeg")
    standin.add(card_expense("10", record_id="accr_1", receipts=[first, second]))
    return standin


def _files(standin: StandIn) -> list[Asked]:
    return [asked for asked in standin.asked if standin.receipt_files.serves(asked)]


def test_all_files_of_a_record(run: Runner[Client], kept: StandIn) -> None:
    record = run.call(lambda client: client.records.get("accr_1"))
    files = run.call(lambda client: client.receipts.download(record))
    assert files == (
        ReceiptFile(receipt_id="receipt_1", content=PDF, content_type="application/pdf"),
        ReceiptFile(receipt_id="receipt_1", content=b"", content_type="application/pdf"),
        ReceiptFile(receipt_id="receipt_2", content=JPEG, content_type="image/jpeg"),
    )
    assert "PDF" not in repr(files)


def test_the_token_stays_with_the_api(run: Runner[Client], kept: StandIn) -> None:
    (record,) = run.call(lambda client: client.records.list(ids=["accr_1"]))
    run.call(lambda client: client.receipts.download(record))
    assert len(_files(kept)) == 3
    for asked in _files(kept):
        assert asked.headers.keys().isdisjoint({"authorization", "idempotency-key", "cookie"})
        assert TOKEN not in str(asked.headers)


def test_a_record_without_receipts(run: Runner[Client], standin: StandIn) -> None:
    record = card_expense("10")
    assert run.call(lambda client: client.receipts.download(record)) == ()
    assert standin.asked == []


def test_a_link_that_has_expired_is_renewed_once_for_all(
    run: Runner[Client], kept: StandIn, clock: ManualClock
) -> None:
    record = run.call(lambda client: client.records.get("accr_1"))
    clock.advance(EXPIRED)
    files = run.call(lambda client: client.receipts.download(record))
    assert [file.content for file in files] == [PDF, b"", JPEG]
    assert [asked.path for asked in kept.asked] == [
        "/v3/accounting/records/accr_1",
        "/receipt-files/receipt_1/0",
        "/v3/accounting/records/accr_1",
        "/receipt-files/receipt_1/0",
        "/receipt-files/receipt_1/1",
        "/receipt-files/receipt_2/0",
    ]


def test_a_link_that_does_not_work_when_it_is_new(
    run: Runner[Client], kept: StandIn, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    denied = Fault(Respond(Answer(status=403)), matches=lambda asked: asked.path.endswith("receipt_2/0"), times=99)
    kept.faults.append(denied)
    record = run.call(lambda client: client.records.get("accr_1"))
    with pytest.raises(ForbiddenError, match="ask the service for a new link") as caught:
        run.call(lambda client: client.receipts.download(record))
    assert caught.value.path.endswith("/receipt-files/receipt_2/0")
    # The permission is in the query, which shows nowhere.
    link = record.receipts[1].download_uris[0]
    signature = link.partition("signature=")[2]
    assert len(signature) == 64
    assert signature not in f"{caught.value} {caught.value!r} {record!r} {caplog.text}"
    assert "receipt_2/0: 403" in caplog.text


def test_a_receipt_that_is_gone_meanwhile(run: Runner[Client], kept: StandIn, clock: ManualClock) -> None:
    record = run.call(lambda client: client.records.get("accr_1"))
    clock.advance(EXPIRED)
    kept.add(attrs.evolve(kept.records["accr_1"], receipts=()))
    with pytest.raises(ForbiddenError):
        run.call(lambda client: client.receipts.download(record))


def test_a_record_that_is_gone_meanwhile(run: Runner[Client], kept: StandIn, clock: ManualClock) -> None:
    record = run.call(lambda client: client.records.get("accr_1"))
    clock.advance(EXPIRED)
    with pytest.raises(RecordsNotFoundError):
        run.call(lambda client: client.receipts.download(attrs.evolve(record, id="accr_2")))


def test_a_file_beyond_the_bound(run: Runner[Client], kept: StandIn) -> None:
    record = run.call(lambda client: client.records.get("accr_1"))
    whole = run.call(lambda client: client.with_options(max_answer_bytes=len(PDF)).receipts.download(record))
    assert whole[0].content == PDF
    with pytest.raises(AnswerTooLargeError):
        run.call(lambda client: client.with_options(max_answer_bytes=len(PDF) - 1).receipts.download(record))


@pytest.mark.parametrize(
    "link",
    [
        "http://files.example.com/1?signature=secret",
        "ftp://files.example.com/1?signature=secret",
        "https:///1?signature=secret",
        "/1?signature=secret",
        "https://user:secret@files.example.com/1",
    ],
)
def test_a_link_that_is_not_safe_is_not_followed(run: Runner[Client], standin: StandIn, link: str) -> None:
    record = card_expense("10", receipts=[Receipt(id="receipt_1", download_uris=(link,))])
    with pytest.raises(ValueError, match="must be https") as caught:
        run.call(lambda client: client.receipts.download(record))
    assert "secret" not in str(caught.value)
    assert standin.asked == []


def test_the_store_refuses_a_token(run: Runner[Client], kept: StandIn) -> None:
    record = run.call(lambda client: client.records.get("accr_1"))
    path, _, query = record.receipts[0].download_uris[0].partition("?")
    wrong = {name: (value,) for name, _, value in (pair.partition("=") for pair in query.split("&"))}
    asked = Asked(method="GET", path="/" + path.split("/", 3)[3], query=wrong)
    assert kept.receipt_files.answer(asked).status == 200
    assert kept.receipt_files.answer(attrs.evolve(asked, headers={"authorization": "Bearer x"})).status == 400
    assert kept.receipt_files.answer(attrs.evolve(asked, query={**wrong, "signature": ("0",)})).status == 403
