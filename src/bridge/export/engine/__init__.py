"""The protocol of the export: what is decided, in what order it is sent, and by whom."""
