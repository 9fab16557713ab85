"""Which postings wait until somebody else has approved them."""

from __future__ import annotations

from decimal import Decimal

import attrs


@attrs.frozen(kw_only=True)
class ApprovalRule:
    """Postings that wait for an approval: those for which everything holds that is given.

    - `above`: the record's amount, in its own currency, is larger than this, in decimal major units.
    - `new_vendor`: the vendor has to be created.
    - `change`: something was posted for the record before, which is to be replaced or corrected.
    - `shifted`: it counts in another month than the record says, because that month is closed.
    - `types`: the record is of one of these types.
    """

    above: Decimal | None = None
    new_vendor: bool = False
    change: bool = False
    shifted: bool = False
    types: tuple[str, ...] = ()
