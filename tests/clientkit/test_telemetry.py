"""Traces and metrics of calls and of an export, by OpenTelemetry's in-memory exporters; one trace is shown in the docs."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import cast

import attrs
import pytest

import brex_accounting
import brex_accounting.testing
import rillet
import rillet.testing
from brex_accounting import Receipt
from bridge import Bridge
from bridge.export import AsyncExport, Export
from bridge.export.ledgers.rillet_operations import operation_of
from clientkit import Answer, LazyResource, Pacer, instrument, labelled
from clientkit.endpoints import Several, _Endpoint
from clientkit.observing import observe_by
from clientkit.testing import AnswerLost, Fault, RequestLost, Respond
from rillet.ledger.journal_entries import JournalEntryOperations
from rillet.payables.bills import BillOperations
from rillet.payables.charges import ChargeOperations
from rillet.payables.vendor_credits import VendorCreditOperations
from rillet.payables.vendors import VendorOperations
from rillet.receivables.credit_memos import CreditMemoOperations
from rillet.receivables.invoice_payments import InvoicePaymentOperations
from support.companies.exported import REFERENCE_TYPE, SETTINGS, Company, expense

pytest.importorskip("opentelemetry.sdk", reason="the extra `telemetry` and its SDK are not installed")

from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import HistogramDataPoint, InMemoryMetricReader
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import StatusCode

PAGE = Path(__file__).parents[2] / "docs" / "telemetry.md"


@attrs.frozen
class Seen:
    """What was exported."""

    exporter: InMemorySpanExporter = attrs.field(factory=InMemorySpanExporter)
    reader: InMemoryMetricReader = attrs.field(factory=InMemoryMetricReader)

    def spans(self) -> Sequence[ReadableSpan]:
        """In the order in which they began."""
        return sorted(self.exporter.get_finished_spans(), key=lambda each: each.start_time or 0)

    def named(self, name: str) -> Sequence[ReadableSpan]:
        return [each for each in self.spans() if each.name == name]

    def inside(self, parent: ReadableSpan) -> Sequence[ReadableSpan]:
        return [
            each
            for each in self.spans()
            if each.parent and parent.context and each.parent.span_id == parent.context.span_id
        ]

    def sums(self, metric: str, *labels: str) -> Mapping[tuple[object, ...], float]:
        """A metric's numbers by the values of these labels; of a histogram the sums."""
        found = dict[tuple[object, ...], float]()
        data = self.reader.get_metrics_data()
        assert data is not None
        for resource in data.resource_metrics:
            for scope in resource.scope_metrics:
                for each in scope.metrics:
                    for point in each.data.data_points if each.name == metric else ():
                        key = tuple((point.attributes or {}).get(label) for label in labels)
                        number = point.sum if isinstance(point, HistogramDataPoint) else getattr(point, "value", 0)
                        found[key] = found.get(key, 0) + number
        return found

    def tree(self, span: ReadableSpan, depth: int = 0) -> Iterator[str]:
        """The trace for people."""
        about = span.attributes or {}
        shown = [str(about[each]) for each in ("http.response.status_code", "record_id", "tenant") if each in about]
        if "tenant" in about and depth:
            shown.remove(str(about["tenant"]))
        if span.status.status_code is StatusCode.ERROR and "http.response.status_code" not in about:
            shown.append(str(about["error.type"]))
        yield "  " * depth + " ".join((span.name, *shown))
        for each in self.inside(span):
            yield from self.tree(each, depth + 1)


@pytest.fixture
def seen() -> Iterator[Seen]:
    made = Seen()
    traces = TracerProvider()
    traces.add_span_processor(SimpleSpanProcessor(made.exporter))
    instrument(tracer_provider=traces, meter_provider=MeterProvider(metric_readers=[made.reader]))
    yield made
    observe_by(None)


def new_company() -> Company:
    return Company(
        brex=brex_accounting.testing.StandIn(rate_limit=None),
        rillet=rillet.testing.StandIn(reference_types={REFERENCE_TYPE}),
    )


def test_a_call_is_a_span_and_its_attempts_are_inside(seen: Seen) -> None:
    books = rillet.testing.StandIn(rate_limit=None)
    books.faults += [Fault(Respond(Answer(status=503))), Fault(AnswerLost())]
    books.client(sleep=lambda _: None).accounts.list().collect()
    (call,) = seen.named("rillet.accounts.list")
    attempts = seen.inside(call)
    told = [(each.attributes or {}).get("http.response.status_code") for each in attempts]
    assert told == [503, None, 200]
    assert [(each.attributes or {}).get("http.request.resend_count") for each in attempts] == [None, 1, 2]
    assert [each.status.status_code for each in attempts] == [StatusCode.ERROR, StatusCode.ERROR, StatusCode.UNSET]
    assert call.status.status_code is StatusCode.UNSET
    assert seen.sums("brex_rillet.requests", "operation", "outcome") == {
        ("rillet.accounts.list", "503"): 1,
        ("rillet.accounts.list", "no_answer"): 1,
        ("rillet.accounts.list", "200"): 1,
    }


def test_an_awaited_call_is_the_same_span_inside_the_callers(seen: Seen) -> None:
    books = rillet.testing.StandIn(rate_limit=None)

    async def main() -> None:
        async with books.async_client() as client:
            with suppress(rillet.NotFoundError):
                await client.vendors.get("nobody")

    with labelled(tenant="acme"):
        asyncio.run(main())
    (call,) = seen.named("rillet.vendors.get")
    assert dict(call.attributes or {}) == {
        "tenant": "acme",
        "service": "Rillet",
        "operation": "rillet.vendors.get",
        "error.type": "NotFoundError 404",
    }
    assert [each.name for each in seen.inside(call)] == ["GET"]


def test_what_is_abandoned_ends_its_spans(seen: Seen) -> None:
    books = rillet.testing.StandIn(rate_limit=None)
    books.faults.append(Fault(Respond(Answer(status=503))))

    def sleep(_: float) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        books.client(sleep=sleep).accounts.list().collect()
    (call,) = seen.named("rillet.accounts.list")
    assert (call.attributes or {})["error.type"] == "abandoned"


def test_waits_for_the_pace_are_measured(seen: Seen) -> None:
    books = rillet.testing.StandIn(rate_limit=None)
    pacer = Pacer(1, 60.0, margin=0.0)
    client = rillet.Client(books.api_key, transport=books.transport(), pacer=pacer, sleep=lambda _: None)
    for _ in range(2):
        client.accounts.list().collect()
    waited = seen.sums("brex_rillet.pace.wait", "operation")[("rillet.accounts.list",)]
    assert waited == pytest.approx(60, abs=5)
    assert [(each.attributes or {}).get("pace.wait") for each in seen.named("rillet.accounts.list")] == [
        None,
        pytest.approx(waited, abs=0.01),
    ]


def test_the_query_of_a_link_and_secrets_are_told_to_nobody(seen: Seen) -> None:
    receipt = Receipt(id="receipt_1", download_uris=("https://files.example.com/a/secret-name?X-Amz-Signature=s3cret",))
    company = new_company()
    company.brex.add(attrs.evolve(expense(1), receipts=(receipt,)))
    company.export().run()
    with suppress(rillet.ApiError):
        rillet.Client("a-wrong-key", transport=company.rillet.transport()).accounts.list().collect()
    told = "\n".join(each.to_json() for each in seen.spans())
    assert "Signature" not in told
    assert "s3cret" not in told
    assert "secret-name" not in told
    assert "a-wrong-key" not in told
    assert company.rillet.api_key not in told
    assert "?" not in told
    assert "Cumulus" not in told


def test_the_counts_of_each_tenant_are_kept_apart(seen: Seen) -> None:
    for tenant, number in (("acme", 3), ("bolt", 1)):
        company = new_company()
        company.brex.add(*(expense(each) for each in range(number)), attrs.evolve(expense(9), line_items=()))
        with labelled(tenant=tenant):
            company.export().run()
    counted = seen.sums("brex_rillet.records", "tenant", "decision")
    assert (counted["acme", "posted"], counted["bolt", "posted"]) == (3, 1)
    assert (counted["acme", "refused"], counted["bolt", "refused"]) == (1, 1)
    requests = seen.sums("brex_rillet.requests", "tenant", "operation")
    assert requests["acme", "rillet.charges.create"] == 3
    assert requests["bolt", "rillet.charges.create"] == 1


@pytest.mark.parametrize("is_awaited", [False, True])
def test_the_trace_of_an_export_is_the_one_that_the_page_shows(seen: Seen, *, is_awaited: bool) -> None:
    company = new_company()
    company.brex.add(expense(1), expense(2))
    company.rillet.faults += [
        Fault(Respond(Answer(status=503)), matches=lambda asked: (asked.method, asked.path) == ("POST", "/charges")),
        Fault(RequestLost(), matches=lambda asked: (asked.method, asked.path) == ("POST", "/charges")),
    ]
    bridge = Bridge(SETTINGS)

    async def no_wait(_: float) -> None:
        await asyncio.sleep(0)

    async def awaited() -> None:
        clients = company.brex.async_client(), company.rillet.async_client(sleep=no_wait)
        await AsyncExport(*clients, bridge, in_flight=1).run()

    with labelled(tenant="acme"):
        if is_awaited:
            asyncio.run(awaited())
        else:
            clients = company.brex.client(), company.rillet.client(sleep=lambda _: None)
            Export(*clients, bridge, in_flight=1).run()
    (run,) = seen.named("bridge.export.run")
    shown = re.findall(r"^```text\n(bridge\.export\.run.*?)^```$", PAGE.read_text("utf-8"), re.MULTILINE | re.DOTALL)
    assert "\n".join(seen.tree(run)) + "\n" == shown[0]
    tenants = [(each.attributes or {}).get("tenant") for each in seen.spans() if each.name.startswith("rillet.")]
    assert set(map(str, tenants)) == {"acme"}
    attempts = [(each.attributes or {}).get("tenant") for each in seen.spans() if each.name in {"GET", "POST"}]
    assert len(attempts) > 5
    assert set(map(str, attempts)) == {"acme"}


def test_every_endpoint_is_named_by_its_client() -> None:
    named = dict[str, str]()
    for package, client in (("rillet", rillet.Client), ("brex_accounting", brex_accounting.Client)):
        resources = [name for name, each in vars(client).items() if isinstance(each, LazyResource)]
        for resource in resources:
            kind: type[object] = getattr(client, resource)
            for base in kind.__mro__:
                for name, each in cast("dict[str, object]", vars(base)).items():
                    if isinstance(each, _Endpoint) and not isinstance(each, Several):
                        named[f"{package}.{resource}.{name}"] = each._operation
    assert len(named) > 100
    assert {each: name for each, name in named.items() if each != name} == {}


def test_what_is_sent_from_the_journal_has_the_name_of_its_endpoint() -> None:
    named: Mapping[tuple[str, str], _Endpoint] = {
        ("POST", "/charges"): ChargeOperations.create,
        ("DELETE", "/charges/c"): ChargeOperations.delete,
        ("POST", "/charges/c"): ChargeOperations.upload_document,
        ("PUT", "/bills/b"): BillOperations.update,
        ("POST", "/bills/b/payments"): BillOperations.create_payment,
        ("DELETE", "/bills/b/payments/p"): BillOperations.delete_payment,
        ("POST", "/journal-entries"): JournalEntryOperations.create,
        ("PUT", "/vendor-credits/v"): VendorCreditOperations.update,
        ("POST", "/vendors"): VendorOperations.create,
        ("POST", "/invoices/i/payments"): InvoicePaymentOperations.create,
        ("DELETE", "/invoices/i/payments/p"): InvoicePaymentOperations.delete,
        ("POST", "/credit-memos/m/applications"): CreditMemoOperations.apply,
        ("DELETE", "/credit-memos/m/applications"): CreditMemoOperations.delete_applications,
    }
    assert {each: operation_of(*each) for each in named} == {each: made._operation for each, made in named.items()}
