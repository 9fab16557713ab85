"""Records that a person has booked by hand are taken out of the queue."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from brex_accounting import Record
from bridge.export.engine.attempts import last_attempt
from bridge.export.engine.parts import checked_by, checked_ids
from bridge.export.engine.sender import Sender

if TYPE_CHECKING:
    from bridge.export.engine.export import Export


class DismissalError(ValueError):
    """Records that cannot be dismissed; `problems` has a text for each."""

    def __init__(self, problems: tuple[str, ...]) -> None:
        super().__init__("; ".join(problems))
        self.problems = problems

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), (self.problems,)


def dismiss_records(
    export: Export, record_ids: Sequence[str], *, why: str, by: str | None = None, known: Sequence[Record] | None = None
) -> list[Record]:
    """Write down for each record that it is dismissed; the source is not told yet. See `Export.dismiss_all`.

    `known` are the records where they were read already.
    """
    ids = checked_ids(record_ids, "dismiss")
    if not why.strip():
        raise ValueError("say why the record is dismissed")
    by = checked_by(by)
    if export.journal.forgets:
        raise ValueError("dismissing needs a journal, which keeps why")
    records = {each.id: each for each in (export.records(ids) if known is None else known)}
    wording = export.bridge.wording
    problems = [f"{export.source.name} has no {wording.named(each)}" for each in ids if each not in records]
    attempts = export.journal.attempts_of(ids)
    for each in ids:
        last = last_attempt(attempts.get(each, ()))
        if last is not None and (last.is_there or last.is_open):
            problems.append(f"{each} was posted by this {wording.run}, or may have been; its history tells where")
    if problems:
        raise DismissalError(tuple(problems))
    sender = Sender(export.ledger, export.journal)
    for each in ids:
        sender.dismiss(each, records[each].version, why.strip(), by)
    return [records[each] for each in ids]
