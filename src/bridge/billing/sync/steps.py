"""What the steps of a run come to for the steps that follow."""

from __future__ import annotations

from collections.abc import Mapping

import attrs

from bridge.billing.sync.reading import Waiting
from bridge.billing.values import CreditNote, Invoice
from bridge.decisions import SkipCode
from bridge.export.reporting.report import ExportOutcome
from bridge.plan import Plan


@attrs.frozen
class Step:
    """What the step of the invoices comes to: those that have a `placed` object in Rillet, and those that are `left` as they were.

    `found` are those of the first that were not posted by this step.
    """

    found: frozenset[str]
    placed: frozenset[str]
    left: frozenset[str]


def step_of(outcome: ExportOutcome) -> Step:
    """What a run's step of the invoices comes to."""
    removed = {each.record.id for each in outcome.posted if each.is_removed}
    return Step(
        found=frozenset(each.record.id for each in outcome.posted if each.adopted),
        placed=frozenset({each.record.id for each in outcome.posted} - removed),
        left=frozenset(
            {
                *(each.record.id for each in outcome.refused),
                *(each.record.id for each in outcome.failed),
                *(each.record.id for each in outcome.elsewhere),
            }
        ),
    )


def planned_step(plan: Plan) -> Step:
    """As `step_of`, before it is taken."""
    found = {each.record.id for each in plan.nothing if each.code is SkipCode.IN_LEDGER}
    return Step(
        found=frozenset(found),
        placed=frozenset({each.record.id for each in plan.posts} | found),
        left=frozenset(each.record.id for each in plan.refused),
    )


def failed_in(master: ExportOutcome | None) -> dict[str, str]:
    """Why customers and products could not be created."""
    if master is None:
        return {}
    failed = {each.record.id: each.why for each in master.failed}
    return failed | {each.record.id: "; ".join(map(str, each.reasons)) for each in master.refused}


def unchanged_in(outcome: ExportOutcome, waiting: Waiting, values: Mapping[str, Invoice | CreditNote]) -> int:
    """How many of these the journal has in Rillet as they are now, so that a run did not even look at them."""
    told = {each.record.id for each in outcome.posted} | {each.record.id for each in outcome.refused}
    told |= {each.record.id for each in outcome.failed} | {each.record.id for each in outcome.elsewhere}
    told |= {each.record.id for each in outcome.nothing}
    return sum(waiting.is_as_posted(subject, each) for subject, each in values.items() if subject not in told)
