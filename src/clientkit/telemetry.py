"""Traces and metrics by OpenTelemetry (https://opentelemetry.io/docs/languages/python/). It needs the extra ``telemetry``.

This file alone knows OpenTelemetry.
"""

from __future__ import annotations

import sys
from collections.abc import Generator
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from clientkit.errors import ConfigurationError, StatusError
from clientkit.observing import Facts, ObservedCall, observe_by
from clientkit.wire import Answer, Exchanged, Outgoing

if TYPE_CHECKING:
    from opentelemetry.metrics import Meter, MeterProvider
    from opentelemetry.trace import Span, Tracer, TracerProvider

_NAME = "brex-rillet"


def instrument(*, tracer_provider: TracerProvider | None = None, meter_provider: MeterProvider | None = None) -> None:
    """Trace and count all calls and exports of this process from now on.

    Each call is a span named by its operation, such as ``rillet.charges.create``, and its attempts are children. The counters
    and the histogram are in ``docs/telemetry.md``. `labelled` gives a tenant's name to all of them. Without providers those count
    that the process has set for OpenTelemetry.

    Raises:
        ConfigurationError: The extra is not installed.
    """
    try:
        from opentelemetry import metrics, trace
    except ModuleNotFoundError:
        raise ConfigurationError('telemetry needs its extra: pip install "brex-rillet[telemetry]"') from None
    tracer = trace.get_tracer(_NAME, tracer_provider=tracer_provider)
    observe_by(_Telemetry(tracer, metrics.get_meter(_NAME, meter_provider=meter_provider)))


@contextmanager
def unseen() -> Generator[None]:
    """Whatever is sent in this context is in no span of OpenTelemetry's instrumentations of libraries."""
    # Nobody instruments a library without importing this.
    suppress = getattr(sys.modules.get("opentelemetry.instrumentation.utils"), "suppress_http_instrumentation", None)
    with nullcontext() if suppress is None else suppress():
        yield


class _Telemetry:
    def __init__(self, tracer: Tracer, meter: Meter) -> None:
        self.tracer = tracer
        self.requests = meter.create_counter(
            "brex_rillet.requests", unit="{request}", description="Attempts by operation and outcome"
        )
        self.waits = meter.create_histogram(
            "brex_rillet.pace.wait", unit="s", description="What a call waited for its turn in the pace"
        )
        self._counters = {
            "records": meter.create_counter(
                "brex_rillet.records", unit="{record}", description="What became of the records of exports"
            )
        }

    def call(self, service: str, operation: str, facts: Facts) -> ObservedCall:
        return _Call(self, service, operation, facts)

    @contextmanager
    def work(self, name: str, facts: Facts) -> Generator[None]:
        # What is raised is not recorded: its text may hold what a service answered.
        with self.tracer.start_as_current_span(
            name, attributes=dict(facts), record_exception=False, set_status_on_exception=False
        ) as span:
            try:
                yield
            except BaseException as error:
                _fail(span, type(error).__name__)
                raise

    def note(self, facts: Facts) -> None:
        from opentelemetry import trace

        trace.get_current_span().set_attributes(dict(facts))

    def count(self, name: str, facts: Facts) -> None:
        self._counters[name].add(1, dict(facts))


class _Call:
    def __init__(self, telemetry: _Telemetry, service: str, operation: str, facts: Facts) -> None:
        from opentelemetry import trace

        self._telemetry, self._labels = telemetry, facts
        self._facts = {**facts, "service": service, "operation": operation}
        self._span = telemetry.tracer.start_span(operation, attributes=dict(self._facts))
        self._inside = trace.set_span_in_context(self._span)
        self._attempt: Span | None = None
        self._attempts, self._waited = 0, 0.0

    def waits(self, seconds: float) -> None:
        self._waited += seconds
        self._telemetry.waits.record(seconds, self._facts)
        self._span.set_attribute("pace.wait", round(self._waited, 3))

    def sends(self, outgoing: Outgoing) -> None:
        from opentelemetry.trace import SpanKind

        parts = urlsplit(outgoing.url)
        attributes: dict[str, str | int | float | bool] = {
            **self._labels,
            "http.request.method": outgoing.method,
            "server.address": parts.hostname or "",
            "url.scheme": parts.scheme,
        }
        if parts.port is not None:
            attributes["server.port"] = parts.port
        if not outgoing.is_link:
            # Never a query: those of links are permissions, those of look-ups can hold names.
            attributes["url.path"] = parts.path
        if self._attempts:
            attributes["http.request.resend_count"] = self._attempts
        self._attempts += 1
        self._attempt = self._telemetry.tracer.start_span(
            outgoing.method, context=self._inside, kind=SpanKind.CLIENT, attributes=attributes
        )

    def came(self, exchanged: Exchanged) -> None:
        outcome = (
            str(exchanged.status) if isinstance(exchanged, Answer) else "timeout" if exchanged.late else "no_answer"
        )
        self._telemetry.requests.add(1, {**self._facts, "outcome": outcome})
        span, self._attempt = self._attempt, None
        if span is None:
            return
        if isinstance(exchanged, Answer):
            span.set_attribute("http.response.status_code", exchanged.status)
        if not isinstance(exchanged, Answer) or exchanged.status >= 400:
            _fail(span, outcome)
        span.end()

    def ended(self, error: BaseException | None) -> None:
        if self._attempt is not None:
            _fail(self._attempt, "abandoned")
            self._attempt.end()
        if error is not None:
            _fail(self._span, _kind_of(error))
        self._span.end()


def _kind_of(error: BaseException) -> str:
    if isinstance(error, GeneratorExit):
        return "abandoned"
    return f"{type(error).__name__} {error.status}" if isinstance(error, StatusError) else type(error).__name__


def _fail(span: Span, kind: str) -> None:
    from opentelemetry.trace import StatusCode

    span.set_status(StatusCode.ERROR)
    span.set_attribute("error.type", kind)
