"""The close of a month: what `bridge.closing` makes its reports from is read here, and its accruals are posted."""

from __future__ import annotations

from bridge.export.closing.accruing import (
    AccrualOutcome,
    AccrualStep,
    AccrualStepTaken,
    post_accruals,
    take_out_arrived,
)
from bridge.export.closing.purchases import Bought, read_purchases
from bridge.export.closing.reading import read_snapshot

__all__ = [
    "AccrualOutcome", "AccrualStep", "AccrualStepTaken", "Bought", "post_accruals", "read_purchases", "read_snapshot",
    "take_out_arrived",
]  # fmt: skip
