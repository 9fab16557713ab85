"""A file that cannot be read names itself and the place, and says what to do."""

from __future__ import annotations

from pathlib import Path

import pytest

from bridge.billing.sync.files import read_invoices
from bridge.settings.values import SettingsError


@pytest.mark.parametrize(
    ("name", "content", "text"),
    [
        (
            "invoices.csv",
            "invoice_id,customer_name\nin_1,M\u00fcller\n".encode("latin-1"),
            "invoices.csv line 2: it is not in UTF-8; save the file as UTF-8",
        ),
        (
            "invoices.csv",
            "invoice_id\n".encode("utf-16"),
            "invoices.csv line 1: it is not in UTF-8; save the file as UTF-8",
        ),
        (
            "mixed.json",
            b'[{"object": "invoice", "id": "in_1"}, null]',
            "mixed.json: entry 2 of the list is 'None', no object of Stripe",
        ),
    ],
    ids=["latin-1", "utf-16", "null in a list"],
)
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, name: str, content: bytes, text: str) -> None:
    file = tmp_path / name
    file.write_bytes(content)

    with pytest.raises(SettingsError) as caught:
        read_invoices(file)

    assert str(caught.value) == text
