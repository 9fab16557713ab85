"""What both services say of themselves, for the tests that compare the clients with it."""
