"""The stand-in's reports."""
