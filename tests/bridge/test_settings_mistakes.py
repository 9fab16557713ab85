"""What is told about mistakes in settings: each of them at once, with its line, and none that is none."""

from __future__ import annotations

import pickle

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bridge import (
    Settings,
    SettingsError,
    read_settings,
)
from bridge.settings.mistakes import MissingKey, Mistake, Problem, UnknownKey
from bridge.settings.toml_file import with_lines
from support.settings_texts import INLINE, LONG, SHORT


def problems(text: str) -> list[str]:
    with pytest.raises(SettingsError) as caught:
        read_settings(text, "brex.toml")
    assert str(caught.value) == "; ".join(caught.value.problems)
    return list(caught.value.problems)


LONG_LINES = {
    'gl_field = "GL Account"': (
        "gl_fild = 1",
        "brex.toml line 2: unknown key gl_fild; did you mean gl_field?",
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
    'name = "UK"': (f"name = 1{'0' * 80}", f"brex.toml line 22: entities[0].name: 1{'0' * 56}... is not a text"),
    'subsidiary = "sub-uk"': ("", "brex.toml line 21: entities[0].subsidiary: the key subsidiary is missing"),
    'card_account = "id-21130"': (
        "card_account = 21130",
        "brex.toml line 24: entities[0].card_account: 21130 is not a text; put texts in quotes",
    ),
    "since = 2026-01-01": (
        'since = "2026-01-01"',
        "brex.toml line 26: entities[0].since: '2026-01-01' is not a date such as 2026-01-31 (without quotes)",
    ),
    'field = "Legal Entity"': (
        "fields = 1",
        "brex.toml line 29: entities[0].when: unknown key fields; the keys here are field, value, currency, location",
    ),
    'value = "UK"': ("", "brex.toml line 28: entities[0].when: `field` and `value` belong together"),
    'currency = "GBP"': ("currency = 1.5", "brex.toml line 31: entities[0].when.currency: 1.5 is not a text"),
    'rillet = "Department"': ("", "brex.toml line 40: fields[0].rillet: the key rillet is missing"),
    'rillet = "field-class"': ("rilet = 'x'", "brex.toml line 46: fields[1]: unknown key rilet; "),
    'near_duplicates = "create"': (
        'near_duplicates = "merge"',
        "brex.toml line 11: near_duplicates: 'merge' is not one of report, create",
    ),
    'vendor_field = "Vendor"': (
        'vendor_field = "GL Account"',
        "brex.toml line 10: vendor_field: 'GL Account' is the gl_field already",
    ),
    'tax_field = "Tax"': ('tax_field = "Vendor"', "brex.toml line 12: tax_field: 'Vendor' is the vendor_field already"),
    'summarise = ["CARD_PAYMENT", "CARD_EXPENSE_POST"]': (
        'summarise = "CARD_PAYMENT"',
        "brex.toml line 15: summarise: 'CARD_PAYMENT' is not an array of texts",
    ),
    "receipts = false": ('receipts = "no"', "brex.toml line 16: receipts: 'no' is not true or false"),
    'on_change = "correct"': (
        'on_change = "undo"',
        "brex.toml line 17: on_change: 'undo' is not one of replace, correct, refuse",
    ),
    'on_delete = "delete"': (
        "on_delete = true",
        "brex.toml line 18: on_delete: true is not one of refuse, delete",
    ),
    'same_invoice = "refuse"': (
        "replace_bills = false",
        'brex.toml line 19: unknown key replace_bills; use on_change = "refuse" where it was false',
    ),
    'brex = "UBER *TRIP"': ("", "brex.toml line 48: vendors[0].brex: the key brex is missing"),
    'rillet = "Uber"': ('rillet = ["Uber"]', "brex.toml line 50: vendors[0].rillet: an array is not a text"),
    'treatment = "taxed"': (
        'treatment = "net"',
        "brex.toml line 54: taxes[0].treatment: 'net' is not one of taxed, exempt, reverse_charge",
    ),
    'coverage = "inclusive"': (
        "coverage = 1",
        "brex.toml line 55: taxes[0].coverage: 1 is not one of inclusive, exclusive",
    ),
    'input_account = "14000"': (
        "",
        "brex.toml line 57: taxes[1]: a reverse charge needs an `input_account` and an `output_account`",
    ),
    'code = "NY"': (
        'code = "RC19"',
        "brex.toml line 63: taxes[2]: taxes[1] is about the same already; take one of them out",
    ),
    "sales_tax = true": ("sales_tax = 'yes'", "brex.toml line 65: taxes[2].sales_tax: 'yes' is not true or false"),
}


@pytest.mark.parametrize(("line", "wrong", "said"), [(line, *each) for line, each in LONG_LINES.items()])
def test_a_mistake_is_named_with_file_line_and_path(line: str, wrong: str, said: str) -> None:
    assert LONG.count(f"{line}\n") == 1
    found = problems(LONG.replace(f"{line}\n", f"{wrong}\n"))
    assert any(problem.startswith(said) for problem in found), found


@pytest.mark.parametrize(
    ("line", "wrong", "said"),
    [
        ('tax_field = "Tax"', "", "line 52: taxes[0]: these rules need the tax_field, whose values are tax codes"),
        ('brex = "Team"', 'brex = "Vendor"', "line 41: fields[0].brex: 'Vendor' is the vendor_field already"),
        ('brex = "Team"', 'brex = "Class"', "line 44: fields[1]: fields[0] is about the same already"),
        (
            'treatment = "reverse_charge"',
            "",
            "line 57: taxes[1]: only a reverse charge has an `input_account` and an `output_account`",
        ),
        (
            'treatment = "reverse_charge"',
            'treatment = "reverse_charge"\nsales_tax = true',
            "line 57: taxes[1]: a reverse charge is VAT, never a sales tax",
        ),
        (
            'rillet = "Uber"',
            'rillet = "Uber"\n[[vendors]]\nbrex = " uber *trip"\nrillet = "Lyft"',
            "line 51: vendors[1]: vendors[0] is about the same already",
        ),
    ],
)
def test_a_mistake_between_several_values_is_named(line: str, wrong: str, said: str) -> None:
    assert LONG.count(f"{line}\n") == 1
    assert [each[: len(f"brex.toml {said}")] for each in problems(LONG.replace(f"{line}\n", f"{wrong}\n"))] == [
        f"brex.toml {said}"
    ]


@pytest.mark.parametrize(
    ("types", "said"),
    [
        ('["CARD_PAYMENTS"]', "summarise[0]: Brex has no record type 'CARD_PAYMENTS'"),
        (
            '["CARD_PAYMENT", "BILL_EXPENSE"]',
            "summarise[1]: records of the type BILL_EXPENSE become documents of their own, not journal entries",
        ),
        (
            '["CARD_PAYMENT",\n"CARD_PAYMENT"]',
            "summarise[1]: summarise[0] is about the same already; take one of them out",
        ),
        ('["CARD_PAYMENT", 5]', "summarise[1]: 5 is not a text; put texts in quotes"),
        ("{type = 1}", "summarise: a table is not an array of texts"),
    ],
)
def test_what_is_summarised_is_types_of_journal_entries(types: str, said: str) -> None:
    assert problems(f"\nsummarise = {types}\n{SHORT}") == [f"brex.toml line 2: {said}"]


def test_of_two_rules_for_the_same_lines_one_would_never_hold() -> None:
    rule = "[[accounts]]\naccount = {}\nmerchant = 'Uber'\n".format
    assert read_settings(SHORT + rule("'1'") + rule("'2'\ninstead_of = '3'")).accounts[1].account == "2"
    assert problems(SHORT + rule("'1'") + rule("'2'")) == [
        "brex.toml line 9: accounts[1]: accounts[0] is about the same already; take one of them out"
    ]


def test_every_mistake_is_named_at_once() -> None:
    assert len(problems("gl_field = 1\nreport_refusals = 1\n" + SHORT.replace('"US"', "1") + "sinse = 1\n")) == 4


def test_mistakes_of_single_values_hide_none_between_several() -> None:
    wrong = """vendor_feld = "Vendor"
tax_field = "Tax"
entities = 1
accounts = [{account = "1", entity = "UK"}, {account = 2, merchant = "A"}, {account = "3", merchant = "A"}]
fields = [{brex = "Tax", rillet = "Y"}]
taxes = [{code = "X", treatment = "odd", input_account = "1"}, {code = "X"}]
"""
    text = wrong.replace("entities = 1\n", "") + SHORT.replace('"US"', "1") + "when = {field = 'F'}\n" + SHORT

    assert sorted(each.partition("; ")[0] for each in problems(text)) == sorted(
        [
            "brex.toml line 1: unknown key vendor_feld",
            "brex.toml line 7: entities[0].name: 1 is not a text",
            "brex.toml line 11: entities[0].when: `field` and `value` belong together",
            "brex.toml line 3: accounts[0].entity: 'UK' is no entity of the settings",
            "brex.toml line 3: accounts[1].account: 2 is not a text",
            "brex.toml line 4: fields[0].brex: 'Tax' is the tax_field already",
            "brex.toml line 5: taxes[0].treatment: 'odd' is not one of taxed, exempt, reverse_charge",
        ]
    )


@pytest.mark.parametrize(
    "text",
    [
        # The second entity has a `when` that cannot be read, so there is one that takes all the rest.
        SHORT + SHORT.replace("US", "UK") + "when = 1\n",
        # Which entity a rule is about is not known.
        SHORT + "[[accounts]]\naccount = '1'\nmerchant = 2\n[[accounts]]\naccount = '3'\n",
        # The rules may have their field, by another name.
        "tax_feld = 'Tax'\n" + SHORT + "[[taxes]]\ncode = 'X'\n",
        # Whether the accounts fit depends on the treatment.
        "tax_field = 'Tax'\n" + SHORT + "[[taxes]]\ncode = 'X'\ninput_account = '1'\ntreatment = 'x'\n",
        # The rules have their field, which has come under the header of a table.
        SHORT + "tax_field = 'Tax'\n[[taxes]]\ncode = 'X'\n",
        # What would not be empty cannot be read.
        SHORT + "when = {currency = 1}\n",
        SHORT + "[[approvals]]\nabove = true\n",
        SHORT + "[[card_accounts]]\naccount = '1'\ntypes = 'CARD_PAYMENT'\n",
        # Whether this is a type is not the question.
        SHORT + "[[approvals]]\ntypes = [5]\n",
        SHORT + "movements = {types = [5]}\n",
        # Which names the two have is not known.
        SHORT.replace('"US"', "1") + SHORT,
    ],
)
def test_what_follows_from_a_mistake_alone_is_no_other_one(text: str) -> None:
    assert len(problems(text)) == 1


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


def test_a_key_that_is_there_twice_is_told_with_what_it_hides() -> None:
    (found,) = problems("referense_type = 1\n" + SHORT + "name = 'twice'\nsince = 5\n")
    assert found.startswith("brex.toml line 7: Cannot overwrite a value, column ")
    assert found.endswith("; what else is wrong in the file is told once this is put right")


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


def test_problems_with_a_place_get_the_line_of_their_file() -> None:
    unknown = "Rillet has no account '1'"
    found = (
        Problem(Mistake(unknown, ("entities", 0, "card_account"))),
        Problem(Mistake("odd", ("entities", 1, "when"), is_warning=True)),
        "entities[1]: a text without a mistake",
        Problem(Mistake("Brex may not be asked")),
    )
    text = 'gl_field = "GL"\n\n[[entities]]\nname = "US"\ncard_account = "1"\n\n[[entities]]\nname = "DE"\n'
    located = with_lines(SettingsError(found), text, "brex.toml")
    assert located.problems == (
        f"brex.toml line 5: entities[0].card_account: {unknown}",
        # Of a key that is not there its table tells.
        "brex.toml line 7: entities[1].when: odd",
        "entities[1]: a text without a mistake",
        "Brex may not be asked",
    )
    # A line is told once.
    assert with_lines(located, text, "other.toml").problems == located.problems
    assert [isinstance(each, Problem) and each.is_warning for each in located.problems] == [False, True, False, False]


def test_a_problem_carries_its_mistake_as_a_value() -> None:
    with pytest.raises(SettingsError) as caught:
        read_settings(SHORT.replace('"US"', "1") + "sinse = 2\n" + SHORT.replace("name", "nmae"), "brex.toml")
    carried = [each.mistake for each in caught.value.problems if isinstance(each, Problem)]
    assert carried == [
        Mistake("1 is not a text; put texts in quotes", ("entities", 0, "name"), source="brex.toml", line=2),
        UnknownKey(
            "unknown key sinse; did you mean since?",
            ("entities", 0),
            key="sinse",
            meant="since",
            source="brex.toml",
            line=6,
        ),
        MissingKey("the key name is missing", ("entities", 1, "name"), source="brex.toml", line=7),
        UnknownKey(
            "unknown key nmae; did you mean name?",
            ("entities", 1),
            key="nmae",
            meant="name",
            source="brex.toml",
            line=8,
        ),
    ]
    again: SettingsError = pickle.loads(pickle.dumps(caught.value))
    assert [each.mistake for each in again.problems if isinstance(each, Problem)] == carried
    assert list(again.problems) == [str(each) for each in carried]
