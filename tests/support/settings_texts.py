"""Settings as a company writes them: as short as can be, with many keys, and on one line.

Tests of mistakes count the lines of `LONG`. What a new key does is tested with a text of its own before `SHORT`.
"""

from __future__ import annotations

SHORT = """\
[[entities]]
name = "US"
subsidiary = "Example Inc."
card_account = "21120"
reimbursement_account = "21340"
"""

LONG = """\
# Many of the keys.
gl_field = "GL Account"
reference_type = "brex-records"
reimbursement_basis = "cash"
closed_period = "first_open_day"
default_vendor = "Card Purchases"
record_link = "https://example.com/records/{id}"
rillet_link = "https://example.com/{kind}/{id}"
report_refusals = true
vendor_field = "Vendor"
near_duplicates = "create"
tax_field = "Tax"
tax_coverage = "exclusive"
foreign_currency = "subsidiary"
summarise = ["CARD_PAYMENT", "CARD_EXPENSE_POST"]
receipts = false
on_change = "correct"
on_delete = "delete"
same_invoice = "refuse"

[[entities]]
name = "UK"
subsidiary = "sub-uk"
card_account = "id-21130"
reimbursement_account = "21340"
since = 2026-01-01

[entities.when]
field = "Legal Entity"
value = "UK"
currency = "GBP"
location = "London"

[[entities]]
name = "US"
subsidiary = "Example Inc."
card_account = "21120"
reimbursement_account = "21340"

[[fields]]
brex = "Team"
rillet = "Department"

[[fields]]
brex = "Class"
rillet = "field-class"

[[vendors]]
brex = "UBER *TRIP"
rillet = "Uber"

[[taxes]]
code = "DE19"
treatment = "taxed"
coverage = "inclusive"

[[taxes]]
code = "RC19"
treatment = "reverse_charge"
input_account = "14000"
output_account = "25000"

[[taxes]]
code = "NY"
sales_tax = true
"""

INLINE = 'entities = [{name="US", subsidiary="S", card_account="1", reimbursement_account="2", when={currency="USD"}}]'
