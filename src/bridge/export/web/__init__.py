"""The status page: what waits, what is posted and refused, for people who do not open a terminal."""
