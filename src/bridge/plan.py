"""What an export would do with a number of records."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from types import MappingProxyType

import attrs

from brex_accounting import Record
from bridge.books import Books
from bridge.datatable import DataTable, Tabular, money_text
from bridge.decisions import Decision, Post, Refuse, Skip, SkipCode
from bridge.documents.protocol import Document, PlannedVendor, parts_of
from bridge.totals import Total, total_of

#: The columns of the rows of a plan and of an outcome, and the types of their values. `day` is that of the record, and
#: `impact_date` that of the document; `kind` and `id` name what is in the ledger, the kind in words without ids, such as
#: ``bill payment``. `subsidiary` names those in whose books it is; what is refused, or was posted before and has not
#: changed, has none.
RECORD_COLUMNS: Mapping[str, type[object]] = MappingProxyType(
    {
        "record_id": str,
        "day": date,
        "type": str,
        "merchant": str,
        "person": str,
        "amount": Decimal,
        "currency": str,
        "outcome": str,
        "step": str,
        "impact_date": date,
        "subsidiary": str,
        "kind": str,
        "id": str,
        "code": str,
        "why": str,
    }
)


@attrs.frozen(kw_only=True, repr=False)
class Plan(Tabular):
    """What would become of a number of records; rich and notebooks show it as a table.

    `warnings` are what a person should look at, such as values of fields that are carried nowhere, and name the
    records that cannot be read, of which there are `unreadable`. `books` are those that it was made with, which know the
    names of vendors and accounts.
    """

    outcomes: tuple[Decision, ...]
    warnings: tuple[str, ...] = ()
    books: Books | None = attrs.field(default=None, eq=False)
    unreadable: int = 0

    @property
    def posts(self) -> tuple[Post, ...]:
        """The records that can be posted."""
        return tuple(outcome for outcome in self.outcomes if isinstance(outcome, Post))

    @property
    def refused(self) -> tuple[Refuse, ...]:
        """The records that cannot, with every reason."""
        return tuple(each for each in self.outcomes if isinstance(each, Refuse) and not each.is_held)

    @property
    def held(self) -> tuple[Refuse, ...]:
        """The records that wait for an approval."""
        return tuple(each for each in self.outcomes if isinstance(each, Refuse) and each.is_held)

    @property
    def nothing(self) -> tuple[Skip, ...]:
        """The records that need nothing."""
        return tuple(each for each in self._skipped if each.code is not SkipCode.TO_DELETE)

    @property
    def deletions(self) -> tuple[Skip, ...]:
        """The records of which nothing is left to post, and whose objects would be deleted."""
        return tuple(each for each in self._skipped if each.code is SkipCode.TO_DELETE)

    @property
    def _skipped(self) -> Iterator[Skip]:
        return (outcome for outcome in self.outcomes if isinstance(outcome, Skip))

    @property
    def new_vendors(self) -> tuple[PlannedVendor, ...]:
        """The vendors that have to be created, each once."""
        planned = (post.document.party for post in self.posts)
        return tuple({each.key: each for each in planned if isinstance(each, PlannedVendor)}.values())

    @property
    def totals(self) -> Mapping[str, Total]:
        """The records and their amounts as the source states them, by what would become of them, for each that there is."""
        parts: Mapping[str, Sequence[Decision]] = {
            "post": self.posts,
            "delete": self.deletions,
            "held": self.held,
            "refused": self.refused,
            "nothing": self.nothing,
        }
        found = {name: total_of(each.record for each in part) for name, part in parts.items() if part}
        return {**found, "unreadable": Total(records=self.unreadable)} if self.unreadable else found

    @property
    def title(self) -> str:
        """How many records there are of each sort."""
        deleted = f"{len(self.deletions)} to delete, " if self.deletions else ""
        held = f"{len(self.held)} held, " if self.held else ""
        refused, nothing = f"{len(self.refused)} refused, ", f"{len(self.nothing)} with nothing to do"
        return f"{len(self.posts)} to post, {deleted}{held}{refused}{nothing}"

    def rows(self) -> list[dict[str, object]]:
        """A flat row for each record, with the columns of `RECORD_COLUMNS`, for pandas or `clientkit.frames.rows_to_arrow`."""
        return [_flat(each, self.books) for each in self.outcomes]

    def _repr_html_(self) -> str:
        """As `table`, with what a page has room for: what sort of record it is, whose, and where it was spent."""
        headings = ("Record", "Day", "Type", "Merchant", "Person", "Amount", "Outcome", "Why")
        rows = tuple(_wide_row(each) for each in self.outcomes)
        return DataTable(title=self.title, headings=headings, rows=rows)._repr_html_()

    @property
    def table(self) -> DataTable:
        """Every record with what would become of it, and the day on which it counts or the reasons."""
        return DataTable(
            title=self.title,
            headings=("Record", "Amount", "Outcome", "Why"),
            rows=tuple(_row(outcome) for outcome in self.outcomes),
        )


def skipped_as(skip: Skip) -> str:
    """What a plan calls a record that needs no posting."""
    return "delete" if skip.code is SkipCode.TO_DELETE else "nothing to do"


def _row(outcome: Decision) -> tuple[str, ...]:
    record = outcome.record
    amount = money_text(record.amount.amount, record.amount.currency)
    if isinstance(outcome, Post):
        return record.id, amount, "post", f"it counts on {outcome.posted.impact_date}"
    if isinstance(outcome, Skip):
        return record.id, amount, skipped_as(outcome), outcome.why
    return record.id, amount, "held" if outcome.is_held else "refused", "\n".join(outcome.texts)


def _wide_row(outcome: Decision) -> tuple[str, ...]:
    key, amount, became, why = _row(outcome)
    told = record_row(outcome.record)
    return (key, *(str(told[name] or "") for name in ("day", "type", "merchant", "person")), amount, became, why)


def record_row(record: Record) -> dict[str, object]:
    """What a row of a plan or of an outcome tells of its record, and None for what became of it."""
    about: dict[str, object] = {
        "record_id": record.id,
        "day": record.erp_posting_date.date(),
        "type": record.type.value,
        "merchant": None if record.vendor is None else record.vendor.name,
        "person": None if record.user is None else record.user.full_name or None,
        "amount": record.amount.amount,
        "currency": record.amount.currency,
    }
    return dict.fromkeys(RECORD_COLUMNS) | about


def refused_row(refused: Refuse) -> dict[str, object]:
    """The row of a record that is refused or held, with all codes and texts of its reasons."""
    codes = "; ".join(dict.fromkeys(code for code, _ in refused.coded_texts))
    became = "held" if refused.is_held else "refused"
    return record_row(refused.record) | {"outcome": became, "code": codes, "why": "; ".join(refused.texts)}


def skipped_row(skip: Skip) -> dict[str, object]:
    """The row of a record that needs nothing, or whose document is to be deleted."""
    return record_row(skip.record) | {"outcome": skipped_as(skip), "code": skip.code.value, "why": skip.why}


def kind_name(kind: str) -> str:
    """A kind of object in words without ids, to group by: ``bill payment`` for ``bills/91cb/payments``."""
    names = kind.split("/")
    return " ".join(_singular(each) for each in dict.fromkeys((names[0], names[-1])))


def _singular(name: str) -> str:
    words = name.replace("-", " ")
    if words.endswith("ies"):
        return f"{words[:-3]}y"
    return words if words.endswith("ss") else words.removesuffix("s")


def subsidiaries_of(document: Document, books: Books | None) -> str | None:
    """In whose books a document is, by name; several where it is in two parts, None where it does not say."""
    names = [subsidiary_name(each, books) for each in parts_of(document)]
    return "; ".join(dict.fromkeys(each for each in names if each)) or None


def subsidiary_name(document: Document, books: Books | None) -> str | None:
    """In whose books a document of one part is, None where it does not say."""
    told = document.form().head.get("subsidiary")
    if told is None:
        told = getattr(document, "subsidiary_id", None)
    known = books.subsidiary(told) if books is not None and isinstance(told, str) else None
    return told if known is None else known.trade_name


def _flat(outcome: Decision, books: Books | None) -> dict[str, object]:
    match outcome:
        case Post():
            return record_row(outcome.record) | {
                "outcome": "post",
                "step": outcome.step,
                "impact_date": outcome.posted.impact_date,
                "subsidiary": subsidiaries_of(outcome.posted, books),
                "kind": kind_name(outcome.posted.kind),
            }
        case Skip():
            return skipped_row(outcome)
        case Refuse():
            return refused_row(outcome)
