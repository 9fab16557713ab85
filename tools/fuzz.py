"""Feeds every parser of other people's bytes with damaged input: declared errors only, in bounded time and memory.

``python tools/fuzz.py 200000`` for so many inputs to each parser, and a seed behind it to begin elsewhere. Tests run a few.
"""

from __future__ import annotations

import json
import logging
import random
import resource
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeAlias, cast

import attrs

import brex_accounting
import brex_accounting.testing
import rillet
import rillet.testing
from brex_accounting import webhooks as brex_webhooks
from brex_accounting.oauth import OAuthApp, OAuthClient
from brex_accounting.testing.records import card_expense, gl
from bridge import Member, RateTable, SettingsError, read_settings
from bridge.export import Attempt, JournalError, SqlJournal, reviews
from bridge.export.engine.attempts import summary_subject
from bridge.export.journal.marks import moment_at, moments_at, texts_at
from clientkit import Answer, ApiError, Options, Outgoing, Pacer, RetryPolicy, follow
from clientkit.requests import checked_link
from clientkit.testing import no_wait
from clientkit.transport import InProcess
from clientkit.webhooks import WebhookError
from rillet import webhooks as rillet_webhooks

#: Takes the input, chance, and the number of the seed that it was made of.
Parse: TypeAlias = Callable[[bytes, random.Random, int], object]

#: Seconds that one input may take, and MiB that all of them may add, on a busy machine.
SLOWEST, MOST_MEMORY = 5.0, 300

_NOW = datetime(2026, 3, 1, tzinfo=UTC)
_SECRET = "whsec_" + "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
_ONCE = Options(retry=RetryPolicy(attempts=1))

_ODD: Sequence[object] = (
    None, True, 0, -1, 10**400, 1e308, -5e-324, "", "\x00\x1b[2J", "9" * 2_000, "1e999999999", "0001-01-01T00:00:00+23:59",
    "2026-02-30", "23:59:60", list[object](), dict[str, object](), [None] * 20, {"": None}, "https://[::1", "\N{SNOWMAN}" * 50, "NaN",
)  # fmt: skip
_PIECES = (
    b"{", b"}", b"[", b"]", b'"', b"\\", b"\\ud800", b"\xff\xfe", b"\x00", b"1e999999999", b"-", b"null", b"NaN", b"[" * 3_000,
    b"9" * 5_000, b'{"a":' * 900, b"\r\n", b"%0a", b"=", b"'''", b"[[", b"#", b"://", b"@", b"..", b"\xe2\x98\x83",
)  # fmt: skip


@attrs.frozen(kw_only=True)
class Parser:
    """What is fed, what it may raise, and right inputs to begin with."""

    parse: Parse
    declared: tuple[type[Exception], ...]
    seeds: Sequence[bytes]
    # Characters of a message. What is a user's own file may be quoted at length.
    longest: int = 4_000


@attrs.frozen(kw_only=True)
class Decision:
    """How many inputs a parser took, how many of them it refused, and the seconds of the slowest."""

    taken: int
    refused: int
    slowest: float


def damaged(seed: bytes, chance: random.Random) -> bytes:
    """A seed with some things wrong: values of its JSON, or its bytes."""
    if chance.random() < 0.5:
        try:
            return json.dumps(_replaced(json.loads(seed), chance)).encode()
        except (ValueError, RecursionError):
            pass
    for _ in range(chance.randint(1, 4)):
        start = chance.randrange(len(seed) + 1)
        end = min(len(seed), start + chance.choice((0, 1, 1, 2, 8, 64)))
        piece = chance.choice(
            (b"", chance.choice(_PIECES), chance.randbytes(chance.randint(1, 4)), seed[start:end] * 2)
        )
        seed = seed[:start] + piece + seed[end:]
    return seed


def _replaced(value: object, chance: random.Random) -> object:
    if isinstance(value, dict) and value and chance.random() < 0.9:
        fields = dict(cast("dict[str, object]", value))
        name = chance.choice(list(fields))
        if chance.random() < 0.1:
            del fields[name]
        else:
            fields[name] = _replaced(fields[name], chance)
        return fields
    if isinstance(value, list) and value and chance.random() < 0.9:
        items = list(cast("list[object]", value))
        place = chance.randrange(len(items))
        items[place] = _replaced(items[place], chance)
        return items
    return chance.choice(_ODD)


def fuzz(parser: Parser, inputs: int, seed: int) -> Decision:
    """Feed so many inputs. Raises what the parser does not declare, with the input as a note."""
    chance, refused, slowest = random.Random(seed), 0, 0.0  # noqa: S311 - it has to be the same again
    for _ in range(inputs):
        number = chance.randrange(len(parser.seeds))
        content = parser.seeds[number]
        if chance.random() < 0.95:
            content = damaged(content, chance)
        started = time.perf_counter()
        try:
            parser.parse(content, chance, number)
        except parser.declared as error:
            refused += 1
            if len(str(error)) > parser.longest:
                raise AssertionError(f"a message of {len(str(error))} characters for {content[:2_000]!r}") from error
        except Exception as error:
            error.add_note(f"input: {content[:2_000]!r}")
            raise
        slowest = max(slowest, time.perf_counter() - started)
    return Decision(taken=inputs, refused=refused, slowest=slowest)


def _answer(content: bytes, chance: random.Random) -> Answer:
    kind = chance.choice(("application/json",) * 6 + ("application/problem+json", "text/html", ""))
    status = chance.choice((200,) * 6 + (201, 204, 400, 401, 404, 409, 422, 429, 500, 302))
    return Answer(
        status=status, headers={"content-type": kind, "retry-after": content[:9].decode("latin-1")}, content=content
    )


class _Recorder:
    """Passes requests to a stand-in and keeps its answers."""

    def __init__(self, inner: InProcess) -> None:
        self.inner, self.answers = inner, list[bytes]()

    def __call__(self, outgoing: Outgoing) -> Answer:
        answer = self.inner.send(outgoing)
        self.answers.append(answer.content or b"{}")
        return answer


def _fed(ask: Callable[[InProcess], Sequence[Callable[[], object]]]) -> Parse:
    """Asks with a client whose every answer is the input."""
    given = [Answer(status=200)]
    calls = ask(InProcess(lambda _: given[0]))

    def parse(content: bytes, chance: random.Random, number: int) -> object:
        given[0] = _answer(content, chance)
        call = calls[number] if number < len(calls) and chance.random() < 0.9 else chance.choice(calls)
        return call()

    return parse


def _rillet_calls(transport: InProcess) -> Sequence[Callable[[], object]]:
    client = rillet.Client(
        rillet.testing.StandIn().api_key,
        base_url="https://stand-in.test",
        options=_ONCE,
        pacer=Pacer(10**6),
        transport=transport,
        sleep=no_wait,
    )
    one = "0198c2b6-7a3e-7e11-9a5e-3d7f3c1f0a01"
    day = _NOW.date()
    return (
        lambda: client.accounts.list().collect(),
        lambda: client.vendors.list().tolerant().collect(),
        lambda: client.vendors.get(one),
        lambda: client.bills.get(one),
        lambda: client.charges.get(one),
        lambda: client.journal_entries.get(one),
        lambda: client.invoices.get(one),
        client.organization.get,
        lambda: client.reports.trial_balance(from_date=day, to_date=day),
    )


def _brex_calls(transport: InProcess) -> Sequence[Callable[[], object]]:
    client = brex_accounting.Client(
        brex_accounting.testing.TOKEN,
        base_url="https://stand-in.test",
        options=_ONCE,
        pacer=Pacer(10**6),
        transport=transport,
        sleep=no_wait,
    )
    return (
        lambda: client.records.list().collect(),
        lambda: client.records.list().tolerant().collect(),
        lambda: client.records.get("accr_1"),
        client.company.get,
        lambda: client.fields.list().collect(),
        client.webhook_secrets.list,
    )


def _oauth_calls(transport: InProcess) -> Sequence[Callable[[], object]]:
    app = OAuthApp(client_id="c", client_secret="c" * 20, redirect_uri="https://erp.example/brex")
    client = OAuthClient(app, options=_ONCE, transport=transport, sleep=no_wait)
    return (lambda: client.redeem("code-1"), lambda: client.client_credentials(["a"]))


def _said(ask: Callable[[InProcess], Sequence[Callable[[], object]]], standin: InProcess) -> Sequence[bytes]:
    recorder = _Recorder(standin)
    for call in ask(InProcess(recorder)):
        try:
            call()
        except ApiError:
            # There is no object of this id; the answer that says so is a seed too.
            continue
    return recorder.answers


def _verified_by_rillet(content: bytes, chance: random.Random, _: int) -> object:
    entity, event = chance.choice(list(rillet_webhooks.Entity)), chance.choice(list(rillet_webhooks.EventType))
    headers = rillet_webhooks.sign(_SECRET[6:], content, entity=entity, event=event, id="1", timestamp=_NOW)
    _damage_a_header(headers, chance)
    return rillet_webhooks.verify(headers, content, _SECRET[6:])


def _verified_by_brex(content: bytes, chance: random.Random, _: int) -> object:
    headers = brex_webhooks.sign(_SECRET, content, id="msg_1", timestamp=_NOW)
    _damage_a_header(headers, chance)
    return brex_webhooks.verify(headers, content, _SECRET, now=_NOW)


def _damage_a_header(headers: dict[str, str], chance: random.Random) -> None:
    if chance.random() < 0.3:
        name = chance.choice(list(headers))
        headers[name] = damaged(headers[name].encode(), chance).decode("latin-1")


def _followed(content: bytes, _: random.Random, __: int) -> object:
    link = follow(content.decode("utf-8", "replace")).link
    return checked_link(link or "", "https://api.brex.com")


def _of_settings(content: bytes, _: random.Random, __: int) -> object:
    return read_settings(content.decode("utf-8", "replace"))


def _of_rates(content: bytes, _: random.Random, __: int) -> object:
    return RateTable.read(content.decode("utf-8", "replace"))


_SUMMARY = summary_subject("0123456789abcdef0123")
# What the rows of a journal are, by table: where nonsense can be put.
_CELLS: Mapping[str, Sequence[str]] = {
    "journal_attempts": (
        "subject", "version", "number", "kind", "path", "payload", "key", "intended_at", "intended_by", "state", "object_id",
        "answer", "trace_id", "error", "settled_at", "settled_by", "reported_at", "method", "purpose", "content", "source", "form",
    ),
    "journal_members": ("subject", "summary", "version", "reported_at", "content", "form"),
    "journal_claims": ("subject", "holder", "until"),
    "journal_refusals": ("subject", "version", "at", "last_at", "by", "reasons"),
    "journal_marks": ("name", "value"),
}  # fmt: skip


class _JournalRows:
    """Reads a journal, one cell of which holds the input, in every way that an export does."""

    def __init__(self, folder: Path) -> None:
        path = folder / "journal.db"
        self._journal = journal = SqlJournal(str(path), now=lambda: _NOW)
        attempt = Attempt(
            subject="accr_1", version=1, number=1, kind="charges", path="/charges", payload=b"{}", key="k",
            intended_at=_NOW, intended_by="me",
        )  # fmt: skip
        members = tuple(Member(record_id=f"accr_{number}", version=1) for number in (2, 3))
        journal.intend(attempt)
        journal.intend(attrs.evolve(attempt, subject=_SUMMARY, version=0, kind="journal-entries", members=members))
        journal.refused("accr_1", 1, [("no_vendor", "it names nobody")])
        journal.claim("accr_1")
        for name, value in {
            "moment": _NOW.isoformat(), "texts": '["a"]', "moments": json.dumps({"a": _NOW.isoformat()}),
            "approval:accr_1": json.dumps([dict.fromkeys(("by", "why", "content", "prepared_by"), "x")
                                           | {"step": "hold", "at": _NOW.isoformat()}]),
        }.items():  # fmt: skip
            journal.set_mark(name, value)
        self._database = sqlite3.connect(path, isolation_level=None)
        # What is not on disk at a power cut is of no interest here.
        self._database.execute("PRAGMA synchronous = OFF")
        self._readers: Sequence[Callable[[], object]] = (
            lambda: journal.attempts_of(["accr_1", "accr_2"]),
            lambda: list(journal.walk()),
            lambda: journal.members(_SUMMARY),
            lambda: journal.memberships(["accr_2"]),
            lambda: journal.refusals("accr_1"),
            lambda: journal.held("accr_1"),
            lambda: journal.claim("accr_1"),
            lambda: (journal.by_object("c-1"), journal.by_source("s-1"), journal.unfinished()),
            lambda: (journal.first_intended_at(), journal.latest_of_others(), journal.owners()),
            lambda: (moment_at(journal, "moment"), texts_at(journal, "texts"), moments_at(journal, "moments")),
            lambda: reviews(journal, "accr_1"),
        )
        self.seeds = [_NOW.isoformat().encode(), b'["a"]', b'[["code", "text"]]', b"OPEN", b"7"]

    def parse(self, content: bytes, chance: random.Random, _: int) -> object:
        table = chance.choice(list(_CELLS))
        column = chance.choice(_CELLS[table])
        value: object = chance.choice(
            (content, content.decode("utf-8", "replace"), content.decode("latin-1"), chance.choice((0, -1, 2**62, 1.5)))
        )
        database = self._database
        row, kept = chance.choice(database.execute(f'SELECT rowid, "{column}" FROM {table}').fetchall())  # noqa: S608
        change = f'UPDATE OR IGNORE {table} SET "{column}" = ? WHERE rowid = ?'  # noqa: S608
        database.execute(change, (value, row))
        try:
            return chance.choice(self._readers)()
        finally:
            database.execute(change, (kept, row))

    def close(self) -> None:
        """Give the files back."""
        self._database.close()
        self._journal.close()


def parsers(folder: Path) -> Mapping[str, Parser]:
    """Every parser by its name; files are written into `folder`."""
    path = folder / "tokens.json"
    store = brex_accounting.FileTokenStore(path)

    def of_tokens(content: bytes, _: random.Random, __: int) -> object:
        path.write_bytes(content)
        path.chmod(0o600)
        return store.load()

    brex = brex_accounting.testing.StandIn([card_expense("42.75", coding=[gl("61000")], memo="x") for _ in range(2)])
    books = rillet.testing.StandIn(vendors=[rillet.testing.vendor("Cumulus Cloud")])
    bodies = [
        json.dumps(each).encode()
        for each in (
            {"id": "i-1", "bill_id": "b", "amount": {"amount": "1", "currency": "USD"}, "payment_date": "2026-01-01"},
            "id-1",
        )
    ]
    said_by_rillet = [
        *_said(_rillet_calls, books.transport()),
        b'{"type": "a", "title": "b", "errors": [{"detail": "c"}]}',
    ]
    ready = b'{"event_type":"ACCOUNTING_RECORD_READY_FOR_EXPORT","accountingRecordIds":["a"],"companyId":"c"}'
    grant = b'{"access_token": "access-1", "refresh_token": "refresh-1", "expires_in": 3600, "scope": "a b"}'
    tokens = (
        b'{"access_token": "access-1", "issued_at": "2026-01-01T00:00:00Z", "expires_at": "2026-01-01T01:00:00Z", '
        b'"refresh_token": "refresh-1", "scopes": ["a"]}'
    )
    settings = (
        b'time_zone = "Europe/Berlin"\nforeign_currency = "subsidiary"\n[[entities]]\nname = "US"\n'
        b'subsidiary = "Example Inc."\ncard_account = "21120"\nreimbursement_account = "21340"\n'
    )
    rates = (
        b"base,target,date,rate\nEUR,USD,2026-02-02,1.1\n",
        b"Date,USD,JPY,\n2026-02-02,1.1,N/A,\n2026-02-01,1.2,170,\n",
    )
    links = (
        b"https://files.example.com/a/b.pdf?X-Amz-Signature=s",
        b"http://127.0.0.1:80/x?y#z",
        b"https://[2001:db8::1]:443/x",
    )
    rows = _JournalRows(folder)
    return {
        "answers of Rillet": Parser(parse=_fed(_rillet_calls), declared=(ApiError,), seeds=said_by_rillet),
        "answers of Brex": Parser(
            parse=_fed(_brex_calls), declared=(ApiError,), seeds=_said(_brex_calls, brex.transport())
        ),
        "webhooks of Rillet": Parser(
            parse=_verified_by_rillet, declared=(WebhookError,), seeds=[*said_by_rillet, *bodies]
        ),
        "webhooks of Brex": Parser(parse=_verified_by_brex, declared=(WebhookError,), seeds=[ready]),
        "OAuth answers": Parser(
            parse=_fed(_oauth_calls), declared=(ApiError,), seeds=[grant, b'{"error": "invalid_grant"}']
        ),
        "token files": Parser(parse=of_tokens, declared=(brex_accounting.ConfigurationError,), seeds=[tokens]),
        "links of receipts": Parser(parse=_followed, declared=(ValueError,), seeds=links),
        "settings": Parser(parse=_of_settings, declared=(SettingsError,), seeds=[settings], longest=50_000),
        "rates": Parser(parse=_of_rates, declared=(SettingsError,), seeds=rates, longest=50_000),
        "journal rows": Parser(parse=rows.parse, declared=(JournalError,), seeds=rows.seeds),
    }


def main(inputs: int, seed: int) -> int:
    """Feed all parsers, and say what they took."""
    # Listings that start again say so.
    logging.disable()
    with tempfile.TemporaryDirectory() as folder:
        before = _memory()
        for name, parser in parsers(Path(folder)).items():
            outcome = fuzz(parser, inputs, seed)
            print(f"{name}: {outcome.taken} inputs, {outcome.refused} refused, slowest {outcome.slowest:.3f} s, "
                  f"+{_memory() - before} MiB", flush=True)  # fmt: skip
            if outcome.slowest > SLOWEST or _memory() - before > MOST_MEMORY:
                return 1
    return 0


def _memory() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // (1024 if sys.platform != "darwin" else 1024**2)


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 1))
