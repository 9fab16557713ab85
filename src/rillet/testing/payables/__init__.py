"""The stand-in's payables: vendors, charges, reimbursements, bills, payments and vendor credits."""
