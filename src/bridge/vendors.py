"""Who is paid: matching Brex's merchants and people with Rillet's vendors, or planning the vendor that is missing."""

from __future__ import annotations

from collections.abc import Sequence

from brex_accounting import Record, RecordVendor, User
from bridge.books import Books, normalised
from bridge.results import Findings, PlannedVendor, ReasonCode
from bridge.settings import Settings
from rillet import ExternalReference, NewVendor, Vendor

_UNLINK = "take it from all but one"


def merchant(record: Record, settings: Settings, books: Books, findings: Findings) -> str | PlannedVendor | None:
    """The vendor of a card record: by external reference, then by normalised name, else to be created."""
    vendor = record.vendor
    if vendor is None or _names_nobody(record, settings, books):
        return _default(settings, books, findings)
    reference = _reference(vendor.id, settings)
    if reference and (linked := books.vendors_by_reference(reference)):
        return _only(linked, f"the external reference {reference.id!r}", _UNLINK, findings)
    name = vendor.name.strip()
    if named := books.vendors_by_name(name):
        return _only(named, f"the merchant {name!r}", _link(reference), findings)
    return _planned_merchant(vendor, reference)


def supplier(record: Record, settings: Settings, books: Books, findings: Findings) -> str | PlannedVendor | None:
    """The vendor of a bill, found as a merchant is; a bill without one is refused."""
    if _names_nobody(record, settings, books):
        findings.add(ReasonCode.NO_VENDOR, "it is a bill and names no vendor")
        return None
    return merchant(record, settings, books, findings)


def employee(record: Record, settings: Settings, books: Books, findings: Findings) -> str | PlannedVendor | None:
    """The vendor of a reimbursement, who is the person: by external reference, then by e-mail, else to be created."""
    user = record.user
    if user is None:
        findings.add(ReasonCode.NO_VENDOR, "it names no person to pay back")
        return None
    reference = _reference(user.id, settings)
    if reference and (linked := books.vendors_by_reference(reference)):
        return _only(linked, f"the external reference {reference.id!r}", _UNLINK, findings)
    email = user.email.strip()
    if not email:
        findings.add(ReasonCode.NO_VENDOR, "the person to pay back has no e-mail address")
        return None
    if addressed := books.vendors_by_email(email):
        return _only(addressed, f"the e-mail address {email!r}", _link(reference), findings)
    return _planned_employee(user, reference)


def _names_nobody(record: Record, settings: Settings, books: Books) -> bool:
    """Whether neither a name nor a reference says who it is."""
    if record.vendor is None:
        return True
    reference = _reference(record.vendor.id, settings)
    return not record.vendor.name.strip() and not (reference and books.vendors_by_reference(reference))


def _default(settings: Settings, books: Books, findings: Findings) -> str | None:
    if settings.default_vendor is None:
        findings.add(ReasonCode.NO_VENDOR, "it names no merchant, and the settings have no default_vendor")
        return None
    by_id = books.vendor(settings.default_vendor)
    found = (by_id,) if by_id else books.vendors_by_name(settings.default_vendor)
    if not found:
        findings.add(ReasonCode.NO_VENDOR, f"Rillet has no vendor {settings.default_vendor!r}, the default_vendor")
        return None
    return _only(found, f"the default_vendor {settings.default_vendor!r}", "name it by its id", findings)


def _only(found: Sequence[Vendor], what: str, advice: str, findings: Findings) -> str | None:
    if len(found) == 1:
        return found[0].id
    ids = ", ".join(sorted(vendor.id for vendor in found))
    text = f"{len(found)} vendors of Rillet match {what} ({ids}); {advice}"
    findings.add(ReasonCode.AMBIGUOUS_VENDOR, text)
    return None


def _link(reference: ExternalReference | None) -> str:
    if reference is None:
        return "only one of them may match"
    return f"give the right one the external reference {reference.id!r} of the type {reference.type!r}"


def _planned_merchant(vendor: RecordVendor, reference: ExternalReference | None) -> PlannedVendor:
    new = NewVendor(
        name=vendor.name.strip(),
        email=(vendor.email or "").strip() or None,
        external_references=(reference,) if reference else (),
    )
    return PlannedVendor(key=f"name:{normalised(vendor.name)}", vendor=new)


def _planned_employee(user: User, reference: ExternalReference | None) -> PlannedVendor:
    email = user.email.strip()
    name = " ".join(part for part in (user.first_name.strip(), user.last_name.strip()) if part)
    new = NewVendor(name=name or email, email=email, external_references=(reference,) if reference else ())
    return PlannedVendor(key=f"email:{email.casefold()}", vendor=new)


def _reference(brex_id: str, settings: Settings) -> ExternalReference | None:
    return ExternalReference(type=settings.reference_type, id=brex_id) if settings.reference_type else None
