"""The log of an export: one line for each decision, on the logger ``bridge.export``.

A line has the decision and facts as ``key=value``, and the same facts as attributes of the log record, for formatters that
write JSON. At level INFO there are ids, codes and counts alone; what services and people wrote is told at DEBUG.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from datetime import timedelta

from bridge.decisions import Refuse, Skip
from bridge.export.reporting.report import Elsewhere, Failed, Posted, RecordResult, Unreported
from clientkit import observing
from clientkit.errors import Call
from clientkit.showing import plain

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


def _say(log: logging.Logger, decision: str, facts: Mapping[str, str | int | None]) -> None:
    known = {name: value for name, value in facts.items() if value is not None}
    text = " ".join((decision, *(f"{name}={_shown(value)}" for name, value in known.items())))
    log.info("%s", text, extra={"decision": decision, **known})


def _shown(value: str | int) -> str:
    """A value on one line: what another system named may hold line ends and what moves a terminal's cursor."""
    text = str(value)
    return text if text.isprintable() and " " not in text else json.dumps(plain(text))
