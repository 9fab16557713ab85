"""What can become of a record: post this, nothing to do, or refused with every reason found."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, TypeAlias, cast

import attrs

from brex_accounting import Record
from bridge.documents.protocol import Document
from clientkit.codec.enums import OpenEnum
from clientkit.showing import first_of, in_short

if TYPE_CHECKING:
    from bridge.documents.rillet import Payload


class ReasonCode(OpenEnum):
    """Why a record is refused, for programs. A mapper of your own may use codes of its own, which are texts."""

    TYPE_NOT_SUPPORTED = "type_not_supported"
    NOTHING_MAPPED = "nothing_mapped"
    NO_ENTITY = "no_entity"
    SEVERAL_ENTITIES = "several_entities"
    UNKNOWN_ENTITY = "unknown_entity"
    NOT_POSTED_YET = "not_posted_yet"
    NO_LINES = "no_lines"
    NEGATIVE_AMOUNT = "negative_amount"
    UNKNOWN_SIDE = "unknown_side"
    MIXED_CURRENCIES = "mixed_currencies"
    UNBALANCED = "unbalanced"
    CURRENCY_PRECISION = "currency_precision"
    UNCODED_LINE = "uncoded_line"
    MISSING_ACCOUNT = "missing_account"
    UNKNOWN_ACCOUNT = "unknown_account"
    INACTIVE_ACCOUNT = "inactive_account"
    AMBIGUOUS_ACCOUNT = "ambiguous_account"
    OWN_ACCOUNT = "own_account"
    TOTAL_DIFFERS = "total_differs"
    DATED_AHEAD = "dated_ahead"
    NOT_A_CARD_ACCOUNT = "not_a_card_account"
    NO_OFFSETTING_LINE = "no_offsetting_line"
    FIELDS_ON_OFFSETTING_LINE = "fields_on_offsetting_line"
    UNKNOWN_FIELD_VALUE = "unknown_field_value"
    DEACTIVATED_FIELD_VALUE = "deactivated_field_value"
    MISSING_FIELD = "missing_field"
    SERVICE_PERIOD = "service_period"
    UNKNOWN_TAX_CODE = "unknown_tax_code"
    CLOSED_PERIOD = "closed_period"
    NO_TIME_ZONE = "no_time_zone"
    NO_EXCHANGE_RATE = "no_exchange_rate"
    EXCHANGE_DIFFERENCE = "exchange_difference"
    NO_VENDOR = "no_vendor"
    AMBIGUOUS_VENDOR = "ambiguous_vendor"
    NEAR_DUPLICATE_VENDOR = "near_duplicate_vendor"
    BILL_NOT_FOUND = "bill_not_found"
    NOT_A_PAYMENT = "not_a_payment"
    MAPPER_FAILED = "mapper_failed"
    UNREADABLE = "unreadable"
    REJECTED_BY_LEDGER = "rejected_by_ledger"
    NOT_IN_LEDGER = "not_in_ledger"
    DELETED_IN_LEDGER = "deleted_in_ledger"
    POSTED_SEVERAL_TIMES = "posted_several_times"
    POSSIBLE_DOUBLE = "possible_double"
    SAME_INVOICE_NUMBER = "same_invoice_number"
    DIFFERS_IN_LEDGER = "differs_in_ledger"
    CHANGED_AFTER_EXPORT = "changed_after_export"
    CHANGED_ON_BOTH_SIDES = "changed_on_both_sides"
    OLDER_COPY = "older_copy"
    DRAFT_AGAIN = "draft_again"
    HELD = "held"
    CHANGED_SINCE_PLAN = "changed_since_plan"
    NOT_NOW = "not_now"
    OTHER_BASIS = "other_basis"
    CUSTOMER_NOT_LINKED = "customer_not_linked"
    PRODUCT_NOT_MAPPED = "product_not_mapped"
    CURRENCY_MISMATCH = "currency_mismatch"
    MISSING_SETUP = "missing_setup"
    TAX_DIFFERS = "tax_differs"


class SkipCode(OpenEnum):
    """Why nothing is done with a record, for programs. A mapper of your own may use codes of its own, which are texts.

    Brex hears of a record with ``no_money`` or ``dismissed`` as done; with any other code it stays in Brex's queue.
    """

    NO_MONEY = "no_money"
    BEFORE_START = "before_start"
    OTHER_BASIS = "other_basis"
    NOT_READY = "not_ready"
    IN_LEDGER = "in_ledger"
    TO_DELETE = "to_delete"
    UNCHANGED = "unchanged"
    DISMISSED = "dismissed"


@attrs.frozen(kw_only=True)
class Reason:
    """One reason for a refusal, in words that a bookkeeper can act on. `line_id` names the line, where it is one."""

    code: ReasonCode = attrs.field(converter=ReasonCode)
    text: str
    line_id: str | None = None

    def __str__(self) -> str:
        return self.text


@attrs.frozen(kw_only=True)
class Post:
    """Post `document`, whose `party` is the vendor's id, a vendor that has to be created first, or nobody.

    `step` is how an export does it, such as ``create``, ``replace`` or ``correcting entry``. `correction` is the entry of
    the difference, where what is in the ledger stays and is corrected to say what `document` says.
    """

    record: Record
    document: Document
    step: str = "create"
    correction: Document | None = None

    # What people wrote, and their names and addresses, are in records and documents: neither repr nor text shows those.
    def __repr__(self) -> str:
        return f"<Post {self.record.id}: {self.step}, {self.document.noun} of {self.document.impact_date}>"

    @property
    def posted(self) -> Document:
        """What is posted: the correction where there is one, else the document."""
        return self.document if self.correction is None else self.correction

    @property
    def payload(self) -> Payload:
        """What Rillet gets; a vendor who has to be created is ``new:`` and its key there."""
        # The documents of another ledger have payloads of their own.
        return cast("Payload", self.document.payload)


@attrs.frozen(kw_only=True)
class Skip:
    """There is nothing to post, and why."""

    record: Record
    why: str
    code: SkipCode = attrs.field(converter=SkipCode)

    def __repr__(self) -> str:
        return f"<Skip {self.record.id}: {self.code}>"

    def __str__(self) -> str:
        return in_short(f"{self.record.id}: {self.why}")


@attrs.frozen(kw_only=True)
class Refuse:
    """The record cannot be posted as it is; `reasons` holds everything that was found, not only the first.

    As a text it is the id and the reasons, in short; its repr has their codes alone.
    """

    record: Record
    reasons: tuple[Reason, ...]

    @property
    def is_held(self) -> bool:
        """Whether it only waits for somebody to approve it."""
        return any(each.code == ReasonCode.HELD for each in self.reasons)

    @property
    def coded_texts(self) -> tuple[tuple[str, str], ...]:
        """Code and text of the reasons; two lines of a record with the same defect are one thing to mend."""
        return tuple(dict.fromkeys((each.code.value, each.text) for each in self.reasons))

    @property
    def texts(self) -> tuple[str, ...]:
        """The texts of the reasons, each once."""
        return tuple(dict.fromkeys(map(str, self.reasons)))

    def __repr__(self) -> str:
        return f"<Refuse {self.record.id}: {first_of(list(dict.fromkeys(each.code for each in self.reasons)))}>"

    def __str__(self) -> str:
        return in_short(f"{self.record.id}: {'; '.join(self.texts)}")


Decision: TypeAlias = Post | Skip | Refuse


class Findings:
    """The reasons found so far while one record is looked at."""

    def __init__(self) -> None:
        self.reasons: list[Reason] = []
        #: The fields of the last document that was not made, because they are None.
        self.missing: Sequence[str] = ()

    def add(self, code: ReasonCode | str, text: str, line_id: str | None = None) -> None:
        """Note a reason; the same one is noted once. Raises `TypeError` for a text that is none, `ValueError` for an empty one."""
        if not isinstance(text, str):  # pyright: ignore[reportUnnecessaryIsInstance] - a caller's mapper gives it
            raise TypeError(f"the text of the reason {code!r} is a {type(text).__name__}")
        if not text.strip():
            raise ValueError(f"the text of the reason {code!r} is empty")
        reason = Reason(code=ReasonCode(code), text=text, line_id=line_id)
        if reason not in self.reasons:
            self.reasons.append(reason)
