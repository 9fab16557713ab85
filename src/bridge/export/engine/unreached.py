"""The records of a run that nothing has become of yet."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from brex_accounting import Record
from bridge.export.engine.survey import Survey
from bridge.totals import Total, total_of


class Unreached:
    """The `ids` of the records that wait; `total` is of these and of all that something became of."""

    def __init__(self) -> None:
        self.ids, self.total = set[str](), Total()

    def begin(self, survey: Survey) -> None:
        """Take the records of a run. Nobody waits for what is only compared and has not changed."""
        self.ids, self.total = {*(survey.subjects - survey.unchanged)}, survey.waiting

    def reach(self, records: Sequence[Record], told: Collection[str]) -> None:
        """Take records off; those that nothing is `told` of have waited for nothing."""
        silent = [each for each in records if each.id in self.ids and each.id not in told]
        self.total = self.total.minus([total_of(silent)])
        for each in records:
            if each.id in told and each.id not in self.ids:
                self.total = self.total.plus(each.amount)
        self.ids.difference_update(each.id for each in records)
