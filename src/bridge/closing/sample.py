"""An audit sample: the largest records, and of the others some of each sort, the same for the same seed."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from decimal import Decimal
from typing import TypeAlias

import attrs

from bridge.closing.snapshot import ClosingRecord

_Stratum: TypeAlias = tuple[str, str, str]


@attrs.frozen(kw_only=True)
class Sampled:
    """A record to be examined, and why it was drawn."""

    record: ClosingRecord
    stratum: str


def audit_sample(
    records: Iterable[ClosingRecord], *, size: int, seed: str, above: Decimal | None = None
) -> tuple[Sampled, ...]:
    """Every record of at least `above`, and `size` of the others.

    The others are drawn from strata of subsidiary, type and currency: one of each first, then in proportion to their
    counts. Which ones is decided by a digest of seed and record id, so that anybody can draw the same sample again, and
    nobody can steer it by the order of the records.
    """
    drawn, strata = list[Sampled](), dict[_Stratum, list[ClosingRecord]]()
    for each in records:
        amount = each.record.amount
        if not amount.amount:
            continue
        if above is not None and amount.amount.copy_abs() >= above:
            drawn.append(Sampled(record=each, stratum="by its amount"))
        else:
            strata.setdefault((each.subsidiary_id, each.record.type, amount.currency), []).append(each)
    shares = _shares({key: len(group) for key, group in sorted(strata.items())}, size)
    for key, group in sorted(strata.items()):
        first = sorted(group, key=lambda each: _lot(seed, each))[: shares[key]]
        drawn += [Sampled(record=each, stratum=f"{key[1]} {key[2]}") for each in first]
    return tuple(sorted(drawn, key=lambda each: (each.record.day, each.record.record.id)))


def _shares(counts: dict[_Stratum, int], size: int) -> dict[_Stratum, int]:
    """How many of each stratum: one of each as long as there are any, the rest in proportion, the largest first."""
    order = sorted(counts, key=lambda key: (-counts[key], key))
    shares = dict.fromkeys(counts, 0)
    for key in order[:size]:
        shares[key] = 1
    left = max(size - len(order), 0)
    while left and any(shares[key] < counts[key] for key in order):
        # The stratum that is furthest behind its part.
        behind = max(
            (key for key in order if shares[key] < counts[key]),
            key=lambda key: Decimal(counts[key]) / (shares[key] + 1),
        )
        shares[behind] += 1
        left -= 1
    return shares


def _lot(seed: str, each: ClosingRecord) -> str:
    return hashlib.sha256(f"{seed}\n{each.record.id}".encode()).hexdigest()
