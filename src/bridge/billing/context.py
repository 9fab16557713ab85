"""One invoice or credit note while it is mapped, with everything that its lines are looked at with."""

from __future__ import annotations

from decimal import Decimal

import attrs

from bridge.billing.catalogue import Catalogue
from bridge.billing.settings import BillingSettings
from bridge.billing.values import CreditNote, Invoice, Line
from bridge.decisions import Findings, ReasonCode
from clientkit.money import is_rounded, places


@attrs.frozen(kw_only=True)
class Context:
    """An invoice between the billing system and Rillet; what is wrong with it gathers in `findings`."""

    invoice: Invoice | CreditNote
    catalogue: Catalogue
    settings: BillingSettings
    findings: Findings = attrs.field(factory=Findings)

    @property
    def ledger(self) -> str:
        """Whose books these are, for messages."""
        return self.catalogue.ledger

    def amount(self, amount: Decimal) -> str:
        """An amount with all places of its currency, as people write it, and no fewer than it has."""
        currency = self.invoice.currency
        return f"{amount:.{places(currency)}f}" if is_rounded(amount, currency) else f"{amount:f}"

    def refuse_unread(self, kind: str, *wanted: str | None, line: Line | None = None) -> bool:
        """Note that what is wanted cannot be read, or shares its name with what cannot; whether that is so."""
        unread = self.catalogue.unread(kind, *wanted)
        if unread is not None:
            self.refuse(ReasonCode.UNREADABLE, str(unread), line)
        return unread is not None

    def refuse(self, code: ReasonCode, text: str, line: Line | None = None) -> None:
        """Note a reason, of a line where it is one's."""
        self.findings.add(code, text, None if line is None else line.id)
