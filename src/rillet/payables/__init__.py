"""Money that is owed: vendors, charges and reimbursements."""
