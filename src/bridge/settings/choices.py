"""What settings choose between: each value is a word of the settings file."""

from __future__ import annotations

from enum import StrEnum


class Basis(StrEnum):
    """When a reimbursement counts: as it is approved, or as it is paid. Records of the other basis are not posted."""

    ACCRUAL = "accrual"
    CASH = "cash"


class OtherTypes(StrEnum):
    """What to do with records of types that nothing is known about: refuse them, or post their lines as they are."""

    REFUSE = "refuse"
    JOURNAL_ENTRY = "journal_entry"


class Role(StrEnum):
    """What the lines stand for that nobody codes; each is a key of an entity, whose value is the account."""

    CARD = "card_account"
    REIMBURSEMENT = "reimbursement_account"
    BANK = "bank_account"
    PERSONAL_EXPENSE_RECEIVABLE = "personal_expense_receivable_account"
    REWARDS = "rewards_account"
    CLEARING = "clearing_account"
    ACCOUNTS_PAYABLE = "accounts_payable_account"
    TAX = "tax_account"
    ACCRUAL = "accrual_account"
    UNCODED = "uncoded_account"
    EXCHANGE = "exchange_account"

    @property
    def label(self) -> str:
        """Its name in messages."""
        return self.value.replace("_", " ")


class ClosedPeriod(StrEnum):
    """What to do with a posting date in a closed period."""

    REFUSE = "refuse"
    FIRST_OPEN_DAY = "first_open_day"


class ForeignCurrency(StrEnum):
    """What to do with a record in another currency than its subsidiary's.

    ``document``: it stays in its currency, and Rillet gets the exchange rate; the organization needs multi-currency.
    ``subsidiary``: its lines are converted here, so that their total is the converted total to the last unit.
    """

    DOCUMENT = "document"
    SUBSIDIARY = "subsidiary"


class NearDuplicates(StrEnum):
    """What to do with a vendor that Rillet does not have but that looks like one it has: report it, or create it."""

    REPORT = "report"
    CREATE = "create"


class OnChange(StrEnum):
    """What to do where Brex has changed a record that is in the ledger as it was before.

    ``replace``: the document becomes what Brex has, where nothing settles it and its period is open. ``correct``: an entry
    of the difference is posted, in the first open period. ``refuse``: the record is refused, with the difference.
    """

    REPLACE = "replace"
    CORRECT = "correct"
    REFUSE = "refuse"


class OnDelete(StrEnum):
    """What to do where nothing is to be posted any more for a record that is in the ledger: refuse it, or delete it there."""

    REFUSE = "refuse"
    DELETE = "delete"


class Payouts(StrEnum):
    """What a payout of a reimbursement becomes: a payment of it in Rillet, or a journal entry that leaves it unpaid."""

    PAYMENT = "payment"
    JOURNAL_ENTRY = "journal_entry"


class BillTiming(StrEnum):
    """When a bill is posted: once Brex has it as ready for export, or already while it waits for its review."""

    APPROVAL = "approval"
    SUBMISSION = "submission"


class CardHolder(StrEnum):
    """What the lines of a document say of the person who spent: nothing, the name, or the id that Brex has."""

    NONE = "none"
    NAME = "name"
    ID = "id"


class SameInvoice(StrEnum):
    """What to do with a bill whose vendor has a bill with the same number already: warn, or refuse the record."""

    WARN = "warn"
    REFUSE = "refuse"


class PageAction(StrEnum):
    """What people may do on the status page, beside looking: approve or hold a posting, dismiss a record, retry one."""

    APPROVE = "approve"
    HOLD = "hold"
    DISMISS = "dismiss"
    RETRY = "retry"


class Treatment(StrEnum):
    """How a tax code counts.

    ``taxed``: the vendor charged it, and it is in the line's amount. ``exempt``: there is none, but the code is kept.
    ``reverse_charge``: the vendor charged none, and the company owes it and deducts it itself.
    """

    TAXED = "taxed"
    EXEMPT = "exempt"
    REVERSE_CHARGE = "reverse_charge"


class Coverage(StrEnum):
    """How Rillet shows a taxed line: its amount with the tax, or the net amount and the tax on top of it."""

    INCLUSIVE = "inclusive"
    EXCLUSIVE = "exclusive"


class TaxRounding(StrEnum):
    """Where tax is rounded: on each line, or once for all lines of a document that have one rate, as on most invoices.

    In journal entries it is always rounded on each line, because Rillet computes it.
    """

    LINE = "line"
    DOCUMENT = "document"
