"""The recipe's client against its stand-in: sessions that expire, refusals, keys, and answers that are lost."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import attrs
import pytest

from clientkit import (
    Answer,
    BadRequestError,
    ConfigurationError,
    ForbiddenError,
    NotFoundError,
    Request,
    UnauthorizedError,
    UnprocessableError,
    Verdict,
)
from clientkit.testing import Action, AnswerLost, Asked, Fault, RequestLost, Respond, json_answer
from support.clocks import ManualClock
from syspro.client import AccountType, Client, Company, Journal, JournalLine, NewJournal, NewSupplier
from syspro.standin import StandIn, small_chart

JOURNAL = NewJournal(
    day=date(2026, 2, 3),
    currency="USD",
    reference="accr_1",
    lines=(
        JournalLine(account="6100", amount=Decimal("42.75"), narration="Software"),
        JournalLine(account="2100", amount=Decimal("-42.75")),
    ),
)
LOG_ON = "/Utilities/Logon"


@pytest.fixture
def standin() -> StandIn:
    return StandIn(suppliers=["Cumulus Cloud"])


def paths(standin: StandIn) -> list[str]:
    return [asked.path for asked in standin.asked]


def is_post(asked: Asked) -> bool:
    return asked.method == "POST" and asked.path != LOG_ON


def test_what_there_is(standin: StandIn) -> None:
    client = standin.client()
    assert client.company.get() == Company(id="EDU1", name="Outdoors Company", currency="USD")
    assert tuple(client.accounts.list()) == small_chart()
    assert [each.name for each in client.suppliers.list()] == ["Cumulus Cloud"]
    assert client.suppliers.create(NewSupplier(name="Hotel Adlon", email="pay@adlon.test")).id == "S00002"


def test_long_lists_come_in_pages() -> None:
    standin = StandIn(suppliers=[f"Supplier {number}" for number in range(250)])
    assert len(list(standin.client().suppliers.list())) == 250
    assert paths(standin) == [LOG_ON, *["/ApSupplier"] * 3]


def test_a_journal_is_posted_and_read_again(standin: StandIn) -> None:
    client = standin.client()
    posted = client.journals.post(JOURNAL)
    assert posted == client.journals.get(posted.id) == Journal(id="000001", **attrs.asdict(JOURNAL, recurse=False))
    with pytest.raises(NotFoundError):
        client.journals.get("000002")


def test_it_works_over_a_network(standin: StandIn) -> None:
    with standin.serve() as url, Client(url, standin.log_on) as client:
        assert client.journals.get(client.journals.post(JOURNAL).id).reference == "accr_1"


def test_it_is_set_up_from_the_environment(standin: StandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ConfigurationError, match="SYSPRO_"):
        Client.from_env()
    with standin.serve() as url:
        for name, value in {"URL": url, "OPERATOR": "BREX", "PASSWORD": "a-password", "COMPANY": "EDU1"}.items():
            monkeypatch.setenv(f"SYSPRO_{name}", value)
        with Client.from_env() as client:
            assert client.company.get().id == "EDU1"


# --- sessions ------------------------------------------------------------------------------


def test_one_session_serves_all_calls_of_a_client_and_of_its_twins(standin: StandIn) -> None:
    client = standin.client()
    client.company.get()
    client.with_options(timeout=1).company.get()
    assert paths(standin) == [LOG_ON, "/Company", "/Company"]
    assert client.requests_sent == 3


def test_a_session_expires_when_nobody_uses_it() -> None:
    clock = ManualClock(datetime(2026, 2, 3, tzinfo=UTC))
    standin = StandIn(session_life=timedelta(minutes=20), now=clock)
    client = standin.client()
    for seconds in (0, 1000, 1000, 1300):
        clock.advance(seconds)
        client.company.get()
    assert paths(standin) == [LOG_ON, *["/Company"] * 4, LOG_ON, "/Company"]


def test_a_call_gets_one_new_session_and_no_more(standin: StandIn) -> None:
    expired = json_answer(401, {"Code": "SESSION_EXPIRED", "Message": "The session has expired; log on again"})
    standin.faults.append(Fault(Respond(expired), matches=lambda asked: asked.path == "/Company", times=9))
    with pytest.raises(UnauthorizedError, match="SESSION_EXPIRED"):
        standin.client().company.get()
    assert paths(standin) == [LOG_ON, "/Company", LOG_ON, "/Company"]


def test_many_threads_share_one_log_on_each_time(standin: StandIn) -> None:
    client = standin.client()

    def post(number: int) -> str:
        return client.journals.post(attrs.evolve(JOURNAL, reference=f"accr_{number}")).reference

    with ThreadPoolExecutor(8) as pool:
        for _ in range(5):
            assert sorted(pool.map(post, range(8))) == [f"accr_{number}" for number in range(8)]
            standin.end_sessions()
    assert paths(standin).count(LOG_ON) == 5
    assert len(standin.journals) == 40


def test_a_wrong_password_is_tried_once(standin: StandIn) -> None:
    wrong = attrs.evolve(standin.log_on, password="guessed")
    client = Client("https://syspro.test", wrong, transport=standin.transport())
    for _ in range(3):
        with pytest.raises(UnauthorizedError, match="LOGON_FAILED") as caught:
            client.company.get()
        assert caught.value.verdict is Verdict.FATAL
    assert paths(standin) == [LOG_ON]


def test_a_log_on_is_repeated_as_any_call(standin: StandIn) -> None:
    for action in (AnswerLost(), Respond(Answer(status=503))):
        standin.faults.append(Fault(action, matches=lambda asked: asked.path == LOG_ON))
    assert standin.client().company.get().id == "EDU1"
    assert paths(standin) == [*[LOG_ON] * 3, "/Company"]


def test_what_the_operator_may_not_do_needs_no_other_session(standin: StandIn) -> None:
    standin.faults.append(Fault(Respond(json_answer(403, {"Code": "NOT_ALLOWED"})), matches=is_post))
    with pytest.raises(ForbiddenError):
        standin.client().journals.post(JOURNAL)
    assert paths(standin).count(LOG_ON) == 1


def test_nothing_shows_the_password_or_the_session(standin: StandIn) -> None:
    client = standin.client()
    client.company.get()
    shown = f"{client!r} {client._context!r} {standin.log_on!r}"
    assert "a-password" not in shown
    assert "session-1" not in shown


# --- refusals, keys and faults ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("journal", "code"),
    [
        (attrs.evolve(JOURNAL, lines=[attrs.evolve(JOURNAL.lines[0], account="9999")]), "UNKNOWN_ACCOUNT"),
        (attrs.evolve(JOURNAL, lines=[attrs.evolve(JOURNAL.lines[0], account="6300")]), "ACCOUNT_ON_HOLD"),
        (attrs.evolve(JOURNAL, supplier="S99999"), "UNKNOWN_SUPPLIER"),
        (attrs.evolve(JOURNAL, lines=JOURNAL.lines[:1]), "UNBALANCED"),
        (attrs.evolve(JOURNAL, currency="EUR"), "CURRENCY"),
        (attrs.evolve(JOURNAL, day=date(2025, 12, 31)), "CLOSED"),
    ],
)
def test_what_is_refused(journal: NewJournal, code: str) -> None:
    company = Company(id="EDU1", name="Outdoors Company", currency="USD", closed_through=date(2025, 12, 31))
    on_hold = attrs.evolve(small_chart()[-1], code="6300", is_on_hold=True, type=AccountType.EXPENSE)
    standin = StandIn(accounts=[*small_chart(), on_hold], company=company)
    with pytest.raises(UnprocessableError) as caught:
        standin.client().journals.post(journal)
    assert caught.value.code == code
    assert caught.value.violations
    assert caught.value.verdict is Verdict.REFUSED
    assert standin.journals == {}


def test_a_body_that_does_not_fit_is_refused(standin: StandIn) -> None:
    lines = Request(method="POST", path="/GenJournal", returns=Journal, body={"Lines": "none"}, takes_key=True)
    with pytest.raises(BadRequestError, match="MALFORMED"):
        standin.client().execute(lines)


def test_a_key_gives_its_first_answer_again(standin: StandIn) -> None:
    client = standin.client()
    assert client.journals.post(JOURNAL, key="one").id == client.journals.post(JOURNAL, key="one").id
    assert client.journals.post(JOURNAL, key="two").id != client.journals.post(JOURNAL, key="one").id
    assert len(standin.journals) == 2


@pytest.mark.parametrize("action", [AnswerLost(), RequestLost(), Respond(Answer(status=503))], ids=str)
def test_a_posting_is_repeated_under_its_key(standin: StandIn, action: Action) -> None:
    standin.faults.append(Fault(action, matches=is_post, times=3))
    posted = standin.client().journals.post(JOURNAL)
    assert list(standin.journals) == [posted.id]
    assert len({asked.headers["idempotency-key"] for asked in standin.asked if is_post(asked)}) == 1
