"""Payments of reimbursements and receipts of charges against the stand-in."""

from __future__ import annotations

from decimal import Decimal

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clientkit.testing import Asked
from rillet import BadRequestError, ClearingStatus, Client, DocumentStatus, Money, NotFoundError
from rillet.testing import StandIn
from support.endpoint_runner import Runner
from support.rillet.books import CHARGE, EUR_TO_USD, PAYABLE, REIMBURSEMENT, books, item
from support.rillet.documents import BANK, dollars, payment

OWED = attrs.evolve(REIMBURSEMENT, items=[item("12.30")])
cents = st.integers(-50, 1500).map(lambda amount: f"{Decimal(amount) / 100:.2f}")


def test_a_payment_from_beginning_to_end(run: Runner[Client], standin: StandIn) -> None:
    owed = run.call(lambda client: client.reimbursements.create(OWED))
    paid = run.call(lambda client: client.reimbursements.create_payment(owed.id, payment("12.00")))

    assert (paid.reimbursement_id, paid.amount, paid.account_code) == (owed.id, dollars("12"), BANK)
    assert paid.status is ClearingStatus.UNCLEARED
    assert run.call(lambda client: client.reimbursements.list_payments(owed.id)) == [paid]
    assert run.call(lambda client: client.reimbursements.get(owed.id)).status is DocumentStatus.PARTIALLY_PAID
    assert (standin.ledger.balance(PAYABLE), standin.ledger.balance(BANK)) == (Decimal("-0.30"), Decimal(-12))
    with pytest.raises(BadRequestError, match="unpaid"):
        run.call(lambda client: client.reimbursements.delete(owed.id))

    run.call(lambda client: client.reimbursements.create_payment(owed.id, payment("0.30")))
    assert run.call(lambda client: client.reimbursements.get(owed.id)).status is DocumentStatus.PAID

    run.call(lambda client: client.reimbursements.delete_payment(owed.id, paid.id))
    assert run.call(lambda client: client.reimbursements.get(owed.id)).status is DocumentStatus.PARTIALLY_PAID
    with pytest.raises(NotFoundError):
        run.call(lambda client: client.reimbursements.delete_payment(owed.id, paid.id))


@given(steps=st.lists(cents, max_size=8), deleted=st.sets(st.integers(0, 7)))
def test_the_status_is_a_function_of_the_payments(steps: list[str], deleted: set[int]) -> None:
    standin = books()
    client = standin.client()
    owed = client.reimbursements.create(OWED)
    left = Decimal("12.30")
    for index, amount in enumerate(steps):
        value = Decimal(amount)
        if not 0 < value <= left:
            with pytest.raises(BadRequestError):
                client.reimbursements.create_payment(owed.id, payment(amount))
            continue
        paid = client.reimbursements.create_payment(owed.id, payment(amount))
        if index in deleted:
            client.reimbursements.delete_payment(owed.id, paid.id)
        else:
            left -= value

    status = {Decimal("12.30"): DocumentStatus.UNPAID, Decimal(0): DocumentStatus.PAID}
    assert client.reimbursements.get(owed.id).status is status.get(left, DocumentStatus.PARTIALLY_PAID)
    assert standin.ledger.balance(PAYABLE) == -left
    assert sum(each.amount.amount for each in client.reimbursements.list_payments(owed.id)) == Decimal("12.30") - left


def test_a_cleared_payment_stays(standin: StandIn) -> None:
    client = standin.client()
    owed = client.reimbursements.create(OWED)
    paid = client.reimbursements.create_payment(owed.id, payment("1.00"))
    standin.clear_payment(paid.id)
    with pytest.raises(BadRequestError, match="uncleared"):
        client.reimbursements.delete_payment(owed.id, paid.id)


def test_a_foreign_reimbursement_is_paid_at_its_own_rate(standin: StandIn) -> None:
    client = standin.client()
    owed = client.reimbursements.create(
        attrs.evolve(REIMBURSEMENT, items=[item("10.00", "EUR")], exchange_rate=EUR_TO_USD)
    )
    paid = client.reimbursements.create_payment(owed.id, payment("10.00", "EUR"))
    assert [each.local for each in standin.ledger.of(paid.id)] == [Money(Decimal("10.84"), "USD")] * 2


def test_a_receipt_is_kept_for_inspection(run: Runner[Client], standin: StandIn) -> None:
    made = run.call(lambda client: client.charges.create(CHARGE))
    run.call(lambda client: client.charges.upload_document(made.id, "r.png", b"\x89PNG\r\n\x1a\n", "image/png"))

    (found,) = standin.attachments
    assert (found.document_id, found.filename, found.content) == (made.id, "r.png", b"\x89PNG\r\n\x1a\n")
    assert "PNG" not in repr(found)
    with pytest.raises(BadRequestError, match="not supported"):
        run.call(lambda client: client.charges.upload_document(made.id, "r.txt", b"paid", "text/plain"))


@given(
    content=st.binary(max_size=60),
    name=st.text(min_size=1, max_size=12).filter(lambda text: text.isprintable() and "%" not in text),
)
def test_files_arrive_as_they_are(content: bytes, name: str) -> None:
    standin = books()
    client = standin.client()
    made = client.charges.create(CHARGE)
    client.charges.upload_document(made.id, name, content, "application/pdf")
    (found,) = standin.attachments
    assert (found.filename, found.content) == (name, content)


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        ("application/json", b"{}"),
        ("multipart/form-data", b""),
        ("multipart/form-data; boundary=x", b"--x--\r\n"),
        (
            "multipart/form-data; boundary=x",
            b'--x\r\nContent-Disposition: form-data; name="other"\r\n\r\n1\r\n--x--\r\n',
        ),
    ],
)
def test_a_body_without_a_file_is_refused(standin: StandIn, kind: str, content: bytes) -> None:
    made = standin.client().charges.create(CHARGE)
    headers = {"authorization": f"Bearer {standin.api_key}", "content-type": kind}
    answer = standin.respond(Asked(method="POST", path=f"/charges/{made.id}", headers=headers, content=content))
    assert (answer.status, standin.attachments) == (400, ())
