"""The books of one believable company, for the demonstration: two subsidiaries, German VAT, an incomplete vendor list."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from uuid import UUID, uuid5

from brex_accounting import LegalEntity, LegalEntityStatus
from rillet import (
    Account,
    AccountStatus,
    AccountType,
    ExternalReference,
    Field,
    FieldDisplay,
    FieldRule,
    FieldSettings,
    FieldValue,
    Organization,
    Subsidiary,
    TaxRate,
    Vendor,
)

REFERENCE_TYPE = "brex"
CLOSED_THROUGH = date(2026, 8, 31)

_IDS = UUID("0b0e7a52-7d0c-4a8e-9a55-5f1b7a1f0c11")


def id_of(kind: str, name: str) -> str:
    """The id that a thing has in every demonstration."""
    return str(uuid5(_IDS, f"{kind}/{name}"))


def _account(
    code: str, name: str, type: AccountType, subtype: str, status: AccountStatus = AccountStatus.ACTIVE
) -> Account:
    return Account(id=id_of("account", code), code=code, name=name, type=type, subtype=subtype, status=status)


_EXPENSE = AccountType.EXPENSE
_LIABILITY = AccountType.LIABILITY

ACCOUNTS = (
    _account("11100", "Operating Bank USD", AccountType.ASSET, "Bank"),
    _account("11200", "Operating Bank EUR", AccountType.ASSET, "Bank"),
    _account("11900", "Cash Clearing", AccountType.ASSET, "Current Asset"),
    _account("12500", "Due from Employees", AccountType.ASSET, "Current Asset"),
    _account("12900", "Due from Affiliates", AccountType.ASSET, "Current Asset"),
    _account("13000", "Accounts Receivable", AccountType.ASSET, "Accounts Receivable"),
    _account("14000", "Input Tax", AccountType.ASSET, "Current Asset"),
    _account("21100", "Accounts Payable", _LIABILITY, "Accounts Payable"),
    _account("21120", "Brex Card US", _LIABILITY, "Credit Card"),
    _account("21130", "Brex Card DE", _LIABILITY, "Credit Card"),
    _account("21340", "Employee Reimbursements Payable", _LIABILITY, "Current Liability"),
    _account("21900", "Accrued Expenses", _LIABILITY, "Current Liability"),
    _account("21950", "Due to Affiliates", _LIABILITY, "Current Liability"),
    _account("22500", "VAT", _LIABILITY, "Sales Tax Liability"),
    _account("22600", "Output Tax", _LIABILITY, "Current Liability"),
    _account("41000", "Robot Sales", AccountType.INCOME, "Revenue"),
    _account("48000", "Card Rewards", AccountType.INCOME, "Other Income"),
    _account("61100", "Software", _EXPENSE, "Operating Expense"),
    _account("61200", "Cloud Hosting", _EXPENSE, "Cost of Goods Sold"),
    _account("62100", "Travel", _EXPENSE, "Operating Expense"),
    _account("62200", "Meals", _EXPENSE, "Operating Expense"),
    _account("63100", "Office Supplies", _EXPENSE, "Operating Expense"),
    _account("64100", "Lab Components", _EXPENSE, "Cost of Goods Sold"),
    _account("65100", "Advertising", _EXPENSE, "Operating Expense"),
    _account("69900", "Spending to be Coded", _EXPENSE, "Operating Expense"),
    _account("66100", "Telephone (old)", _EXPENSE, "Operating Expense", AccountStatus.INACTIVE),
)

ORGANIZATION = Organization(
    id=id_of("organization", "halden"), trade_name="Halden Robotics", currency="USD", timezone="America/New_York"
)

SUBSIDIARIES = (
    Subsidiary(
        id=id_of("subsidiary", "us"), trade_name="Halden Robotics Inc", currency="USD", timezone="America/New_York"
    ),
    Subsidiary(
        id=id_of("subsidiary", "de"), trade_name="Halden Robotics GmbH", currency="EUR", timezone="Europe/Berlin"
    ),
)


LEGAL_ENTITIES = tuple(
    LegalEntity(
        id=id_of("legal entity", each.trade_name),
        display_name=each.trade_name,
        status=LegalEntityStatus.VERIFIED,
        is_default=each is SUBSIDIARIES[0],
    )
    for each in SUBSIDIARIES
)


def _field(name: str, values: dict[str, bool], *, mandatory: bool) -> Field:
    rule = FieldRule(mandatory=mandatory, display=FieldDisplay.STANDALONE)
    return Field(
        id=id_of("field", name),
        name=name,
        values=tuple(
            FieldValue(id=id_of(name, each), name=each, deactivated=not active) for each, active in values.items()
        ),
        settings=FieldSettings(expenses=rule),
    )


def _tax_rate(code: str, description: str, percentage: str) -> TaxRate:
    return TaxRate(
        id=id_of("tax rate", code), code=code, country="DE", description=description, percentage=Decimal(percentage)
    )


TAX_FIELD = "TAX_CODE"
TAX_RATES = (
    _tax_rate("DE19", "Standard", "19.0000"),
    _tax_rate("DE0", "Exempt", "0.0000"),
    _tax_rate("DE13B", "Reverse charge", "19.0000"),
)

DEPARTMENTS = ("Engineering", "Operations", "Sales", "People")
PROJECTS = ("Gripper 3", "Pallet Cell", "Trade Fair")
OLD_PROJECT = "Gripper 2"

DEPARTMENT = _field("Department", dict.fromkeys(DEPARTMENTS, True), mandatory=True)
PROJECT = _field("Project", {**dict.fromkeys(PROJECTS, True), OLD_PROJECT: False}, mandatory=False)

#: Merchants by the account that their purchases are coded to.
MERCHANTS = {
    "61100": ("Northlight Software", "Ticketline", "Paperplane Docs"),
    "61200": ("Cumulus Cloud", "Stackyard Hosting"),
    "62100": ("Skyline Air", "Hotel Bellevue", "Railways International", "CityCab"),
    "62200": ("Trattoria Vesuvio", "Green Bowl", "Kaffeehaus am Ring"),
    "63100": ("Paper & Pen", "Deskworks"),
    "64100": ("Servo Supply Co", "Microparts", "Bearing Direct"),
    "65100": ("Adspace Media", "Fairground Expo"),
}
#: What is bought abroad and what is exempt, by account; everything else in Germany is taxed at the standard rate.
_TAX_CODES = {"61100": "DE13B", "61200": "DE13B", "62100": "DE0"}
UNKNOWN_MERCHANT = "Ringfinger Laser Cutting"
AMBIGUOUS_MERCHANT = "Metro Parking"

#: First names and family names of people with cards or expenses; Rillet knows the first five as vendors.
PEOPLE = (
    "Ines Albrecht", "Tom Okafor", "Mira Lindqvist", "Jae Park", "Rosa Delgado", "Anton Weiss", "Priya Nair", "Louis Marchand",
)  # fmt: skip
_KNOWN_PEOPLE = 5


def rate(base: str, target: str, day: date) -> Decimal | None:
    """The exchange rate of every day: what the American company pays for the German one is in its euros too."""
    del day
    return Decimal("0.92") if (base, target) == ("USD", "EUR") else None


def tax_code_of(account: str) -> str:
    """The tax code of a German purchase on this account."""
    return _TAX_CODES.get(account, "DE19")


def email_of(person: str) -> str:
    """Somebody's address at the company."""
    return f"{person.lower().replace(' ', '.')}@halden.example"


def _vendors() -> tuple[Vendor, ...]:
    names = [name for group in MERCHANTS.values() for name in group]
    # Every third merchant is known by its name alone, as vendors are that somebody typed in.
    merchants = [
        Vendor(
            id=id_of("vendor", name),
            name=name.upper() if index % 3 == 0 else name,
            external_references=()
            if index % 3 == 0
            else (ExternalReference(type=REFERENCE_TYPE, id=merchant_id(name)),),
        )
        for index, name in enumerate(names)
    ]
    twins = [Vendor(id=id_of("vendor", f"{AMBIGUOUS_MERCHANT} {n}"), name=AMBIGUOUS_MERCHANT) for n in (1, 2)]
    people = [Vendor(id=id_of("vendor", name), name=name, email=email_of(name)) for name in PEOPLE[:_KNOWN_PEOPLE]]
    return (*merchants, *twins, *people)


def merchant_id(name: str) -> str:
    """Brex's id of a merchant."""
    return f"pmch_{id_of('merchant', name).replace('-', '')[:20]}"


VENDORS = _vendors()

SETTINGS = f"""\
reference_type = "{REFERENCE_TYPE}"
page_actions = ["approve", "hold", "dismiss", "retry"]
reimbursement_basis = "accrual"
closed_period = "refuse"
other_types = "journal_entry"
tax_field = "{TAX_FIELD}"

[[entities]]
name = "US"
subsidiary = "Halden Robotics Inc"
card_account = "21120"
reimbursement_account = "21340"
bank_account = "11100"
personal_expense_receivable_account = "12500"
rewards_account = "48000"
clearing_account = "11900"
accounts_payable_account = "21100"
movements = {{ currency = "USD" }}
accrual_account = "21900"
uncoded_account = "69900"

[[entities]]
name = "Germany"
subsidiary = "Halden Robotics GmbH"
card_account = "21130"
reimbursement_account = "21340"
bank_account = "11200"
personal_expense_receivable_account = "12500"
rewards_account = "48000"
clearing_account = "11900"
accounts_payable_account = "21100"
accrual_account = "21900"
uncoded_account = "69900"
tax_account = "22500"
when = {{ field = "LEGAL_ENTITY", value = "halden-gmbh" }}
movements = {{ currency = "EUR" }}

[[intercompany]]
payer = "US"
debtor = "Germany"
due_from = "12900"
due_to = "21950"

[[taxes]]
code = "DE13B"
treatment = "reverse_charge"
input_account = "14000"
output_account = "22600"

[[fields]]
brex = "Department"
rillet = "Department"

[[fields]]
brex = "Project"
rillet = "Project"
"""
