"""The records of a run that nothing has become of yet."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from brex_accounting import Record
from bridge.export.engine.survey import Survey
from bridge.totals import Total, total_of


class Unreached:
    """The `ids` of the records that wait; `total` is of these and of all that something became of.

    `records` are those of the waiting ones that were seen, by their ids, where the run `keeps` every record.
    """

    def __init__(self, *, keeps: bool) -> None:
        self.ids, self.total, self.records = set[str](), Total(), dict[str, Record]()
        self._keeps = keeps

    def see(self, record: Record) -> None:
        """Keep a record that was read, should nothing become of it."""
        if self._keeps:
            self.records[record.id] = record

    def begin(self, survey: Survey) -> None:
        """Take the records of a run. Nobody waits for what is only compared and has not changed."""
        self.ids, self.total = {*(survey.subjects - survey.unchanged)}, survey.waiting
        self.records = {key: each for key, each in self.records.items() if key in self.ids}

    def reach(self, records: Sequence[Record], told: Collection[str]) -> None:
        """Take records off; those that nothing is `told` of have waited for nothing."""
        silent = [each for each in records if each.id in self.ids and each.id not in told]
        self.total = self.total.minus([total_of(silent)])
        for each in records:
            if each.id in told and each.id not in self.ids:
                self.total = self.total.plus(each.amount)
        for each in records:
            self.ids.discard(each.id)
            self.records.pop(each.id, None)
