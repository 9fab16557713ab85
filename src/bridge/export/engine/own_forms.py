"""What a ledger reads in the bytes that a journal keeps; a ledger of the caller's may raise or give anything."""

from __future__ import annotations

from bridge.documents.form import Form
from bridge.export.engine.raised import told
from bridge.export.ledgers.protocol import Ledger, UnreadableObjectError


def form_of(ledger: Ledger, kind: str, content: bytes) -> Form | None:
    """`Ledger.form_of`. Raises `UnreadableObjectError` for whatever that raises, and for what is no form."""
    try:
        read = ledger.form_of(kind, content)
    except Exception as error:
        raise _unreadable(kind, told(error)) from error
    if not _is_form(read):
        raise _unreadable(kind, f"{type(ledger).__name__}.form_of gave {type(read).__name__}")
    return read


def _is_form(read: object) -> bool:
    return read is None or isinstance(read, Form)


def _unreadable(kind: str, why: str) -> UnreadableObjectError:
    return UnreadableObjectError(
        f"what was sent or answered under {kind} cannot be read: {why}; form_of has to give a Form, or None for what it "
        "cannot read. Mend it and run again; nothing is done before."
    )
