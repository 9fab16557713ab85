"""What vendors give back, as Rillet's vendor credits."""

from __future__ import annotations

from datetime import date
from typing import Any

import attrs
from typing_extensions import override

from bridge.documents.protocol import Found
from bridge.documents.rillet_entries import check_subsidiary
from bridge.documents.rillet_expenses import ExpenseDocument
from bridge.documents.rillet_forms import VENDOR_CREDITS
from bridge.documents.rillet_items import credited
from clientkit.requests import Request
from rillet import NewVendorCredit, VendorCredit, VendorCreditOperations, VendorCreditUpdate


@attrs.frozen(kw_only=True)
class VendorCreditPayload:
    """A vendor credit to post, and the code of the payable account that Rillet debits with it on its own."""

    vendor_credit: NewVendorCredit
    payable_account_code: str


@attrs.frozen(kw_only=True)
class VendorCreditDocument(ExpenseDocument):
    """A bill turned round; `account` is the payable account. Its lines are negative here, and positive in Rillet.

    Rillet keeps neither external references nor a rate with it: its mark begins its memo, before the link to the record, and it is in the currency of
    its subsidiary.
    """

    kind: str = attrs.field(default=VENDOR_CREDITS, init=False)
    noun: str = attrs.field(default="vendor credit", init=False)

    credit_number: str
    credit_date: date

    @property
    def payload(self) -> VendorCreditPayload:
        """What Rillet gets; a vendor who has to be created is ``new:`` and its key."""
        credit = attrs.evolve(self._content(), memo=self._memo())
        return VendorCreditPayload(vendor_credit=credit, payable_account_code=self.account)

    def create(self) -> Request[Any]:
        """Post it. Raises `ValueError` while its vendor has to be created."""
        self._check_vendor()
        return VendorCreditOperations.create.build(self.payload.vendor_credit)

    @override
    def replace(self, present: Found) -> Request[Any]:
        """Replace the credit that is there; fields that this SDK does not know stay.

        Raises:
            ValueError: Its vendor has to be created, or the credit is of another subsidiary, which Rillet does not change.
        """
        self._check_vendor()
        credit = present.raw
        if not isinstance(credit, VendorCredit):
            raise TypeError(f"{present.ref} is not a vendor credit")
        check_subsidiary(credit.subsidiary_id, self.subsidiary_id)
        made = self._content()
        update = VendorCreditUpdate(
            vendor_id=made.vendor_id,
            credit_number=made.credit_number,
            gl_impact_date=made.gl_impact_date,
            line_items=made.line_items,
            memo=self._memo(),
            date=credit.date,
            extra=credit.extra,
        )
        return VendorCreditOperations.update.build(credit.id, update)

    @override
    def _content(self) -> NewVendorCredit:
        return NewVendorCredit(
            vendor_id=self._vendor_id,
            subsidiary_id=self.subsidiary_id,
            credit_number=self.credit_number,
            gl_impact_date=self.impact_date,
            line_items=tuple(map(credited, self.items)),
            date=self.credit_date,
        )

    def _memo(self) -> str:
        name = self.origin.name("Vendor credit", self.form().digest())
        return name if self.origin.link is None else f"{name} {self.origin.link}"
