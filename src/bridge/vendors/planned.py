"""The vendors that several records create together: each of them once, although each record is mapped alone."""

from __future__ import annotations

from collections.abc import Iterator

import attrs

from bridge.books import normalised
from bridge.decisions import Decision, Post, Refuse
from bridge.documents.protocol import PlannedVendor
from bridge.settings.choices import NearDuplicates
from bridge.settings.values import Settings
from bridge.vendors.matching import are_colleagues, look_alike, share_address
from bridge.vendors.names import NameIndex

_ADVICE = (
    "if it is the same, name it in [[vendors]] of the settings once it is there; if not, create it in the ledger, or set "
    "near_duplicates to create"
)


class PlannedVendors:
    """What one run plans to create; give it the outcomes in the order in which they are carried out."""

    def __init__(self, settings: Settings) -> None:
        self._reports = settings.near_duplicates is NearDuplicates.REPORT
        self._planned = dict[str, PlannedVendor]()
        self._names = NameIndex[PlannedVendor]()

    def settled(self, outcome: Decision) -> Decision:
        """The outcome with the vendor that an earlier one creates already, where that is the same.

        The same are vendors with one external reference, e-mail address or name, but no person is told by a name, and no
        company by an address that another one under another name has: that is refused. One that only looks like an earlier
        one is refused where the settings want near-duplicates reported.
        """
        if not isinstance(outcome, Post) or not isinstance(new := outcome.document.party, PlannedVendor):
            return outcome
        marks, name = list(_marks(new)), f"name:{normalised(new.vendor.name)}"
        telling = marks if new.is_person else [*marks, name]
        known = next((self._planned[mark] for mark in telling if mark in self._planned), None)
        if known is not None and not new.is_person and self._is_stranger(known, new):
            shown = f"{known.vendor.name!r}, which this run creates"
            return Refuse(record=outcome.record, reasons=(share_address(repr(new.vendor.name), shown),))
        if known is None and self._reports:
            alike = [
                f"{other.vendor.name!r}, which this run creates"
                for other in self._names.like(new.vendor.name)
                if not (new.is_person and are_colleagues(other.vendor.email, new.vendor.email))
            ]
            if alike:
                return Refuse(record=outcome.record, reasons=(look_alike(new.vendor.name, alike, _ADVICE),))
        if known is None:
            known = new
            self._names.add(new.vendor.name, new)
        # A person's name tells nobody, so that the order in which a person and a company of one name come does not matter.
        for mark in telling:
            self._planned.setdefault(mark, known)
        return attrs.evolve(outcome, document=outcome.document.with_vendor(known))

    def _is_stranger(self, known: PlannedVendor, new: PlannedVendor) -> bool:
        """Whether two companies of different names have nothing but an address in common."""
        if known.is_person or normalised(known.vendor.name) == normalised(new.vendor.name):
            return False
        if any(each in known.vendor.external_references for each in new.vendor.external_references):
            return False
        return known not in self._names.like(new.vendor.name)


def _marks(planned: PlannedVendor) -> Iterator[str]:
    """What tells for certain who it is."""
    for reference in planned.vendor.external_references:
        yield f"reference:{reference.type}:{reference.id}"
    if planned.vendor.email:
        yield f"email:{planned.vendor.email.casefold()}"
