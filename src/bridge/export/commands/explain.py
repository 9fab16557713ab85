"""``explain``: where a number in the books comes from."""

from __future__ import annotations

import typer
from rich.text import Text

from bridge.explanations import Explanation
from bridge.explanations import explain as explained
from bridge.export.commands.app import (
    INCOMPLETE,
    CsvFile,
    JournalPlace,
    Json,
    NamespaceName,
    RatesFile,
    RecordId,
    SettingsFile,
    app,
    console,
    expected_errors,
    opened_export,
    print_json,
    write_csv,
)
from bridge.export.engine.attempts import Attempt
from bridge.export.engine.paid import with_what_one_pays
from bridge.export.engine.standing import state_of
from bridge.export.journal.protocol import files_of
from bridge.export.ledgers.own import object_at
from bridge.export.ledgers.protocol import Ledger
from bridge.export.reporting.csv_reports import explanation_report
from clientkit.errors import UnreadableAnswerError
from clientkit.money import decimal_text
from clientkit.showing import plain


@app.command()
def explain(
    record: RecordId,
    settings: SettingsFile,
    journal: JournalPlace = None,
    rates: RatesFile = None,
    csv: CsvFile = None,
    *,
    namespace: NamespaceName = "",
    as_json: Json = False,
) -> None:
    """Show how each line of a record is coded, and why. With a journal, also what happened to it. Changes nothing.

    Needs the same variables as plan. Exit status 0: explained; 1: the record is refused; 2: could not run.
    """
    with (
        expected_errors(),
        opened_export(settings, journal, namespace=namespace, rates=rates, is_there=True) as prepared,
    ):
        found = prepared.record(record)
        books = with_what_one_pays(prepared.books(), found, prepared.ledger, prepared.journal)
        explanation = explained(found, prepared.bridge, books, followed=prepared.followed(found, books))
        attempts = prepared.journal.attempts(record)
        # Neither what was deleted since nor an entry that corrects it.
        stands = state_of(attempts, prepared.ledger).base
        became = next((each for each in reversed(attempts) if stands is not None and each.ref == stands.ref), None)
        is_there = became is not None and _is_there(prepared.ledger, became)
        attached = files_of(prepared.journal, [] if became is None else [became])
        files = sum(each.is_there for each in attached)
        if as_json:
            print_json(_json(explanation, became, files, is_there=is_there))
        else:
            out = console()
            out.print(explanation)
            if became is not None and not is_there:
                gone = f"In Rillet it was {became.kind} {became.object_id}, which was deleted there."
                out.print(Text(plain(f"{gone} replay posts it again.")))
            elif became is not None:
                receipts = f" Files of receipts there: {files}." if files else ""
                out.print(Text(plain(f"In Rillet it is {became.kind} {became.object_id}.{receipts}")))
        write_csv(csv, lambda: explanation_report(explanation).to_csv())
        if explanation.is_refused:
            raise typer.Exit(INCOMPLETE)


def _is_there(ledger: Ledger, became: Attempt) -> bool:
    try:
        return object_at(ledger, became.ref) is not None
    except UnreadableAnswerError:
        # What it says is unknown, but it is there.
        return True


def _json(explanation: Explanation, became: Attempt | None, files: int, *, is_there: bool) -> dict[str, object]:
    return {
        "record_id": explanation.record_id,
        "summary": explanation.summary,
        "refused": explanation.is_refused,
        "not_carried_over": list(explanation.uncarried),
        "lines": [
            {
                "line_id": line.line_id,
                "side": line.side.value,
                "amount": decimal_text(line.amount),
                "currency": line.currency,
                "account": line.account,
                "fields": list(line.fields),
                "why": line.why,
            }
            for line in explanation.lines
        ],
        "posted": None
        if became is None
        else {"kind": became.kind, "id": became.object_id, "files": files, "is_there": is_there},
    }
