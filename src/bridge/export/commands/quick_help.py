"""``brex-rillet --help`` without the commands, which take long to import: their names, and what each says of itself."""

from __future__ import annotations

from collections.abc import Mapping

from bridge.export.commands.root import app

#: The first paragraph of each command's own help, in the order of the help.
HELP: Mapping[str, str] = {
    "accrue": "Show or post the month's accruals: spending that Brex has and Rillet has not, taken back on the next day.",
    "hold": "Hold the posting of a record until somebody else approves it. Needs the same variables as plan.",
    "approve": "Approve what is to be posted for a record, as plan shows it now; the next run posts it.",
    "approve-plan": "Approve a plan that was written down, as it is; export --plan carries it out. It asks nobody and needs no keys.",
    "check": "Look at the keys, the settings and both services, and name every mistake with its line. Changes nothing.",
    "close-package": "Write a month's close as close-MONTH.xlsx and close-MONTH.html: every report, plots, and where they come from.",
    "close-status": "Show what of a month is not in the books, lacks a receipt, looks double, or lies across its end, and an audit sample.",
    "demo": "Export a made-up company between two stand-ins on loopback, and prove that the books are right.",
    "exchange-differences": "Show what bills, reimbursements and card records in other currencies have left, and propose the entry. Posts nothing.",
    "explain": "Show how each line of a record is coded, and why; with a journal, also what became of it. Changes nothing.",
    "export": "Post every ready record of Brex to Rillet, correct what changed, and tell Brex. Ctrl-C and SIGTERM end it cleanly.",
    "history": "Show every attempt to post a record and its receipts: what was sent when and by whom, and what came back; and refusals.",
    "init": "Propose a settings file from Rillet's accounts and subsidiaries and the fields of both sides. Changes nothing.",
    "mcp": "Let an assistant look at the export over MCP, on standard input and output. It can change nothing.",
    "plan": "Show what an export would do, step by step. Nothing is sent to Rillet or reported to Brex.",
    "reconcile": "Compare Brex and Rillet account by account for a month, and say where each difference comes from. Changes nothing.",
    "replay": "Export one record again: finish what was cut off, post anew what was deleted in Rillet.",
    "mark-exported": "The same as dismiss: tell Brex that records are done which were booked by hand. Nothing is posted.",
    "dismiss": "Take records out of the queue that were booked by hand. Brex is told that they are done; replay takes one up again.",
    "serve": "Show what waits, what is posted and what is refused as a page for a browser, until Ctrl-C.",
    "sync-fields": "Show or carry out what brings Rillet's accounts, fields, vendors and tax rates into Brex's fields.",
    "verify": "Compare journal, Brex and Rillet by content, and print every disagreement. Changes nothing.",
    "billing": "Invoices of a billing system into Rillet, each once.",
    "integration": "The link between Brex and the books, whose id the journal keeps.",
}


def _is_not_here() -> None:
    raise RuntimeError("this process has loaded the help alone")


for _name, _said in HELP.items():
    app.command(_name, help=_said)(_is_not_here)
