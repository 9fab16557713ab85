"""Which entity a record belongs to: what its coding says, what it follows, or whose movements of money the settings say it is.

The entity without `when` takes what is known to be nobody else's, and nothing that nobody told.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

import attrs

from brex_accounting import FieldValueRef, LineItem, Record, RecordType
from bridge.books import Books, normalised
from bridge.decisions import Findings, ReasonCode
from bridge.followed import FOLLOWS, Followed, bills_paid_by
from bridge.settings.default_accounts import ROLES, role_of
from bridge.settings.values import Entity, Intercompany, Movements, Settings, When

_Type = RecordType
# Money that only passes through the clearing account is there, whatever became of the reimbursement.
_PASSES_THROUGH = frozenset(
    {_Type.REIMBURSEMENT_EXPENSE_MONEY_MOVEMENT_PAYIN, _Type.REIMBURSEMENT_EXPENSE_MONEY_MOVEMENT_REFUND}
)


@attrs.frozen(kw_only=True)
class Ownership:
    """Whose a record is: the entity that it belongs to, or that paid for it where it has lines of two.

    `rule` then names the accounts between them, `debtor` is the other entity, and `of_debtor` are the places of its lines
    in the record.
    """

    entity: Entity
    debtor: Entity | None = None
    rule: Intercompany | None = None
    of_debtor: frozenset[int] = frozenset()


def entity_of(
    record: Record, settings: Settings, books: Books, findings: Findings, followed: Followed | None = None
) -> Entity | None:
    """The entity that a record belongs to, or that paid for it; None, with the reason in `findings`, where nothing tells."""
    owned = ownership(record, settings, books, findings, followed)
    return None if owned is None else owned.entity


def ownership(
    record: Record, settings: Settings, books: Books, findings: Findings, followed: Followed | None = None
) -> Ownership | None:
    """Whose a record is; None, with the reason in `findings`, where nothing tells or two things differ."""
    if followed is not None and followed.missing is not None and record.type in _PASSES_THROUGH:
        followed = None
    if followed is not None and followed.missing is not None:
        findings.add(ReasonCode.NOT_POSTED_YET, followed.missing)
    if settings.only_entity is not None:
        return Ownership(entity=settings.only_entity)
    if followed is None and len(there := bills_paid_by(record, settings, books)) == 1:
        followed = Followed(subsidiary_id=there[0].subsidiary_id)
    possible = _Choice(record, settings, books).possible(findings)
    if isinstance(possible, Ownership):
        return possible
    if possible is None or (followed is not None and followed.missing is not None):
        return None
    told = [
        owners
        for each in (() if followed is None else (followed, *followed.others))
        if (owners := _owners(each, settings, books))
    ]
    owners = tuple(each for each in told[0] if all(each in others for others in told)) if told else ()
    if told and not owners:
        every = tuple(dict.fromkeys(each for others in told for each in others))
        text = f"what it follows belongs to {_names(every, 'and')}, and nothing tells which of these it is of"
        findings.add(ReasonCode.SEVERAL_ENTITIES, text)
        return None
    if owners:
        common = tuple(each for each in possible if each in owners)
        if not common:
            whose, other = _names(possible, "or"), _names(owners, "or")
            findings.add(ReasonCode.SEVERAL_ENTITIES, f"it belongs to {whose}, and what it follows belongs to {other}")
            return None
        possible = (common[0],) if _post_alike(common, record) else common
    one = _the_one(possible, record, settings, findings)
    return None if one is None else Ownership(entity=one)


class _Choice:
    """What the settings say of one record: for each of its lines, which entities it may be of."""

    def __init__(self, record: Record, settings: Settings, books: Books) -> None:
        self._record, self._settings, self._books = record, settings, books
        self._rest = next((each for each in settings.entities if each.when is None), None)
        self._fields = {each.when.field for each in settings.entities if each.when is not None and each.when.field}

    def possible(self, findings: Findings) -> tuple[Entity, ...] | Ownership | None:
        """The entities that the whole record may be of, or whose it is where it has lines of two; None, with a reason."""
        lines = _telling(self._record, self._settings.gl_field, self._fields)
        of_lines = [self._of(each.line, findings) for each in lines] or [self._of(None, findings)]
        if any(each is None for each in of_lines):
            return None
        sets = [each for each in of_lines if each is not None]
        common = tuple(each for each in sets[0] if all(each in others for others in sets))
        return common or self._pair(dict(zip(lines, sets, strict=True)), findings)

    def _pair(self, owners: Mapping[_Telling, tuple[Entity, ...]], findings: Findings) -> Ownership | None:
        """Whose a record with lines of two entities is: that of the one that paid, which the other one owes it."""
        settings, every = self._settings, tuple(dict.fromkeys(each for others in owners.values() for each in others))
        told = f"its lines belong to {_names(every, 'and')}"
        paid = {each for line, others in owners.items() if line.stands_for_account for each in others}
        by_name = {each.name: each for each in every if not paid or each in paid}
        names = {each.name for each in every}
        is_sure = len(every) == 2 and all(len(others) == 1 for others in owners.values())
        rules = {
            by_name[rule.payer]: rule
            for rule in settings.intercompany
            if rule.payer in by_name and rule.debtor in names - {rule.payer}
        }
        if not is_sure or not rules or self._record.type in FOLLOWS or len(paid) > 1:
            text = f"{told}; split it in Brex, or name the accounts between two of them in [[intercompany]]"
            findings.add(ReasonCode.SEVERAL_ENTITIES, text)
            return None
        payer = _the_one(tuple(rules), self._record, settings, Findings())
        if payer is None:
            text = (
                f"{told}, and nothing tells which of them paid; choose it in Brex on the line that nobody codes, split it, or "
                f"leave one rule of [[intercompany]] between them"
            )
            findings.add(ReasonCode.SEVERAL_ENTITIES, text)
            return None
        (debtor,) = (each for each in every if each != payer)
        theirs = frozenset(line.place for line, others in owners.items() if others == (debtor,))
        return Ownership(entity=payer, debtor=debtor, rule=rules[payer], of_debtor=theirs)

    def _of(self, line: LineItem | None, findings: Findings) -> tuple[Entity, ...] | None:
        """The entities that a line may be of; without a line those of a record that says nothing itself."""
        holds = {
            each.name: _holds(each.when, self._record, line)
            for each in self._settings.entities
            if each.when is not None
        }
        sure = tuple(each for each in self._settings.entities if holds.get(each.name) is True)
        maybe = tuple(each for each in self._settings.entities if each.when is not None and holds[each.name] is None)
        if self._rest is not None and line is not None and self._says_the_rest(line):
            sure, maybe = (*sure, self._rest), ()
        if len(sure) > 1:
            findings.add(ReasonCode.SEVERAL_ENTITIES, f"it belongs to {_names(sure, 'and')} at once; split it in Brex")
            return None
        unknown = None if line is None or sure else self._unknown(line, maybe)
        if unknown is not None:
            findings.add(ReasonCode.UNKNOWN_ENTITY, unknown, None if line is None else line.id)
            return None
        if sure or maybe:
            return (*sure, *maybe) if sure or self._rest is None else (*maybe, self._rest)
        if self._rest is None:
            fields = " and ".join(sorted(self._fields))
            choose = f"choose its {fields} in Brex, or " if fields and line is not None else ""
            text = f"no entity of the settings claims it; {choose}leave `when` out of the one that takes such records"
            findings.add(ReasonCode.NO_ENTITY, text)
            return None
        return (self._rest,)

    def _unknown(self, line: LineItem, maybe: Sequence[Entity]) -> str | None:
        """Why a line is nobody's, although somebody chose a value of a field that tells entities apart.

        What the value names is not enough where the record is certainly not of that entity, as in another currency.
        """
        for ref in self._chosen(line):
            named = [each for each in self._settings.entities if each.when is not None and _is_named(each.when, ref)]
            if any(each in maybe for each in named):
                continue
            field = next(each for each in sorted(self._fields) if names_field(ref, each))
            shown = ref.field_value_name or ref.remote_field_value_id or ref.brex_field_value_id
            if named:
                return f"its {field} is {shown!r}, which is of {_names(named, 'or')}, but what else their `when` says does not hold"
            return f"its {field} is {shown!r}, which is the `when` of no entity of the settings, nor the name of one"
        return None

    def _chosen(self, line: LineItem) -> Iterator[FieldValueRef]:
        """The values that somebody chose on a line of the fields that tell entities apart."""
        for ref in line.accounting_field_values:
            if (ref.field_value_name or has_choice(ref)) and any(names_field(ref, each) for each in self._fields):
                yield ref

    def _says_the_rest(self, line: LineItem) -> bool:
        return any(self._means_the_rest(ref) for ref in self._chosen(line))

    def _means_the_rest(self, ref: FieldValueRef) -> bool:
        rest = self._rest
        if rest is None:
            return False
        subsidiary = self._books.subsidiary(rest.subsidiary)
        names = [rest.name, rest.subsidiary]
        names += [] if subsidiary is None else [subsidiary.trade_name, subsidiary.id]
        return not {normalised(each) for each in names}.isdisjoint(normalised(each) for each in _values(ref) if each)


def names_field(ref: FieldValueRef, field: str) -> bool:
    """Whether `ref` is of this Brex field, named by its remote id, its Brex id or its name."""
    return field in (ref.remote_field_id, ref.brex_field_id, ref.field_name)


def has_choice(ref: FieldValueRef) -> bool:
    """Whether somebody has chosen a value."""
    return bool(ref.remote_field_value_id or ref.brex_field_value_id)


def _is_named(when: When, ref: FieldValueRef) -> bool:
    return when.field is not None and names_field(ref, when.field) and when.value in _values(ref)


def _values(ref: FieldValueRef) -> set[str | None]:
    return {ref.remote_field_value_id, ref.brex_field_value_id, ref.field_value_name}


@attrs.frozen(kw_only=True)
class _Telling:
    """A line that says whose it is, and its place in the record.

    `stands_for_account`: nobody codes it, and it is on the side of an account of the settings, such as the card's.
    """

    place: int
    line: LineItem = attrs.field(eq=False)
    stands_for_account: bool


def _telling(record: Record, gl_field: str, fields: set[str]) -> tuple[_Telling, ...]:
    """The lines that somebody has coded: those with a value that tells entities apart, and of what was spent those with an account.

    A line that stands for an account of the settings, such as the card's, says nothing by its account. Nor does any line of
    a record that follows another one: that one tells whose it is.
    """
    numbered = tuple(enumerate(record.line_items))
    moving = tuple((place, each) for place, each in numbered if each.amount.amount) or numbered
    coded = {place: each for place, each in moving if _has_value(each, {gl_field})}
    spent = {place for place, each in coded.items() if role_of(record.type, each.type) is None}
    is_turned = len(ROLES.get(record.type, {})) == 1 and not spent
    if is_turned:
        # As the credit of a vendor is.
        spent = set(coded)
    return tuple(
        _Telling(
            place=place,
            line=each,
            stands_for_account=place not in coded and (is_turned or role_of(record.type, each.type) is not None),
        )
        for place, each in moving
        if (place in spent and record.type not in FOLLOWS) or _has_value(each, fields)
    )


def _has_value(line: LineItem, fields: set[str]) -> bool:
    return any(
        (has_choice(ref) or ref.field_value_name) and any(names_field(ref, field) for field in fields)
        for ref in line.accounting_field_values
    )


def _holds(when: When, record: Record, line: LineItem | None) -> bool | None:
    """Whether a condition holds for a line of a record; None where nobody told."""
    answers = list[bool | None]()
    if when.currency is not None:
        answers.append(when.currency == record.amount.currency)
    if when.location is not None:
        user = record.user
        answers.append(None if user is None else when.location in {user.location_id, user.location_name})
    if when.field is not None:
        field = when.field
        refs = () if line is None else line.accounting_field_values
        has_value = any(names_field(ref, field) and when.value in _values(ref) for ref in refs)
        answers.append(None if line is None else has_value)
    return False if False in answers else None if None in answers else True


def _the_one(possible: Sequence[Entity], record: Record, settings: Settings, findings: Findings) -> Entity | None:
    """The one of several whose movements the record is of."""
    if len(possible) == 1:
        return possible[0]
    left = [each for each in settings.entities if each in possible]
    left = [each for each in left if each.movements is None or _moves(each.movements, record)]
    named = [each for each in left if each.movements is not None] or left
    if len(named) == 1:
        return named[0]
    fields = sorted({each.when.field for each in settings.entities if each.when is not None and each.when.field})
    choose = f"choose its {' or '.join(fields)} in Brex, or " if fields else ""
    text = (
        f"nothing tells whether it is of {_names(named or left or possible, 'or of')}; {choose}say in [[entities]] whose movements "
        f'of money it is one of, such as movements = {{ currency = "{record.amount.currency}" }}'
    )
    findings.add(ReasonCode.UNKNOWN_ENTITY, text)
    return None


def _moves(movements: Movements, record: Record) -> bool:
    return (movements.currency is None or movements.currency == record.amount.currency) and (
        not movements.types or record.type in movements.types
    )


def _owners(followed: Followed, settings: Settings, books: Books) -> tuple[Entity, ...]:
    """The entities that the followed record may be of; none where that cannot be told."""
    said: Entity | None = None
    if followed.record is not None:
        said = entity_of(followed.record, settings, books, Findings())
    if followed.subsidiary_id is None:
        return () if said is None else (said,)
    there = tuple(each for each in settings.entities if _subsidiary_id(each, books) == followed.subsidiary_id)
    return (said,) if said is not None and said in there else there


def _subsidiary_id(entity: Entity, books: Books) -> str | None:
    subsidiary = books.subsidiary(entity.subsidiary)
    return None if subsidiary is None else subsidiary.id


def _post_alike(entities: Sequence[Entity], record: Record) -> bool:
    """Whether it does not matter to the books which of these entities a record is of."""
    roles = ROLES.get(record.type, {}).values()
    return len({(each.subsidiary, each.since, *(each.account(role) for role in roles)) for each in entities}) == 1


def _names(entities: Iterable[Entity], word: str) -> str:
    return f" {word} ".join(each.name for each in entities)
