"""A seller with a journal, and one whose invoice is in Rillet."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bridge.export import SqlJournal
from support.billing.company import Seller, invoice


@pytest.fixture
def seller(tmp_path: Path) -> Iterator[Seller]:
    made = Seller()
    with SqlJournal(str(tmp_path / "journal.db"), now=made.clock) as journal:
        made.journal = journal
        yield made


@pytest.fixture
def synced(seller: Seller) -> Seller:
    seller.put(invoice())
    assert seller.sync().run().complete
    return seller
