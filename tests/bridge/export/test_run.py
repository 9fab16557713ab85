"""An export from one stand-in to the other."""

from __future__ import annotations

import itertools
import json
import logging
from collections.abc import Callable
from datetime import date
from decimal import Decimal

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import brex_accounting.testing
import rillet.testing
from brex_accounting import Exported, NotExported, Record, RecordType
from brex_accounting.testing.records import card_expense, card_refund, gl, reimbursement
from bridge import ReasonCode, Settings, SettingsError, SkipCode
from bridge.export import Progress, load_books, posting_key
from clientkit import Answer
from clientkit.testing import Action, AnswerLost, AnswerTruncated, Asked, Fault, RequestLost, Respond
from support.companies.exported import REFERENCE_TYPE, US, Company, expense


def test_charges_refunds_and_reimbursements_arrive_and_brex_hears_of_them(company: Company) -> None:
    company.brex.add(
        card_expense("42.75", coding=[gl("61000")], record_id="accr_a"),
        card_refund("2.75", coding=[gl("61000")], record_id="accr_b"),
        reimbursement("19.99", coding=[gl("62000")], record_id="accr_c"),
    )

    outcome = company.export().run()

    assert outcome.complete
    assert company.posted_references() == company.exported() == ["accr_a", "accr_b", "accr_c"]
    assert company.rillet.ledger.balance("61000") == Decimal("40.00")
    assert company.rillet.ledger.balance("21120") == Decimal("-40.00")
    assert company.rillet.ledger.balance("21340") == Decimal("-19.99")
    assert outcome.amounts == {"USD": Decimal("59.99")}
    ids = {charge.id for charge in company.rillet.charges} | {each.id for each in company.rillet.reimbursements}
    assert {posted.id for posted in outcome.posted} == ids
    for posted in outcome.posted:
        result = company.brex.results[posted.record.id]
        assert isinstance(result, Exported)
        assert result.success.reference_id == posted.id


def test_an_id_that_brex_does_not_have_is_named_and_keeps_no_other(company: Company) -> None:
    company.brex.add(expense(1), expense(2))

    outcome = company.export().run(ids=["accr_typo", "accr_001", "accr_typo"])

    assert (outcome.counts.posted, outcome.counts.reported, outcome.complete) == (1, 1, False)
    assert [(each.record_id, each.why) for each in outcome.unreadable] == [
        ("accr_typo", "Brex has no record with this id")
    ]
    assert outcome.totals["unreadable"].records == 1
    # What it has is known, whatever becomes of it.
    assert company.export().run(ids=["accr_001"]).complete


def test_a_second_run_posts_nothing(company: Company, records: list[Record]) -> None:
    company.brex.add(*records)
    company.export().run()
    posts = company.posts()

    outcome = company.export().run()

    assert outcome.posted == ()
    assert outcome.complete
    assert company.posts() == posts


def test_a_vendor_that_several_records_need_is_created_once(company: Company, records: list[Record]) -> None:
    company.brex.add(*records)

    outcome = company.export().run()

    assert [vendor.name for vendor in outcome.created_vendors] == ["Cumulus Cloud"]
    assert [vendor.name for vendor in company.rillet.vendors] == ["Cumulus Cloud"]
    assert {charge.vendor_id for charge in company.rillet.charges} == {company.rillet.vendors[0].id}


def test_a_record_that_rillet_rejects_does_not_stop_the_others(company: Company, records: list[Record]) -> None:
    company.brex.add(*records)
    refusal = Respond(
        Answer(status=400, headers={"content-type": "application/problem+json"}, content=b'{"title": "No such thing"}')
    )
    company.rillet.faults.append(
        Fault(refusal, matches=lambda asked: asked.path == "/charges" and asked.method == "POST")
    )

    outcome = company.export().run()

    assert [reason.code for each in outcome.refused for reason in each.reasons] == ["rejected_by_ledger"]
    assert "No such thing" in str(outcome.refused[0].reasons[0])
    assert len(outcome.posted) == 4
    assert company.exported() == company.posted_references()
    assert not outcome.complete


def test_a_lost_answer_posts_once(company: Company) -> None:
    company.brex.add(expense(1))
    lost = Fault(AnswerLost(), matches=lambda asked: asked.path == "/charges" and asked.method == "POST", times=2)
    company.rillet.faults.append(lost)

    outcome = company.export().run()

    assert outcome.complete
    assert len(company.rillet.charges) == 1


@pytest.mark.parametrize(
    ("action", "code"),
    [(Respond(Answer(status=200, content=b"[]")), "UnreadableAnswerError"), (RequestLost(), "ConnectionLostError")],
)
def test_the_log_says_which_request_of_which_service_failed(
    company: Company, caplog: pytest.LogCaptureFixture, action: Action, code: str
) -> None:
    company.brex.add(expense(1))
    company.rillet.put(rillet.testing.vendor("Cumulus Cloud"))
    failing = Fault(action, matches=lambda asked: asked.path == "/charges" and asked.method == "POST", times=99)
    company.rillet.faults.append(failing)

    with caplog.at_level(logging.INFO, "bridge.export"):
        company.export().run()

    (line,) = (each for each in caplog.records if each.getMessage().startswith("failed"))
    assert line.getMessage() == (
        f'failed record_id=accr_001 version=2 code={code} service=Rillet request="POST /charges"'
    )
    assert vars(line)["request"] == "POST /charges"


def test_what_an_earlier_run_posted_is_adopted_and_reported(company: Company) -> None:
    company.brex.add(expense(1))
    everything = Fault(
        Respond(Answer(status=500)), matches=lambda asked: asked.path.endswith("export-results"), times=1000
    )
    company.brex.faults.append(everything)
    first = company.export().run()
    assert [each.record_id for each in first.unreported] == ["accr_001"]
    assert first.stopped is not None
    assert not first.complete
    company.brex.faults.clear()
    posts = company.posts()

    second = company.export().run()

    assert company.posts() == posts

    assert [posted.adopted for posted in second.posted] == [True]
    assert second.complete
    assert second.amounts == {}
    assert len(company.rillet.charges) == 1
    assert company.exported() == ["accr_001"]


def test_a_double_in_rillet_is_named_and_left_to_people(company: Company) -> None:
    company.brex.add(expense(1))
    export = company.export()
    (post,) = export.plan().posts
    client = company.rillet.client()
    vendor = client.vendors.create(rillet.NewVendor(name="Cumulus Cloud"))
    for key in ("one", "two"):
        payload = post.document.with_vendor(vendor.id).payload
        assert isinstance(payload, rillet.NewCharge)
        client.charges.create(payload, idempotency_key=key)

    outcome = company.export().run()

    ((reason,),) = [each.reasons for each in outcome.refused]
    assert reason.code is ReasonCode.POSTED_SEVERAL_TIMES
    assert "2 times" in reason.text
    assert company.exported() == []


def test_an_object_without_an_id_is_not_reported(company: Company) -> None:
    company.brex.add(expense(1))
    company.rillet.put(rillet.testing.vendor("Cumulus Cloud"))
    nameless = b'{"id": "", "vendor_id": "v", "items": [], "charge_date": "2026-01-01", "status": "UNPAID"}'
    answer = Answer(status=200, headers={"content-type": "application/json"}, content=nameless)
    company.rillet.faults.append(Fault(Respond(answer), matches=lambda asked: asked.method == "POST"))

    outcome = company.export().run()

    assert outcome.posted == ()
    assert company.exported() == []
    assert "without an id" in outcome.failed[0].why


def test_reports_go_in_batches_as_the_run_goes(company: Company, records: list[Record]) -> None:
    company.brex.add(*records)

    company.export(batch=2).run()

    assert sum(asked.path.endswith("export-results") for asked in company.brex.asked) == 3
    assert len(company.exported()) == 5


def test_progress_is_told_after_each_record(company: Company, records: list[Record]) -> None:
    company.brex.add(*records)
    told = list[Progress]()

    company.export().run(progress=told.append)

    assert [(each.done, each.of) for each in told] == [(number, 5) for number in range(1, 6)]
    assert {each.record_id for each in told} == {record.id for record in records}


def test_refusals_are_reported_only_where_the_settings_say_so(company: Company) -> None:
    uncoded = card_expense("5", record_id="accr_bad", merchant="Café Zürich")
    company.brex.add(uncoded)
    company.export().run()
    assert "accr_bad" not in company.brex.results

    company.export(Settings(entities=(US,), reference_type=REFERENCE_TYPE, report_refusals=True)).run()

    result = company.brex.results["accr_bad"]
    assert isinstance(result, NotExported)
    assert result.failure.error_message.isascii()
    assert "code it in Brex" in result.failure.error_message


def test_what_moves_no_money_is_told_as_done_without_a_reference(company: Company) -> None:
    company.brex.add(card_expense("0", coding=[gl("61000")], record_id="accr_zero"), expense(1))

    outcome = company.export().run()

    assert outcome.complete
    assert [(each.record.id, each.code) for each in outcome.nothing] == [("accr_zero", SkipCode.NO_MONEY)]
    assert company.exported() == ["accr_001", "accr_zero"]
    result = company.brex.results["accr_zero"]
    assert isinstance(result, Exported)
    assert (result.success.reference_id, result.success.deep_link_url) == (None, None)
    assert company.posted_references() == ["accr_001"]
    assert company.export().run().nothing == ()


def test_the_other_basis_is_left_alone_and_brex_is_not_told(company: Company) -> None:
    company.brex.add(
        reimbursement("19.99", coding=[gl("62000")], record_id="accr_a"),
        reimbursement("19.99", coding=[gl("62000")], record_id="accr_b", type=RecordType.REIMBURSEMENT_EXPENSE_POST),
    )

    outcome = company.export().run()

    assert outcome.complete
    ((other, code),) = [(each.record.id, each.code) for each in outcome.nothing]
    assert code is SkipCode.OTHER_BASIS
    assert company.exported() == company.posted_references() == sorted({"accr_a", "accr_b"} - {other})


def test_links_lead_both_ways(company: Company) -> None:
    company.brex.add(expense(1))
    linked = Settings(
        entities=(US,),
        reference_type=REFERENCE_TYPE,
        record_link="https://brex.example/records/{id}",
        rillet_link="https://rillet.example/{kind}/{id}",
    )

    company.export(linked).run()

    (charge,) = company.rillet.charges
    assert charge.external_references[0].url == "https://brex.example/records/accr_001"
    result = company.brex.results["accr_001"]
    assert isinstance(result, Exported)
    assert result.success.deep_link_url == f"https://rillet.example/charges/{charge.id}"


def test_a_plan_reads_and_writes_nothing(company: Company, records: list[Record]) -> None:
    company.brex.add(*records, card_expense("5", record_id="accr_bad"))

    plan = company.export().plan()

    assert len(plan.posts) == 5
    assert len(plan.refused) == 1
    assert [planned.vendor.name for planned in plan.new_vendors] == ["Cumulus Cloud"]
    assert {asked.method for asked in (*company.brex.asked, *company.rillet.asked)} == {"GET"}


def test_a_plan_says_what_rillet_has_already(company: Company) -> None:
    company.brex.add(expense(1))
    stuck = Fault(Respond(Answer(status=500)), matches=lambda asked: asked.method == "POST", times=1000)
    company.brex.faults.append(stuck)
    company.export().run()

    (nothing,) = company.export().plan().nothing

    assert f"its charge {company.rillet.charges[0].id} is there already" in nothing.why


@pytest.mark.parametrize("what", ["plan", "run"])
def test_settings_that_do_not_fit_the_books_post_nothing(company: Company, records: list[Record], what: str) -> None:
    company.brex.add(*records)
    wrong = Settings(entities=(attrs.evolve(US, card_account="99999"),), reference_type=REFERENCE_TYPE)

    with pytest.raises(SettingsError, match=r"entities\[0\]\.card_account: .*99999"):
        getattr(company.export(wrong), what)()

    assert company.posts() == []


def test_books_are_read_with_the_last_closed_day(company: Company) -> None:
    client = company.rillet.client()
    assert load_books(client).last_closed is None

    company.rillet.close_books(date(2026, 8, 31))

    assert load_books(client).last_closed == date(2026, 8, 31)


def test_posting_keys_follow_the_record_and_its_version() -> None:
    record = expense(1)

    assert posting_key(record) == posting_key(attrs.evolve(record, memo="another text"))
    assert posting_key(record) != posting_key(attrs.evolve(record, version=record.version + 1))
    assert posting_key(record) != posting_key(expense(2))


def test_the_outcome_as_json_names_everything(company: Company, records: list[Record]) -> None:
    company.brex.add(*records, card_expense("5", record_id="accr_bad"))

    found = json.loads(json.dumps(company.export(in_flight=1).run().as_json()))

    assert found["amounts"] == {"USD": "17.50"}
    assert found["reported"] == [record.id for record in records]
    assert found["counts"] == {
        "posted": 5, "changed": 0, "adopted": 0, "created_vendors": 1, "held": 0, "refused": 1, "nothing": 0, "failed": 0, "reported": 5, "unreported": 0,
        "attached": 0, "unattached": 0, "unreadable": 0, "warnings": 0, "elsewhere": 0, "without_money": 0, "not_reached": 0,
    }  # fmt: skip
    assert [each["step"] for each in found["posted"]] == ["create"] * 5
    assert found["unreadable"] == found["warnings"] == []
    assert found["stopped"] is None
    (refused,) = found["refused"]
    assert (refused["record_id"], refused["amount"], refused["currency"]) == ("accr_bad", "5", "USD")
    assert found["totals"] == {
        "posted": {"records": 5, "amounts": {"USD": "17.50"}},
        "refused": {"records": 1, "amounts": {"USD": "5"}},
        "all": {"records": 6, "amounts": {"USD": "22.50"}},
    }


def nth(number: int) -> Callable[[Asked], bool]:
    arrivals = itertools.count()
    return lambda _: next(arrivals) == number


ACTIONS = st.sampled_from(
    [AnswerLost(), RequestLost(), AnswerTruncated(), *(Respond(Answer(status=s)) for s in (429, 500, 503))]
)


@settings(max_examples=50, deadline=None)
@given(
    schedule=st.lists(st.tuples(st.integers(0, 40), st.booleans(), ACTIONS), max_size=12),
    count=st.integers(1, 6),
    batch=st.integers(1, 4),
)
def test_whatever_fails_running_again_leaves_every_record_once(
    schedule: list[tuple[int, bool, Action]], count: int, batch: int
) -> None:
    company = Company(
        brex=brex_accounting.testing.StandIn((expense(n) for n in range(count)), rate_limit=None),
        rillet=rillet.testing.StandIn(reference_types={REFERENCE_TYPE}),
    )
    for number, on_brex, action in schedule:
        standin = company.brex if on_brex else company.rillet
        standin.faults.append(Fault(action, matches=nth(number)))
    for _ in range(20):
        try:
            outcome = company.export(batch=batch).run()
        except rillet.ApiError:
            continue
        if outcome.complete and not outcome.posted:
            break
    else:
        pytest.fail("the export never came to an end")

    everything = sorted(company.brex.records)
    assert company.posted_references() == everything
    assert company.exported() == everything
