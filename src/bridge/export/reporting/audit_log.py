"""The log of an export: one line for each decision, on the logger ``bridge.export``.

A line has the decision and facts as ``key=value``, and the same facts as attributes of the log record, for formatters that
write JSON. At level INFO there are ids, codes and counts alone; what services and people wrote is told at DEBUG. The labels
of `clientkit.labelled`, such as the tenant, are facts of each line.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from datetime import timedelta

from bridge.decisions import Refuse, Skip
from bridge.export.reporting.report import Elsewhere, Failed, Posted, RecordResult, Unreported
from clientkit import observing
from clientkit.errors import AnswerError, ApiError, Call, ConfigurationError, NoAnswerError, PagingError
from clientkit.showing import plain
from clientkit.webhooks import UnreadableWebhookError, WebhookError

# What a log record has itself, and no fact may replace.
_OWN = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime"}

_log = logging.getLogger("bridge.export")
_progress = logging.getLogger("bridge.export.reporting.progress")


def decided(result: RecordResult, trace_id: str | None = None, call: Call | None = None) -> None:
    """What became of a record; `trace_id` is that of Rillet's last answer about it, and `call` the one that failed."""
    about: Mapping[str, str | int | None] = {"record_id": result.record.id, "version": result.record.version}
    decision = _decision(result)
    observing.count("records", decision=decision)
    match result:
        case Posted():
            _say(_log, decision, {**about, "kind": result.kind, "object_id": result.id, "trace_id": trace_id})
            if result.receipts.files:
                _say(_log, "attached", {**about, "object_id": result.id, "files": result.receipts.files})
            for each in result.receipts.unattached:
                _say(_log, "unattached", {**about, "receipt_id": each.receipt_id, "code": each.code})
                _log.debug("receipt %s of %s is not attached: %s", each.receipt_id, each.record_id, each.why)
        case Refuse():
            codes = ",".join(dict.fromkeys(each.code.value for each in result.reasons))
            _say(_log, decision, {**about, "codes": codes, "trace_id": trace_id})
            for reason in result.reasons:
                _log.debug("%s is refused: %s", result.record.id, reason)
        case Skip():
            _say(_log, decision, about)
            _log.debug("%s needs no posting: %s", result.record.id, result.why)
        case Elsewhere():
            _say(_log, decision, about)
            _log.debug("%s is left to another exporter: %s", result.record.id, result.why)
        case Failed():
            _say(_log, decision, {**about, "code": result.code, **_of_call(call), "trace_id": trace_id})
            _log.debug("%s failed: %s", result.record.id, result.why)


def _of_call(call: Call | None) -> Mapping[str, str]:
    # The address of a link may hold what opens it.
    if call is None or not call.path.startswith("/"):
        return {}
    return {"service": call.service, "request": f"{call.method} {call.path}"}


def _decision(result: RecordResult) -> str:
    match result:
        case Posted():
            return "adopted" if result.adopted else "posted"
        case Refuse():
            return "refused"
        case Skip():
            return "nothing"
        case Elsewhere():
            return "elsewhere"
        case Failed():
            return "failed"


def reported(record_id: str) -> None:
    """Brex has the result of a record."""
    log("reported", record_id=record_id)


def unreported(each: Unreported) -> None:
    """Brex does not have the result of a record."""
    log("unreported", record_id=each.record_id)
    _log.debug("%s is unknown to Brex: %s", each.record_id, each.why)


def stopped(code: str, why: str) -> None:
    """The run ends before its end."""
    log("stopped", code=code)
    _log.debug("the run ends early: %s", why)


def working(requests: int) -> None:
    """A run reads, and no record is done yet; `requests` were sent so far."""
    _say(_progress, "working", {"requests": requests})


def progressed(done: int, of: int, rest: timedelta) -> None:
    """How far the run is; on the logger ``bridge.export.reporting.progress``."""
    _say(_progress, "progress", {"done": done, "of": of, "seconds_left": round(rest.total_seconds())})


def log(decision: str, **facts: str | int | None) -> None:
    """One decision with its facts; those that are not known are left out."""
    _say(_log, decision, facts)


def warn(log: logging.Logger, text: str, advice: str, **facts: str) -> None:
    """Warn of something on this logger: the text, the facts, and what to do."""
    told = _labelled(facts)
    log.warning("%s: %s; %s", text, " ".join(_pairs(told)), advice, extra=_attributes(told), stacklevel=2)


def failure(log: logging.Logger, level: int, text: str, error: Exception) -> None:
    """Log an error on this logger: without what a service or a person wrote, and whole at DEBUG."""
    facts = _labelled(_brief(error))
    kind = type(error).__name__ if _quotes(error) else error
    log.log(level, "%s: %s", text, " ".join((str(kind), *_pairs(facts))), extra=_attributes(facts), stacklevel=2)
    log.debug("%s: %s", text, error, extra=_attributes(observing.labels()))


def _quotes(error: Exception) -> bool:
    """Whether the text of an error may hold what a service answered or sent, where people are named."""
    if isinstance(error, ConfigurationError | NoAnswerError | PagingError):
        return False
    return isinstance(error, ApiError if not isinstance(error, WebhookError) else UnreadableWebhookError)


def _brief(error: Exception) -> Mapping[str, str | int]:
    """What is known of an error beside its text, ids and codes alone."""
    facts = dict[str, str | int]()
    if isinstance(error, AnswerError):
        facts |= {**_of_call(error.call), "status": error.status}
        facts |= {} if error.trace_id is None else {"trace_id": error.trace_id}
    return {**facts, "verdict": error.verdict.value} if isinstance(error, ApiError) else facts


def _say(log: logging.Logger, decision: str, facts: Mapping[str, str | int | None]) -> None:
    known = _labelled({name: value for name, value in facts.items() if value is not None})
    log.info("%s", " ".join((decision, *_pairs(known))), extra={"decision": decision, **_attributes(known)})


def _labelled(facts: Mapping[str, str | int]) -> Mapping[str, str | int]:
    """The facts, and behind them the labels of this context."""
    return {**facts, **{name: value for name, value in observing.labels().items() if name not in facts}}


def _pairs(facts: Mapping[str, str | int]) -> tuple[str, ...]:
    return tuple(f"{name}={_shown(value)}" for name, value in facts.items())


def _attributes(facts: Mapping[str, str | int]) -> Mapping[str, str | int]:
    return {name: value for name, value in facts.items() if name not in _OWN}


def _shown(value: str | int) -> str:
    """A value on one line: what another system named may hold line ends and what moves a terminal's cursor."""
    text = str(value)
    return text if text.isprintable() and " " not in text else json.dumps(plain(text))
