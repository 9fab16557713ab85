"""Books and documents for the tests of the Rillet client and its stand-in."""
