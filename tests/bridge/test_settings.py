"""Settings as a company writes them, and what they say about a mistake."""

from __future__ import annotations

from datetime import date

import attrs
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bridge import Basis, ClosedPeriod, Entity, FieldMapping, Settings, SettingsError, When, check, read_settings
from bridge.settings import OtherTypes, Role
from bridge_company import BOOKS, CARD, ENTITY, SETTINGS, TRAVEL, books, vendor
from rillet import AccountStatus

SHORT = """\
[[entities]]
name = "US"
subsidiary = "Example Inc."
card_account = "21120"
reimbursement_account = "21340"
"""

LONG = """\
# Everything that can be said.
gl_field = "GL Account"
reference_type = "brex-records"
reimbursement_basis = "cash"
closed_period = "first_open_day"
default_vendor = "Card Purchases"
record_link = "https://example.com/records/{id}"
rillet_link = "https://example.com/{kind}/{id}"
report_refusals = true

[[entities]]
name = "UK"
subsidiary = "sub-uk"
card_account = "id-21130"
reimbursement_account = "21340"
since = 2026-01-01

[entities.when]
field = "Legal Entity"
value = "UK"
currency = "GBP"
location = "London"

[[entities]]
name = "US"
subsidiary = "Example Inc."
card_account = "21120"
reimbursement_account = "21340"

[[fields]]
brex = "Team"
rillet = "Department"

[[fields]]
brex = "Class"
rillet = "field-class"
"""

INLINE = 'entities = [{name="US", subsidiary="S", card_account="1", reimbursement_account="2", when={currency="USD"}}]'


def problems(text: str) -> list[str]:
    with pytest.raises(SettingsError) as caught:
        read_settings(text, "brex.toml")
    assert str(caught.value) == "; ".join(caught.value.problems)
    return list(caught.value.problems)


def test_one_entity_is_enough() -> None:
    assert read_settings(SHORT) == Settings(entities=(ENTITY,))
    defaults = read_settings(SHORT)
    assert (defaults.gl_field, defaults.reference_type) == ("GL_ACCOUNT", "brex")
    assert (defaults.reimbursement_basis, defaults.closed_period) == (Basis.ACCRUAL, ClosedPeriod.REFUSE)
    assert not defaults.report_refusals


def test_everything_can_be_said() -> None:
    settings = read_settings(LONG)
    assert settings == Settings(
        entities=(
            Entity(
                name="UK",
                subsidiary="sub-uk",
                card_account="id-21130",
                reimbursement_account="21340",
                when=When(field="Legal Entity", value="UK", currency="GBP", location="London"),
                since=date(2026, 1, 1),
            ),
            ENTITY,
        ),
        fields=(FieldMapping(brex="Team", rillet="Department"), FieldMapping(brex="Class", rillet="field-class")),
        gl_field="GL Account",
        reference_type="brex-records",
        reimbursement_basis=Basis.CASH,
        closed_period=ClosedPeriod.FIRST_OPEN_DAY,
        default_vendor="Card Purchases",
        record_link="https://example.com/records/{id}",
        rillet_link="https://example.com/{kind}/{id}",
        report_refusals=True,
    )
    assert isinstance(settings.reimbursement_basis, Basis)
    assert isinstance(settings.closed_period, ClosedPeriod)


def test_what_the_other_types_of_records_need_can_be_said() -> None:
    keys = {role: f"account of {role.label}" for role in Role}
    accounts = "".join(f'{role} = "{account}"\n' for role, account in keys.items())
    settings = read_settings(
        f'other_types = "journal_entry"\ntime_zone = "subsidiary"\n[[entities]]\nname = "US"\nsubsidiary = "S"\n{accounts}'
    )
    (entity,) = settings.entities
    assert {role: entity.account(role) for role in Role} == keys
    assert (settings.other_types, settings.time_zone) == (OtherTypes.JOURNAL_ENTRY, "subsidiary")
    assert {role: ENTITY.account(role) for role in Role} == {
        **dict.fromkeys(Role), Role.CARD: "21120", Role.REIMBURSEMENT: "21340",
    }  # fmt: skip


def test_tables_may_be_inline() -> None:
    assert read_settings(INLINE).entities[0].when == When(currency="USD")


LONG_LINES = {
    'gl_field = "GL Account"': (
        "gl_fild = 1",
        "brex.toml line 2: unknown key gl_fild; the keys here are entities, fields, accounts, ",
    ),
    'reference_type = "brex-records"': (
        "reference_type = 7",
        "brex.toml line 3: reference_type: 7 is not a text; put texts in quotes",
    ),
    'reimbursement_basis = "cash"': (
        'reimbursement_basis = "Cash"',
        "brex.toml line 4: reimbursement_basis: 'Cash' is not one of accrual, cash",
    ),
    'closed_period = "first_open_day"': (
        "closed_period = ['refuse']",
        "brex.toml line 5: closed_period: an array is not one of refuse, first_open_day",
    ),
    'default_vendor = "Card Purchases"': ('default_vendor = ""', "brex.toml line 6: default_vendor: it is empty"),
    'record_link = "https://example.com/records/{id}"': (
        "record_link = true",
        "brex.toml line 7: record_link: true is not a text; put texts in quotes",
    ),
    'rillet_link = "https://example.com/{kind}/{id}"': (
        "rillet_link = {a = 1}",
        "brex.toml line 8: rillet_link: a table is not a text; put texts in quotes",
    ),
    "report_refusals = true": (
        'report_refusals = "yes"',
        "brex.toml line 9: report_refusals: 'yes' is not true or false",
    ),
    'name = "UK"': (f"name = 1{'0' * 80}", f"brex.toml line 12: entities[0].name: 1{'0' * 56}... is not a text"),
    'subsidiary = "sub-uk"': ("", "brex.toml line 11: entities[0].subsidiary: the key subsidiary is missing"),
    'card_account = "id-21130"': (
        "card_account = 21130",
        "brex.toml line 14: entities[0].card_account: 21130 is not a text; put texts in quotes",
    ),
    "since = 2026-01-01": (
        'since = "2026-01-01"',
        "brex.toml line 16: entities[0].since: '2026-01-01' is not a date such as 2026-01-31 (without quotes)",
    ),
    'field = "Legal Entity"': (
        "fields = 1",
        "brex.toml line 19: entities[0].when: unknown key fields; the keys here are field, value, currency, location",
    ),
    'value = "UK"': ("", "brex.toml line 18: entities[0].when: `field` and `value` belong together"),
    'currency = "GBP"': ("currency = 1.5", "brex.toml line 21: entities[0].when.currency: 1.5 is not a text"),
    'rillet = "Department"': ("", "brex.toml line 30: fields[0].rillet: the key rillet is missing"),
    'rillet = "field-class"': ("rilet = 'x'", "brex.toml line 36: fields[1]: unknown key rilet; "),
}


@pytest.mark.parametrize(("line", "wrong", "said"), [(line, *each) for line, each in LONG_LINES.items()])
def test_a_mistake_is_named_with_file_line_and_path(line: str, wrong: str, said: str) -> None:
    assert LONG.count(f"{line}\n") == 1
    found = problems(LONG.replace(f"{line}\n", f"{wrong}\n"))
    assert any(problem.startswith(said) for problem in found), found


def test_every_mistake_is_named_at_once() -> None:
    assert len(problems("gl_field = 1\nreport_refusals = 1\n" + SHORT.replace('"US"', "1") + "sinse = 1\n")) == 4


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "brex.toml: entities: the key entities is missing"),
        ("entities = []", "brex.toml line 1: entities: at least one entity is needed"),
        ("entities = 5", "brex.toml line 1: entities: 5 is not an array of tables"),
        ('entities = "US"', "brex.toml line 1: entities: 'US' is not an array of tables"),
        ("[entities]", "brex.toml line 1: entities: a table is not an array of tables"),
        ("entities = ['US']", "brex.toml line 1: entities[0]: 'US' is not a table"),
        ("entities = [{name = 1}]", "brex.toml line 1: entities[0].name: 1 is not a text; put texts in quotes"),
        (SHORT + "when = 'USD'", "brex.toml line 6: entities[0].when: 'USD' is not a table"),
        (SHORT + "when = {}", "brex.toml line 6: entities[0].when: it is empty; leave it out to take all the rest"),
        (SHORT + "since = 2026-01-01T00:00:00Z", "brex.toml line 6: entities[0].since: 2026-01-01 00:00:00+00:00 is not a date"),
        (
            SHORT + SHORT.replace("US", "UK"),
            "brex.toml line 6: entities[1]: US and UK have no `when`; only one entity can take all the rest",
        ),
        (SHORT + "name = 'twice'", "brex.toml: Cannot overwrite a value (at "),
        (SHORT + "[[", "brex.toml: "),
        ("a = " + "[" * 100_000, "brex.toml: "),
        ("a = " + "1" * 5_000, "brex.toml: "),
    ],
)  # fmt: skip
def test_what_is_not_even_settings_is_refused(text: str, said: str) -> None:
    found = problems(text)
    assert any(problem.startswith(said) for problem in found), found


toml_lines = st.lists(
    st.builds(
        "{} = {}".format,
        st.sampled_from(["entities", "fields", "gl_field", "when", "since", "name", "closed_period", "a.b", '"é"']),
        st.sampled_from(
            ["1", "true", '"x"', "[]", "{}", "[{}]", "[[1]]", "{a = 1}", "2026-01-01", "nan", "0x" + "f" * 6_000]
        ),
    )
    | st.sampled_from(["[[entities]]", "[entities]", "[entities.when]", "[[fields]]", "[[entities.when]]", "[a]", ""]),
    unique=True,
)


def problems_or_settings(text: str) -> tuple[str, ...] | Settings:
    """Whatever else is raised fails the test."""
    try:
        return read_settings(text, "brex.toml")
    except SettingsError as error:
        return error.problems


@given(st.text() | toml_lines.map("\n".join) | toml_lines.map(lambda lines: SHORT + "\n".join(lines)))
@example("\ud800 = 1")
@example("\x00")
@example(INLINE)
def test_a_text_is_settings_or_a_settings_error(text: str) -> None:
    found = problems_or_settings(text)
    if isinstance(found, Settings):
        assert found.entities
    else:
        assert found
        assert all(problem.startswith("brex.toml") for problem in found)


@given(st.integers(0, len(LONG)), st.integers(0, 12), st.text("ab =[]{}\"'\n.1#", max_size=4))
def test_a_slip_of_the_pen_is_settings_or_a_settings_error(start: int, length: int, typed: str) -> None:
    assert problems_or_settings(LONG[:start] + typed + LONG[start + length :])


def test_settings_that_fit_the_books_have_no_problems() -> None:
    assert check(SETTINGS, BOOKS) == ()
    assert check(attrs.evolve(SETTINGS, default_vendor="v-ada"), BOOKS) == ()
    assert check(attrs.evolve(SETTINGS, default_vendor="ada example"), BOOKS) == ()


def test_everything_that_the_books_do_not_have_is_named_with_its_place() -> None:
    wrong = Settings(
        entities=(
            attrs.evolve(ENTITY, subsidiary="Example AG", card_account="1", when=When(currency="CHF")),
            attrs.evolve(ENTITY, card_account="6100", reimbursement_account="6900"),
        ),
        fields=(FieldMapping(brex="Team", rillet="Department"), FieldMapping(brex="Class", rillet="Class")),
        default_vendor="Nobody",
    )
    assert check(wrong, BOOKS) == (
        "entities[0].subsidiary: Rillet has no subsidiary 'Example AG'; it has Example Inc., Example Ltd",
        "entities[0].card_account: Rillet has no account with the code or id '1'",
        (
            "entities[1].card_account: the account 6100 Travel has the subtype None; "
            "Rillet takes charges on accounts of the subtype 'Credit Card' alone"
        ),
        "entities[1].reimbursement_account: the account 6900 Old Software is inactive",
        "fields[1].rillet: Rillet has no custom field 'Class'",
        "default_vendor: Rillet has no vendor 'Nobody'",
    )


def test_a_default_vendor_has_to_be_one() -> None:
    kept = books(vendors=(vendor("v-1", "Cards"), vendor("v-2", "CARDS")))
    assert check(attrs.evolve(SETTINGS, default_vendor="v-1"), kept) == ()
    assert check(attrs.evolve(SETTINGS, default_vendor="Cards"), kept) == (
        "default_vendor: Rillet has 2 vendors 'Cards'; name one by its id",
    )


def test_an_inactive_card_account_is_named_once() -> None:
    gone = attrs.evolve(CARD, status=AccountStatus.INACTIVE, subtype=None)
    found = check(SETTINGS, books(accounts=(TRAVEL, gone)))
    assert found == (
        "entities[0].card_account: the account 21120 Brex Card is inactive",
        "entities[0].reimbursement_account: Rillet has no account with the code or id '21340'",
    )
