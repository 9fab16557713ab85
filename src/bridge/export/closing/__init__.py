"""The close of a month: what `bridge.closing` makes its reports from is read here."""

from __future__ import annotations

from bridge.export.closing.reading import read_snapshot

__all__ = ["read_snapshot"]
