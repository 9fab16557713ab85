"""Outcomes and plans for programs, as values that JSON knows."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import attrs

from brex_accounting import Amount, Record
from bridge.decisions import Refuse, Skip
from bridge.documents.protocol import Document, PlannedVendor, parts_of
from bridge.export.engine.saved_plan import SavedPlan
from bridge.export.reporting.naming import merchant_of, party_name, person_of
from bridge.plan import Plan
from bridge.totals import totals_json
from clientkit.money import decimal_text

if TYPE_CHECKING:
    from bridge.export.reporting.report import Elsewhere, ExportOutcome, Posted


def outcome_json(outcome: ExportOutcome) -> dict[str, object]:
    """What an export came to; amounts are texts. People are named only where their records are held or refused."""
    return {
        "posted": [_posted_json(each) for each in outcome.posted],
        "created_vendors": [{"id": vendor.id, "name": vendor.name} for vendor in outcome.created_vendors],
        "held": refused_json(outcome.held),
        "refused": refused_json(outcome.refused),
        "nothing": nothing_json(outcome.nothing),
        "failed": [{**_about(each.record), "code": each.code, "why": each.why} for each in outcome.failed],
        "not_reached": list(outcome.not_reached),
        "reported": list(outcome.reported),
        "unreported": [{"record_id": each.record_id, "why": each.why} for each in outcome.unreported],
        "unattached": [attrs.asdict(each) for each in outcome.unattached],
        "unreadable": [attrs.asdict(each) for each in outcome.unreadable],
        "warnings": [attrs.asdict(each) for each in outcome.warnings],
        "elsewhere": [_elsewhere_json(each) for each in outcome.elsewhere],
        "stopped": outcome.stopped,
        "stop_code": None if outcome.stop_code is None else outcome.stop_code.value,
        "counts": attrs.asdict(outcome.counts),
        "amounts": {currency: decimal_text(amount) for currency, amount in outcome.amounts.items()},
        "found_amounts": {currency: decimal_text(amount) for currency, amount in outcome.found_amounts.items()},
        "totals": totals_json(outcome.totals),
        "requests": outcome.requests,
        "seconds": round(outcome.seconds, 3),
    }


def _about(record: Record) -> dict[str, str]:
    """Which record it is, and what it is about as its source states it."""
    amount = record.amount
    return {"record_id": record.id, "amount": decimal_text(amount.amount), "currency": amount.currency}


def _posted_json(each: Posted) -> dict[str, object]:
    return {
        **_about(each.record),
        "kind": each.kind,
        "id": each.id,
        "adopted": each.adopted,
        "step": each.step,
        "record_link": each.record_link,
        "rillet_link": each.rillet_link,
        "postings": [] if each.posted is None else postings_json(each.posted),
    }


def _elsewhere_json(each: Elsewhere) -> dict[str, str | None]:
    until = None if each.until is None else each.until.isoformat()
    return {**_about(each.record), "why": each.why, "holder": each.holder, "until": until}


def postings_json(document: Document) -> list[dict[str, str]]:
    """What a document posts, for programs; lines in the books of a second subsidiary name it by its id."""
    first, *others = parts_of(document)
    here = first.form().head.get("subsidiary")
    return [
        {
            "account": p.account,
            "side": p.side.value,
            "amount": decimal_text(p.amount),
            "currency": p.currency,
            **({} if there in {None, here} else {"subsidiary": there or ""}),
        }
        for part in (first, *others)
        for there in [part.form().head.get("subsidiary")]
        for p in part.postings()
    ]


def refused_json(refused: Iterable[Refuse]) -> list[dict[str, object]]:
    """Refusals with all their reasons, for programs."""
    return [
        {
            **_about(each.record),
            "reasons": [{"code": code, "text": text} for code, text in each.coded_texts],
            "merchant": merchant_of(each.record),
            "person": person_of(each.record),
            "day": str(each.record.erp_posting_date.date()),
        }
        for each in refused
    ]


def nothing_json(nothing: Iterable[Skip]) -> list[dict[str, str]]:
    """Records that need no posting, for programs."""
    return [{**_about(each.record), "why": each.why} for each in nothing]


def plan_json(plan: Plan) -> dict[str, object]:
    """What an export would do."""
    return {
        "posts": [
            {
                **_about(post.record),
                "step": post.step,
                "vendor": {"create": post.document.party.vendor.name}
                if isinstance(post.document.party, PlannedVendor)
                else post.document.party,
                "vendor_name": party_name(post.document, plan.books),
                "impact_date": str(post.posted.impact_date),
                "postings": postings_json(post.posted),
            }
            for post in plan.posts
        ],
        "create_vendors": [each.vendor.name for each in plan.new_vendors],
        "held": refused_json(plan.held),
        "refused": refused_json(plan.refused),
        "deletions": nothing_json(plan.deletions),
        "nothing": nothing_json(plan.nothing),
        "totals": totals_json(plan.totals),
        "warnings": list(plan.warnings),
    }


def saved_plan_json(plan: SavedPlan) -> dict[str, object]:
    """Which plan was carried out, and which of its records it had no step for, with its reasons."""
    return {
        "digest": plan.digest,
        "made_at": plan.made_at.isoformat(),
        "made_by": plan.made_by,
        "refused": [
            {"record_id": each, **_saved_amount(plan.amount_of(each)), "why": why} for each, why in plan.refused.items()
        ],
        "nothing": [{"record_id": each, "why": why} for each, why in plan.nothing.items()],
        "warnings": list(plan.warnings),
    }


def _saved_amount(amount: Amount | None) -> dict[str, str | None]:
    if amount is None:
        return {"amount": None, "currency": None}
    return {"amount": decimal_text(amount.amount), "currency": amount.currency}
