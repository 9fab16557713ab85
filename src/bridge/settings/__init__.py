"""The settings of an export: their values, the file that they are read from, and the check against the books."""
