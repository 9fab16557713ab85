"""Close a month: read the data for the reports of `bridge.closing`, and post its accruals."""

from __future__ import annotations

from bridge.export.closing.accruing import (
    AccrualOutcome,
    AccrualStep,
    AccrualStepTaken,
    post_accruals,
    take_out_arrived,
)
from bridge.export.closing.packing import check_extra, provenance, read_package
from bridge.export.closing.page import page
from bridge.export.closing.purchases import Bought, nobody_knows, read_purchases
from bridge.export.closing.reading import read_snapshot
from bridge.export.closing.texts import MissingExtraError
from bridge.export.closing.workbook import workbook

__all__ = [
    "AccrualOutcome", "AccrualStep", "AccrualStepTaken", "Bought", "MissingExtraError", "check_extra", "nobody_knows", "page",
    "post_accruals", "provenance", "read_package", "read_purchases", "read_snapshot", "take_out_arrived", "workbook",
]  # fmt: skip
