"""From a coded record to a document: one module for each kind."""
