"""A bill that Rillet has in an older version: when it differs from what Brex has, and by what it is replaced."""

from __future__ import annotations

import pickle
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from brex_accounting import Record, RecordVendor
from brex_accounting.testing.records import dimension, gl
from bridge import BillDocument, Bridge, Found, PlannedVendor, Skip, found
from bridge.coding import code
from bridge.decisions import Findings
from bridge.postings import summed
from rillet import Bill, BillStatus, BillUpdate, ExternalReference, Period
from support.companies.small import BOOKS, WHOLE, WHOLE_UK, billed, dollars, expense, first_line, owed, posted

OTHERS = (
    ExternalReference(type="crm", id="deal-7", url="https://example.com/deal-7"),
    ExternalReference(type="brex", id="somebody's note"),
)


def edited(amount: str = "12", version: int = 3) -> Record:
    """The bill's record after an edit in Brex."""
    return attrs.evolve(billed(amount), version=version)


def made_of(record: Record, by: Bridge = WHOLE) -> BillDocument:
    document = posted(by.outcome(record, BOOKS)).document
    assert isinstance(document, BillDocument)
    return document


def first_version(**changes: Any) -> Bill:
    """What Rillet has after the export of the record's version 2."""
    (item,) = owed().items
    bill = attrs.evolve(
        owed(),
        items=(attrs.evolve(item, description="Sample Stationery"),),
        impact_date=date(2026, 2, 3),
        external_references=tuple(made_of(billed()).payload.bill.external_references),
    )
    return attrs.evolve(bill, **changes)


def there(bill: Bill) -> Found:
    return found("bills", bill, reference_type="brex")


def replaced(record: Record, present: Bill, by: Bridge = WHOLE) -> BillUpdate:
    request = made_of(record, by).replace(there(present))
    assert (request.method, request.path) == ("PUT", "/bills/b-1")
    assert isinstance(request.body, BillUpdate)
    return request.body


def differences(record: Record, present: Bill, by: Bridge = WHOLE) -> tuple[str, ...]:
    return made_of(record, by).form().differences(there(present).form)


def written(present: Bill, update: BillUpdate) -> Bill:
    """The bill after it was replaced."""
    (line,) = present.items
    (item,) = update.items
    return attrs.evolve(
        present,
        items=(attrs.evolve(line, amount=item.amount),),
        external_references=tuple(update.external_references),
    )


def test_a_newer_version_replaces_the_bill() -> None:
    update = replaced(edited(), first_version())

    assert [(item.account_code, item.amount.amount) for item in update.items] == [("6100", Decimal(12))]
    assert update.impact_date == date(2026, 2, 3)
    ids = [each.id for each in update.external_references]
    assert ids == ["accr_bill", "expense_bill", f"accr_bill v3 {made_of(edited()).form().digest()}"]


def test_the_bill_says_which_version_it_shows() -> None:
    def version_shown(bill: Bill) -> int | None:
        mark = there(bill).mark
        assert mark is not None
        assert mark.subject == "accr_bill"
        return mark.version

    present = first_version()
    assert version_shown(present) == 2
    after = attrs.evolve(present, external_references=tuple(replaced(edited(version=10), present).external_references))
    assert version_shown(after) == 10
    assert version_shown(owed()) is None
    strange = (ExternalReference(type="brex", id="accr_bill vague"), *owed().external_references)
    assert version_shown(attrs.evolve(owed(), external_references=strange[1:])) is None
    assert there(attrs.evolve(owed(), external_references=strange)).sources >= {"expense_bill"}


def test_the_mark_of_an_earlier_release_gives_way() -> None:
    old = tuple(ExternalReference(type="brex", id=each) for each in ("accr_bill", "expense_bill", "accr_bill v2"))
    present = first_version(external_references=old)
    mark = there(present).mark
    assert mark is not None
    assert (mark.version, mark.digest) == (2, None)
    assert there(present).is_as_marked is None
    ids = [each.id for each in replaced(edited(), present).external_references]
    assert ids == ["accr_bill", "expense_bill", f"accr_bill v3 {made_of(edited()).form().digest()}"]


def test_what_changes_nothing_on_the_bill_is_no_difference() -> None:
    assert not differences(edited("10"), first_version())
    assert not differences(edited("10"), first_version(status=BillStatus.PAID))
    assert differences(edited(), first_version()) == ("lines",)


def test_what_brex_does_not_know_stays() -> None:
    (item,) = first_version().items
    period = Period(start=date(2026, 1, 1), end=date(2026, 12, 31))
    present = first_version(
        items=(
            attrs.evolve(item, id="i-0", account_code="6200"),
            attrs.evolve(item, service_period=period, extra={"line": "kept"}),
        ),
        bill_date=date(2026, 1, 28),
        due_date=date(2026, 2, 27),
        external_references=(*first_version().external_references, *OTHERS),
        extra={"approved_by": "Ada"},
    )
    update = replaced(attrs.evolve(edited("10"), due_at=None), present)

    assert update.extra == {"approved_by": "Ada"}
    assert (update.bill_date, update.due_date) == (date(2026, 1, 28), date(2026, 2, 27))
    assert tuple(update.external_references)[3:] == OTHERS
    (kept,) = update.items
    assert kept.service_period == period
    assert kept.extra == {"line": "kept"}


def test_a_due_date_that_brex_does_not_tell_is_no_difference() -> None:
    untold = attrs.evolve(edited("10"), due_at=None)
    present = first_version(
        due_date=date(2026, 9, 9), external_references=tuple(made_of(untold).payload.bill.external_references)
    )
    assert not differences(untold, present)
    assert there(present).is_as_marked
    assert differences(edited("10"), present) == ("due",)


def test_what_a_line_has_besides_is_kept_once() -> None:
    (item,) = first_version().items
    periods = [Period(start=date(2026, month, 1), end=date(2026, month, 28)) for month in (1, 2)]
    present = first_version(items=[attrs.evolve(item, service_period=each) for each in periods])
    first, rest = billed("30").line_items
    alike = [attrs.evolve(first, id=f"l-{number}", amount=dollars("10")) for number in range(3)]
    record = attrs.evolve(edited("30"), line_items=(*alike, rest))

    assert [each.service_period for each in replaced(record, present).items] == [*periods, None]


def test_what_brex_knows_is_replaced() -> None:
    record = attrs.evolve(
        edited(),
        due_at=datetime(2026, 4, 1, tzinfo=UTC),
        invoice_number="R-18",
        erp_posting_date=datetime(2026, 2, 9, tzinfo=UTC),
        vendor=RecordVendor(id="vendor_1", name="New Ltd"),
    )
    present = there(first_version())
    post = posted(WHOLE.outcome(record, BOOKS))

    assert isinstance(post.document.party, PlannedVendor)
    with pytest.raises(ValueError, match="has to be created first"):
        post.document.replace(present)
    update = post.document.with_vendor("v-9").replace(present).body
    assert isinstance(update, BillUpdate)
    assert update.vendor_id == "v-9"
    assert update.expense_number == "R-18"
    assert update.due_date == date(2026, 4, 1)
    assert update.impact_date == post.document.impact_date == date(2026, 2, 9)
    assert pickle.loads(pickle.dumps(post)) == post
    assert post.document.form().differences(present.form) == ("lines", "day", "party", "number", "due")


@pytest.mark.parametrize("status", BillStatus)
def test_a_bill_that_is_settled_is_not_free(status: BillStatus) -> None:
    assert there(first_version(status=status)).is_free == (status == BillStatus.UNPAID)


def test_a_bill_does_not_change_its_subsidiary() -> None:
    british = Bridge(WHOLE_UK.settings, rates=lambda _base, _target, _day: Decimal("0.8"))
    assert "subsidiary" in differences(edited(), first_version(), british)
    with pytest.raises(ValueError, match="of the subsidiary sub-us, and has to be of sub-uk: delete it"):
        replaced(edited(), first_version(), british)


def test_a_bill_replaces_nothing_but_a_bill() -> None:
    charge = posted(WHOLE.outcome(expense(), BOOKS)).document
    with pytest.raises(TypeError, match="does not replace bills"):
        charge.replace(there(first_version()))
    with pytest.raises(TypeError, match="is not a bill"):
        made_of(edited()).replace(attrs.evolve(there(first_version()), raw=None))


amounts = st.decimals(min_value="0.01", max_value="9999999", places=2)


@given(before=amounts, after=amounts)
def test_after_a_replacement_the_bill_books_what_the_record_says(before: Decimal, after: Decimal) -> None:
    present = first_version()
    (item,) = present.items
    present = attrs.evolve(present, items=(attrs.evolve(item, amount=attrs.evolve(item.amount, amount=before)),))
    record = attrs.evolve(edited(str(after)), amount=dollars(str(after)))
    coded = code(record, WHOLE.settings, BOOKS, Findings())
    assert coded is not None
    document = made_of(record)

    assert bool(differences(record, present)) == (before != after)
    assert summed(document.postings()) == summed(coded.postings(BOOKS))
    # What was written is what is there.
    there_now = there(written(present, replaced(record, present)))
    assert there_now.form.equals(document.form())
    assert there_now.is_as_marked
    assert there(present).is_as_marked == (before == 10)


def test_a_version_without_money_is_nothing_to_post() -> None:
    assert isinstance(WHOLE.outcome(edited("0"), BOOKS), Skip)


def test_what_rillet_tells_besides_is_no_difference() -> None:
    in_pounds = Bridge(attrs.evolve(WHOLE_UK.settings, fields=()), rates=lambda _base, _target, _day: Decimal("0.80"))
    coding = [gl("6100"), dimension("field-Department", "value-Sales")]
    made = made_of(first_line(billed(), accounting_field_values=coding), in_pounds).payload.bill
    assert made.exchange_rate is not None
    (item,) = made.items
    (line,) = owed().items
    present = first_version(
        subsidiary_id="sub-uk",
        exchange_rate=attrs.evolve(made.exchange_rate, rate=Decimal("0.8"), extra={"source": "MANUAL"}),
        items=(
            attrs.evolve(
                line,
                description=item.description,
                fields=tuple(attrs.evolve(each, extra={"name": "Sales"}) for each in item.fields),
            ),
        ),
    )
    newer = first_line(edited("10"), accounting_field_values=coding)
    assert item.fields
    assert not differences(newer, present, in_pounds)
