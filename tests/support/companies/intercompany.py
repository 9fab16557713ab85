"""Two entities in one Rillet of which each may pay for the other, and the records and faults between them."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from brex_accounting import Record, RecordType
from brex_accounting.testing.records import Split, card_expense, gl, record
from bridge import Bridge, Intercompany
from bridge.export import NoJournal, Verdict, verify
from clientkit.testing import AnswerLost, Asked, Fault, Respond
from support.companies.exported import refusal
from support.companies.two import DUE, GMBH, TwoCompanies, legal_entity

BETWEEN = Intercompany(payer="US", debtor="Germany", due_from="12000", due_to="12500")
OURS: Split = ("60", [gl("61000"), legal_entity("US")])
THEIRS: Split = ("40", [gl("62000"), GMBH])
BILL = {"invoice_number": "INV-1", "vendor": "Acme", "due_at": DUE, "source_id": "bill1"}
SPENT = {"Inc. 12000": "40.00", "Inc. 61000": "60.00", "GmbH 62000": "40.00", "GmbH 12500": "-40.00"}
BOOKS = dict(sorted({**SPENT, "Inc. 21120": "-100.00"}.items()))


def spent(*splits: Split, id: str = "accr_k1", **details: Any) -> Record:
    """100 on a card, of which 40 are the German company's."""
    lines = splits or (OURS, THEIRS)
    amount = sum(Decimal(each[0]) for each in lines)
    return card_expense(str(amount), splits=list(lines), record_id=id, **details)


def companies(*records: Record, **settings: Any) -> TwoCompanies:
    given: dict[str, Any] = {"intercompany": (BETWEEN,), **settings}
    return TwoCompanies(*records, **given)


def turned(type: RecordType, debits: Sequence[Split], credits: Sequence[Split], **details: Any) -> Record:
    return record(type, debits=debits, credits=credits, record_id="accr_k1", **details)


def disagreements(company: TwoCompanies) -> dict[str, Verdict]:
    journal = company.journal or NoJournal()
    told = verify(company.to_brex, company.to_rillet, journal, "brex", bridge=Bridge(company.settings))
    return {each.record_id: each.verdict for each in told if each.verdict is not Verdict.NOT_REPORTED}


def failing(company: TwoCompanies, path: str, *, is_refused: bool) -> None:
    """Each attempt to post under this path is refused once, or carried out with its answer lost."""

    def matches(asked: Asked) -> bool:
        return asked.method == "POST" and path in asked.path

    action = Respond(refusal(400)) if is_refused else AnswerLost()
    company.rillet.faults.append(Fault(action, matches=matches, times=1 if is_refused else 50))
