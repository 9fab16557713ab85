"""What decides about an attempt and about a record, as values; `bridge.export.engine.next_step` decides."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

import attrs

if TYPE_CHECKING:
    from bridge.export.ledgers.protocol import Ability


class Last(StrEnum):
    """The last attempt for a subject: none, one without an outcome, one that made the object, or one that left nothing."""

    NONE = "none"
    OPEN = "open"
    THERE = "there"
    UNDONE = "undone"


class Seen(StrEnum):
    """What a look into the ledger has shown: not looked yet, nothing, or the object (of a change: that it was made)."""

    NOT_LOOKED = "not looked"
    NO = "no"
    YES = "yes"


class Settlement(StrEnum):
    """What to do with the last attempt."""

    KEEP = "keep it"
    ADOPT = "adopt what is there"
    SEND = "send anew"
    SEND_AGAIN = "send the same bytes again"
    ABANDON_AND_SEND = "abandon it, send anew"
    UNDECIDABLE = "a person has to look"
    LOOK = "look at the object"
    ABANDON = "abandon it"


@attrs.frozen(kw_only=True)
class AttemptFacts:
    """What decides about the last attempt.

    `fresh`: the ledger still knows its key. `changes`: it is a PUT or a DELETE, which has no key. `findable`: a look-up
    would have found what it made. `doubles_harm`: a second object would be wrong. `trusts_old`: an old success is
    believed; for a vendor the snapshot of the books counts instead.
    """

    last: Last
    seen: Seen
    fresh: bool
    changes: bool = False
    findable: bool = True
    doubles_harm: bool = True
    trusts_old: bool = True


@attrs.frozen(kw_only=True)
class Rules:
    """What differs between the subjects of attempts; see `AttemptFacts`.

    `honours_key`: the ledger answers a repetition under one key as it did the first time. Where it does not, no key is fresh.
    """

    findable: bool = True
    honours_key: bool = True
    doubles_harm: bool = True
    trusts_old: bool = True


#: A vendor is in the snapshot of the books, or it is not there.
VENDOR = Rules(trusts_old=False)
#: Nothing lists what is attached; a picture that is there twice harms nothing, a missing one does.
RECEIPT = Rules(findable=False, doubles_harm=False)


def rules_of(ability: Ability, *, is_listed: bool = False) -> Rules:
    """The rules for a kind of document; `is_listed` where it is looked at among all of its kind, and not looked up."""
    return Rules(findable=ability.is_found or is_listed, honours_key=ability.honours_key)


class Standing(StrEnum):
    """What this export has posted for a record, as the journal or the mark of the object tells."""

    NEW = "new"
    POSTED = "posted"
    DISMISSED = "dismissed"


class Actual(StrEnum):
    """What the ledger has for a record; `ALIKE` is an object without a mark that says the same, or what is left of several."""

    UNSEEN = "unseen"
    MISSING = "missing"
    ONE = "one"
    SEVERAL = "several"
    ALIKE = "alike"


class Wanted(StrEnum):
    """What the source says now, after mapping."""

    DOCUMENT = "document"
    NOTHING = "nothing"
    REFUSED = "refused"


class Comparison(StrEnum):
    """Which side has changed since the export posted; of what it has not posted, whether the object is as desired.

    `REWORDED`: the source has changed the record, and what it says comes to the document that was posted.
    """

    SAME = "same"
    REWORDED = "changed in other words"
    LEDGER = "changed in the ledger"
    SOURCE = "changed at the source"
    ALIKE = "changed alike on both sides"
    BOTH = "changed on both sides"


class Remedy(StrEnum):
    """How a posted document can be made to say something else, as the settings and the ledger allow."""

    REPLACE = "replace"
    REPOST = "delete and post anew"
    CORRECT = "correcting entry"
    NONE = "none"


class Step(StrEnum):
    """What to do for a record."""

    LOOK = "look"
    CREATE = "create"
    ADOPT = "adopt"
    KEEP = "keep"
    REPLACE = "replace"
    REPOST = "delete, post anew"
    CORRECT = "correcting entry"
    DELETE = "delete"
    NOTHING = "nothing"
    REFUSE = "refuse"


@attrs.frozen(kw_only=True)
class Facts:
    """What decides about a record. `offered`: the source waits for it; `removable`: its document may be deleted."""

    standing: Standing
    offered: bool
    actual: Actual
    wanted: Wanted
    comparison: Comparison
    remedy: Remedy
    removable: bool
    held: bool
