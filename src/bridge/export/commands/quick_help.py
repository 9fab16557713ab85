"""``brex-rillet --help`` without the commands, which take long to import: their names, and what each says of itself."""

from __future__ import annotations

from collections.abc import Mapping

from bridge.export.commands.root import app

#: The first paragraph of each command's own help.
HELP: Mapping[str, str] = {
    "accrue": "Accrue a month's unposted spending. Each entry is reversed on the next day; without --apply, it is only shown.",
    "hold": "Hold a record until somebody else approves it. Needs the same variables as plan.",
    "approve": "Approve what plan shows for a record now. The next run posts it.",
    "approve-plan": "Approve a saved plan as a whole. export --plan carries it out. Works offline and needs no keys.",
    "check": "Check keys, settings and both services. Names every mistake with its line, and changes nothing.",
    "close-package": "Write a month's close package. close-MONTH.xlsx and close-MONTH.html have all reports, with plots and sources.",
    "close-status": "List what is open for a month. Unposted records, missing receipts, likely duplicates, cut-off, an audit sample.",
    "demo": "Export a made-up company and prove its books. Both services are stand-ins on loopback.",
    "exchange-differences": "Show a month's exchange differences. Of bills, reimbursements and card records, with the entry. Posts nothing.",
    "explain": "Show how each line of a record is coded, and why. With a journal, also what happened to it. Changes nothing.",
    "export": "Post all records that are ready in Brex. Corrects those that changed, and reports to Brex. Ctrl-C ends it cleanly.",
    "history": "Show every attempt to post a record. What was sent, when and by whom, what was answered, and all refusals.",
    "init": "Propose a settings file. It draws on Rillet's accounts and subsidiaries and both services' fields. Changes nothing.",
    "mcp": "Serve an assistant over MCP, read-only. It talks on standard input and output.",
    "plan": "Show what an export would do, step by step. Nothing is sent to Rillet or reported to Brex.",
    "reconcile": "Compare Brex and Rillet for a month. Account by account, each difference traced to its cause. Changes nothing.",
    "replay": "Export records again. Finishes an interrupted attempt, or posts again what was deleted in Rillet.",
    "mark-exported": "The same as dismiss. Reports records that were booked by hand as done, and posts nothing.",
    "dismiss": "Take records out of the queue. For records that were booked by hand; Brex is told that they are done.",
    "serve": "Serve the status page. It shows what is waiting, posted and refused, until Ctrl-C.",
    "sync-fields": "Bring Rillet's master data into Brex's fields. That is accounts, subsidiaries, fields, vendors and tax rates.",
    "verify": "Compare the journal, Brex and Rillet by content. Shows every disagreement, and changes nothing.",
    "billing": "Post a billing system's invoices to Rillet.",
    "integration": "Manage the link between Brex and the books.",
}


def _is_not_here() -> None:
    raise RuntimeError("this process has loaded the help alone")


for _name, _said in HELP.items():
    app.command(_name, help=_said)(_is_not_here)
