"""A seller with a journal."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from billing_company import Seller
from bridge.export import SqlJournal


@pytest.fixture
def seller(tmp_path: Path) -> Iterator[Seller]:
    made = Seller()
    with SqlJournal(str(tmp_path / "journal.db"), now=made.clock) as journal:
        made.journal = journal
        yield made
