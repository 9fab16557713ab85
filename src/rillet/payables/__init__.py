"""Money that is owed to vendors and employees: vendors, bills, charges, reimbursements and vendor credits."""
