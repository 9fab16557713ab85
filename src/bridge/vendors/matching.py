"""Who is paid: matching Brex's merchants and people with Rillet's vendors, or planning the vendor that is missing.

Merchants, suppliers and employees are looked for in one order, so that whoever is both has one vendor: what the settings
say in ``[[vendors]]``, the external reference, the e-mail address, the name. Spenders can choose the vendor of what they
bought, never who is paid back for it. No person is found by a name, because two people can share one, and no company by the
address of another company, because they share mailboxes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

import attrs

from brex_accounting import FieldValueRef, Record
from bridge.books import Books, normalised
from bridge.decisions import Findings, Reason, ReasonCode
from bridge.documents.protocol import PlannedVendor
from bridge.entities import names_field
from bridge.master_data import Vendor
from bridge.settings.choices import NearDuplicates
from bridge.settings.values import Settings
from bridge.unreadable import UnreadableEntry
from bridge.values import ExternalReference, NewVendor
from clientkit.showing import first_of

_Look: TypeAlias = Callable[[Record, Settings, Books, Findings], str | PlannedVendor | None]

_VENDOR = "vendor"
_UNLINK = "take it from all but one"
_BY_ID = "name it by its id"
# How the ids of Brex's people begin (https://developer.brex.com/openapi/team_api/); those of companies differ.
_PERSON = "cuuser_"


@attrs.frozen(kw_only=True)
class _Party:
    """Somebody in Brex; what Brex does not tell is empty."""

    brex_id: str
    name: str
    email: str
    is_person: bool

    @property
    def label(self) -> str:
        """Who it is in messages, which go into logs: never an e-mail address."""
        return f"the {'person' if self.is_person else 'merchant'} {self.name or self.brex_id!r}"

    def reference(self, settings: Settings) -> ExternalReference | None:
        """What links its vendor to it."""
        if settings.reference_type is None or not self.brex_id:
            return None
        return ExternalReference(type=settings.reference_type, id=self.brex_id)


@attrs.frozen(kw_only=True)
class _Match:
    """The vendors that something points to. `what` is that thing; `advice` is what helps where they are several.

    `strangers` are those that may be somebody else, and `unread` is one that could not be read and may be meant.
    """

    vendors: Sequence[Vendor]
    what: str
    advice: str
    strangers: Sequence[Vendor] = ()
    unread: UnreadableEntry | None = None


def merchant(record: Record, settings: Settings, books: Books, findings: Findings) -> str | PlannedVendor | None:
    """The vendor of a card record, or one to be created; where the record names nobody, the default vendor."""
    return _once("merchant", _merchant, record, settings, books, findings)


def supplier(record: Record, settings: Settings, books: Books, findings: Findings) -> str | PlannedVendor | None:
    """The vendor of a bill, found as a merchant is; a bill without one is refused."""
    return _once("supplier", _supplier, record, settings, books, findings)


def _once(  # noqa: PLR0917 - the usual companions
    which: str, look: _Look, record: Record, settings: Settings, books: Books, findings: Findings
) -> str | PlannedVendor | None:
    """Who is found for a company; where no line tells of it, that is the same for all of its records."""
    vendor = record.vendor
    if vendor is None or settings.vendor_field is not None:
        return look(record, settings, books, findings)
    known, key = books.vendor_answers, (which, vendor.id, vendor.name, vendor.email)
    answer = known.get(key, settings)
    if answer is None:
        own = Findings()
        answer = look(record, settings, books, own), own.reasons
        known.keep(key, settings, answer)
    found, reasons = answer
    if reasons:
        findings.reasons.extend(reasons)
    return found


def _merchant(record: Record, settings: Settings, books: Books, findings: Findings) -> str | PlannedVendor | None:
    party = _company(record)
    match = _match(party, record, settings, books)
    if match is None and not party.name:
        if settings.default_vendor is None:
            findings.add(ReasonCode.NO_VENDOR, "it names no merchant, and the settings have no default_vendor")
            return None
        match = _named(settings.default_vendor, "the default_vendor", books)
    return _vendor(party, match, settings, books, findings)


def _supplier(record: Record, settings: Settings, books: Books, findings: Findings) -> str | PlannedVendor | None:
    party = _company(record)
    match = _match(party, record, settings, books)
    if match is None and not party.name:
        findings.add(ReasonCode.NO_VENDOR, "it is a bill and names no vendor")
        return None
    return _vendor(party, match, settings, books, findings)


def employee(record: Record, settings: Settings, books: Books, findings: Findings) -> str | PlannedVendor | None:
    """The vendor of a reimbursement, who is the person, or one to be created."""
    user = record.user
    if user is None:
        findings.add(ReasonCode.NO_VENDOR, "it names no person to pay back")
        return None
    name = " ".join(part for part in (user.first_name.strip(), user.last_name.strip()) if part)
    party = _Party(brex_id=user.id, name=name, email=user.email.strip(), is_person=True)
    match = _match(party, record, settings, books)
    if match is None and not party.email:
        findings.add(ReasonCode.NO_VENDOR, "the person to pay back has no e-mail address")
        return None
    return _vendor(party, match, settings, books, findings)


def look_alike(new: str, known: Sequence[str], advice: str) -> Reason:
    """Why a vendor is not created that looks like others."""
    text = f"the vendor {new!r} would be created, and it looks like {first_of(known)}; {advice}"
    return Reason(code=ReasonCode.NEAR_DUPLICATE_VENDOR, text=text)


def share_address(who: str, other: str) -> Reason:
    """Why a company is not taken for another one that has the same e-mail address."""
    text = (
        f"{who} has the e-mail address of {other}, which is another company of Brex; if they are one, name the vendor in "
        f"[[vendors]] of the settings; if not, create it in the ledger and name that one"
    )
    return Reason(code=ReasonCode.AMBIGUOUS_VENDOR, text=text)


def are_colleagues(one: str | None, other: str | None) -> bool:
    """Whether two e-mail addresses are of one domain, so that people with one name are two."""
    domains = {(each or "").strip().casefold().rpartition("@")[2] for each in (one, other)}
    return len(domains) == 1 and domains != {""}


def _company(record: Record) -> _Party:
    vendor = record.vendor
    if vendor is None:
        return _Party(brex_id="", name="", email="", is_person=False)
    return _Party(brex_id=vendor.id, name=vendor.name.strip(), email=(vendor.email or "").strip(), is_person=False)


def _match(party: _Party, record: Record, settings: Settings, books: Books) -> _Match | None:
    company = "" if party.is_person else party.name
    mapping = settings.vendor_entry(party.brex_id, email=party.email, company=company)
    if mapping is not None:
        return _named(mapping.rillet, "which [[vendors]] of the settings names", books)
    if not party.is_person and (chosen := _chosen(record, settings, books)):
        return chosen
    reference = party.reference(settings)
    if reference:
        linked, unread = books.vendors_by_reference(reference), books.unread(_VENDOR, reference.id)
        if linked or unread:
            what = f"the external reference {reference.id!r}"
            return _Match(vendors=linked, what=what, advice=_UNLINK, unread=unread)
    if party.email:
        addressed, unread = books.vendors_by_email(party.email), books.unread(_VENDOR, party.email)
        if addressed or unread:
            what = f"the e-mail address of {party.label}"
            strangers = _strangers(addressed, party, settings, books)
            return _Match(vendors=addressed, what=what, advice=_link(reference), strangers=strangers, unread=unread)
    if not party.is_person and party.name:
        # An employee of that name is somebody else, whoever came first.
        named = tuple(each for each in books.vendors_by_name(party.name) if not _is_person(each, settings))
        unread = books.unread(_VENDOR, party.name)
        if named or unread:
            return _Match(vendors=named, what=party.label, advice=_link(reference), unread=unread)
    return None


def _is_person(vendor: Vendor, settings: Settings) -> bool:
    """Whether a vendor stands for an employee, as its external reference tells."""
    return any(
        each.type == settings.reference_type and each.id.startswith(_PERSON) for each in vendor.external_references
    )


def _strangers(addressed: Sequence[Vendor], party: _Party, settings: Settings, books: Books) -> Sequence[Vendor]:
    """Those of the same address that stand for another company of Brex under another name: companies share mailboxes."""
    if party.is_person or not party.name:
        return ()
    same = {normalised(party.name), *(normalised(each.name) for each in books.vendors_like(party.name))}
    return tuple(
        vendor
        for vendor in addressed
        if normalised(vendor.name) not in same
        and any(
            each.type == settings.reference_type and not each.id.startswith(_PERSON)
            for each in vendor.external_references
        )
    )


def _chosen(record: Record, settings: Settings, books: Books) -> _Match | None:
    """The vendor that the lines name in the field for it."""
    field = settings.vendor_field
    if field is None:
        return None
    refs = (ref for line in record.line_items for ref in line.accounting_field_values if names_field(ref, field))
    matches = {wanted: _valued(ref, wanted, field, books) for ref in refs if (wanted := _choice(ref))}
    unclear = next((each for each in matches.values() if each.unread or len(each.vendors) != 1), None)
    if unclear is not None:
        return unclear
    vendors = tuple({vendor.id: vendor for each in matches.values() for vendor in each.vendors}.values())
    advice = "choose one for the whole record, or split it in Brex"
    return _Match(vendors=vendors, what=f"the field {field!r} of its lines", advice=advice) if vendors else None


def _choice(ref: FieldValueRef) -> str | None:
    return ref.remote_field_value_id or ref.field_value_name or ref.brex_field_value_id


def _valued(ref: FieldValueRef, wanted: str, field: str, books: Books) -> _Match:
    match = _named(wanted, f"which the field {field!r} names", books)
    if match.vendors or match.unread or not ref.field_value_name:
        return match
    name = ref.field_value_name
    return attrs.evolve(match, vendors=books.vendors_by_name(name), unread=books.unread(_VENDOR, name))


def _named(wanted: str, source: str, books: Books) -> _Match:
    """The vendor that a text names by its id or else its name."""
    by_id = books.vendor(wanted)
    found = (by_id,) if by_id else books.vendors_by_name(wanted)
    unread = None if by_id else books.unread(_VENDOR, wanted)
    return _Match(vendors=found, what=f"{wanted!r}, {source}", advice=_BY_ID, unread=unread)


def _vendor(
    party: _Party, match: _Match | None, settings: Settings, books: Books, findings: Findings
) -> str | PlannedVendor | None:
    if match is None:
        return _planned(party, settings, books, findings)
    unread = match.unread or (None if match.vendors else books.nameless(_VENDOR))
    if unread is not None:
        text = f"{books.ledger} has or should have the vendor {match.what}, and {unread}"
        findings.add(ReasonCode.UNREADABLE, text)
        return None
    if len(match.vendors) == 1 and match.strangers:
        (vendor,) = match.strangers
        findings.reasons.append(share_address(party.label, f"{vendor.name!r} ({vendor.id})"))
        return None
    if len(match.vendors) == 1:
        return match.vendors[0].id
    if not match.vendors:
        findings.add(ReasonCode.NO_VENDOR, f"{books.ledger} has no vendor {match.what}")
        return None
    ids = first_of(sorted(vendor.id for vendor in match.vendors))
    text = f"{len(match.vendors)} vendors of {books.ledger} match {match.what} ({ids}); {match.advice}"
    findings.add(ReasonCode.AMBIGUOUS_VENDOR, text)
    return None


def _planned(party: _Party, settings: Settings, books: Books, findings: Findings) -> PlannedVendor | None:
    reference = party.reference(settings)
    if settings.near_duplicates is NearDuplicates.REPORT:
        alike = [
            f"{vendor.name!r} ({vendor.id})"
            for vendor in books.vendors_like(party.name)
            if not (party.is_person and are_colleagues(vendor.email, party.email))
        ]
        if alike:
            link = (
                f", give it the external reference {reference.id!r} of the type {reference.type!r}" if reference else ""
            )
            advice = (
                f"if it is the same, name it in [[vendors]] of the settings{link}; if not, create it in {books.ledger}"
                f"{' with its e-mail address' if party.is_person else ''}, or set near_duplicates to create"
            )
            findings.reasons.append(look_alike(party.name, alike, advice))
            return None
    new = NewVendor(
        name=party.name or party.email,
        email=party.email or None,
        external_references=(reference,) if reference else (),
    )
    return PlannedVendor(key=vendor_key(party.name, party.email), vendor=new, is_person=party.is_person)


def vendor_key(name: str, email: str | None) -> str:
    """What tells a vendor that is created from all others: its address, or without one its name."""
    return f"email:{email.casefold()}" if email else f"name:{normalised(name)}"


def _link(reference: ExternalReference | None) -> str:
    if reference is None:
        return "only one of them may match"
    return f"give the right one the external reference {reference.id!r} of the type {reference.type!r}"
