"""What follows from an error."""

from __future__ import annotations

from enum import StrEnum


class Verdict(StrEnum):
    """What an error means for the request, and for those that come after it.

    ``REFUSED``: the service itself said no to this request, and would say it again; nothing was done. ``PASSING``: the
    last sending was turned away, or nothing was to be changed, as by a GET; later it may work. ``UNCLEAR``: the request
    may have been carried out. ``FATAL``: the next request would meet the same, so a person has to change something first.
    """

    REFUSED = "refused"
    PASSING = "passing"
    UNCLEAR = "unclear"
    FATAL = "fatal"


#: Of statuses in the service's own words: the verdict on those that do not refuse the request alone.
TURNED_AWAY = {401: Verdict.FATAL, 403: Verdict.FATAL, 429: Verdict.PASSING}
#: The statuses below 500 that do not tell what became of a request.
UNDECIDED = frozenset({407, 408, 409})
#: The methods that change nothing.
READS = frozenset({"GET", "HEAD"})
