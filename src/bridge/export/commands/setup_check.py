"""Whether keys, settings and both services fit: every mistake at once, and what no API tells is called so."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from typing import TypeVar

import attrs
from typing_extensions import override

import brex_accounting
import rillet
from brex_accounting import TokenKind, WebhookEventType, WebhookSecretStatus, WebhookSubscriptionStatus
from brex_accounting.token_status import TokenStatus
from bridge.books import Books
from bridge.callers import Zones
from bridge.closing.delimited import delimited
from bridge.datatable import DataTable, Tabular
from bridge.export.engine.walk import fields_with_values
from bridge.export.integrations import KnownIntegration
from bridge.export.journal.protocol import JournalError
from bridge.export.ledgers.rillet_books import load_books
from bridge.export.reporting.history import moment_text
from bridge.export.sources.brex import BrexSource
from bridge.settings.check import Problem, check, check_rest
from bridge.settings.check_source import SourceFields, check_source
from bridge.settings.mistakes import by_line
from bridge.settings.salvage import Salvaged
from bridge.settings.toml_file import read_settings, readable_part
from bridge.settings.toml_places import TomlText
from bridge.settings.values import Settings, SettingsError
from clientkit.errors import ApiError, ForbiddenError, NotFoundError, UnauthorizedError

T = TypeVar("T")

BREX_TOKEN, RILLET_KEY, BREX_SECRET, RILLET_SECRET = (
    "BREX_TOKEN",
    "RILLET_API_KEY",
    "BREX_WEBHOOK_SECRET",
    "RILLET_WEBHOOK_TOKEN",
)
_EVENT = WebhookEventType.ACCOUNTING_RECORD_READY_FOR_EXPORT


class State(StrEnum):
    """What a look came to; ``NOT_VERIFIABLE`` is what no API can read, and says nothing of whether it is well."""

    OK = "ok"
    WARNING = "warning"
    PROBLEM = "problem"
    NOT_VERIFIABLE = "not verifiable"


@attrs.frozen(kw_only=True)
class Finding:
    """One thing that was looked at."""

    what: str
    state: State
    text: str


@attrs.frozen(kw_only=True, repr=False)
class Checkup(Tabular):
    """Everything that was looked at before a run, in its order."""

    findings: tuple[Finding, ...]

    @property
    def has_problems(self) -> bool:
        """Whether something has to be mended before records are exported."""
        return any(each.state is State.PROBLEM for each in self.findings)

    @property
    @override
    def table(self) -> DataTable:
        """What, how it is, and why."""
        rows = tuple((each.what, each.state.value, each.text) for each in self.findings)
        return DataTable(title="Check", headings=("What", "State", "Details"), rows=rows)

    def to_csv(self) -> str:
        """The findings as a file for spreadsheets."""
        return delimited(self.table.headings, self.table.rows)

    def as_json(self) -> dict[str, object]:
        """The findings for programs."""
        return {
            "problems": self.has_problems,
            "findings": [{"what": each.what, "state": each.state.value, "text": each.text} for each in self.findings],
        }


def check_setup(
    *,
    text: str,
    source: str,
    environment: Mapping[str, str],
    zones: Zones,
    brex: Callable[[], brex_accounting.Client] = brex_accounting.Client.from_env,
    books: Callable[[], rillet.Client] = rillet.Client.from_env,
    integrations: Callable[[], Sequence[KnownIntegration]] | None = None,
) -> Checkup:
    """Look at everything, whatever is wrong with the rest. Nothing is changed on either side.

    Args:
        text: The settings file.
        source: Its name in messages.
        environment: The variables, of which only those of webhooks are read here.
        zones: The time zones that are known.
        brex: Opens the client of Brex.
        books: Opens the client of Rillet.
        integrations: Reads those that the journal knows, where there is one. May raise `JournalError`.
    """
    look = _Look(environment, integrations)
    settings = look.settings(text, source)
    fields = look.at_brex(brex, settings)
    found = look.at_rillet(books, settings)
    if settings is not None:
        look.fit(settings, found, fields, zones=zones, text=text, source=source)
    return Checkup(findings=tuple(look.findings))


class _Look:
    """Looks at one thing after the other, and keeps what it finds."""

    def __init__(
        self, environment: Mapping[str, str], integrations: Callable[[], Sequence[KnownIntegration]] | None
    ) -> None:
        self.findings = list[Finding]()
        self._environment, self._integrations = environment, integrations
        # What of wrong settings can be read.
        self._part: Salvaged[Settings] | None = None

    def settings(self, text: str, source: str) -> Settings | None:
        try:
            settings = read_settings(text, source=source)
        except SettingsError as error:
            self._wrong(error.problems)
            self._part = readable_part(text)
            return None if self._part is None else self._part.settings
        names = ", ".join(each.name for each in settings.entities)
        self._found("Settings", State.OK, f"{source} can be read; its entities are {names}")
        return settings

    def at_brex(self, opened: Callable[[], brex_accounting.Client], settings: Settings | None) -> SourceFields | None:
        """Look at Brex; its fields, None where nothing of them is known."""
        brex = self._asked("Brex token", opened)
        if brex is None:
            return None
        with brex:
            is_good = self._asked("Brex token", lambda: next(brex.records.list(limit=1).pages()))
            if is_good is None:
                return None
            self._found("Brex token", State.OK, f"{brex.base_url} takes it, and it may read accounting records")
            self._company(brex)
            for status in brex.credential_status():
                self._token_life(status)
            text = "Brex tells no token's scopes: whether it may report results shows at the first report"
            self._found("Brex scopes", State.NOT_VERIFIABLE, text)
            fields = self._fields(brex, settings)
            self._brex_webhooks(brex)
            self._integration()
            return fields

    def at_rillet(self, opened: Callable[[], rillet.Client], settings: Settings | None) -> Books | None:
        """Look at Rillet; its books, None where they cannot be read."""
        client = self._asked("Rillet key", opened)
        if client is None:
            return None
        with client:
            organization = self._asked("Rillet key", client.organization.get)
            if organization is None:
                return None
            text = f"{client.base_url} takes it, for {organization.trade_name} ({organization.id})"
            self._found("Rillet key", State.OK, text)
            text = "Rillet tells no expiry of a key and not what it may write: that shows at the first posting"
            self._found("Rillet key's life", State.NOT_VERIFIABLE, text)
            books = self._asked("Rillet books", lambda: load_books(client))
            if books is not None:
                counted = f"{len(books.accounts)} accounts, {len(books.subsidiaries)} subsidiaries"
                self._found("Rillet books", State.OK, f"{counted}, {len(books.vendors)} vendors can be read")
                if settings is not None:
                    self._reference_type(settings.reference_type, books)
            has_token = bool(self._environment.get(RILLET_SECRET))
            known = f"{RILLET_SECRET} is {'set' if has_token else 'not set'}"
            text = f"Rillet shows webhooks and their tokens on its settings page alone; {known}"
            self._found("Rillet webhooks", State.NOT_VERIFIABLE, text)
            return books

    def fit(
        self,
        settings: Settings,
        books: Books | None,
        fields: SourceFields | None,
        *,
        zones: Zones,
        text: str,
        source: str,
    ) -> None:
        """Compare the settings with both sides, as far as these could be read."""
        if books is None:
            self._found(
                "Settings", State.NOT_VERIFIABLE, "Rillet's books cannot be read, so nothing is compared with them"
            )
            return
        # Of a file that is read in part, some entities may be missing.
        found: list[Problem] = [*check(settings, books), *(check_rest(settings) if self._part is None else ())]
        if fields is not None:
            found += check_source(settings, books, fields, zones)
        else:
            self._found("Settings", State.NOT_VERIFIABLE, "Brex cannot be read, so nothing is compared with its fields")
        if (part := self._part) is not None:
            found = part.of_the_file(found)
        where = TomlText(text, source)
        self._wrong([where.located(each) for each in found])
        if not found and self._part is None:
            self._found("Settings", State.OK, "what they name is there on both sides, as far as it was compared")

    def _wrong(self, problems: Sequence[str]) -> None:
        """What is wrong with the settings, in the order of their lines; what was told before is not told again."""
        told = {each.text for each in self.findings}
        for each in by_line(problems):
            if each not in told:
                is_warning = isinstance(each, Problem) and each.is_warning
                self._found("Settings", State.WARNING if is_warning else State.PROBLEM, each)

    def _company(self, brex: brex_accounting.Client) -> None:
        try:
            company = brex.company.get()
        except (ForbiddenError, NotFoundError):
            text = "whose account it is cannot be read without the scope companies.readonly"
            self._found("Brex company", State.NOT_VERIFIABLE, text)
        except ApiError as error:
            self._found("Brex company", State.PROBLEM, str(error))
        else:
            self._found("Brex company", State.OK, f"{company.legal_name} ({company.id})")

    def _token_life(self, status: TokenStatus) -> None:
        what = f"Brex {status.kind.value.replace('_', ' ').lower()}'s life"
        if status.kind is TokenKind.USER_TOKEN and status.issued_at is None:
            text = (
                "Brex tells no date of a user token; it expires after 90 days without a call, so this look extends it"
            )
            self._found(what, State.NOT_VERIFIABLE, text)
        elif status.expires_at is None:
            self._found(what, State.NOT_VERIFIABLE, "nothing tells when it expires")
        else:
            is_dead = status.expires_at <= status.at
            text = f"it {'expired' if is_dead else 'expires'} at {status.expires_at:%Y-%m-%d %H:%M} UTC"
            renews = status.kind is TokenKind.ACCESS_TOKEN
            self._found(what, State.PROBLEM if is_dead and not renews else State.OK, text)

    def _fields(self, brex: brex_accounting.Client, settings: Settings | None) -> SourceFields | None:
        named = frozenset[str]() if settings is None else fields_with_values(settings)
        listed = self._asked("Brex fields", lambda: (BrexSource(brex).fields(named),))
        if listed is None:
            return None
        fields = SourceFields(listed[0])
        if listed[0] is None:
            self._found("Brex fields", State.NOT_VERIFIABLE, "the token may not read them")
        elif not listed[0]:
            text = "Brex lists none, so what the settings name of them cannot be compared"
            self._found("Brex fields", State.NOT_VERIFIABLE, text)
        else:
            self._found("Brex fields", State.OK, ", ".join(each.field.name or each.field.brex_id for each in listed[0]))
        return fields

    def _brex_webhooks(self, brex: brex_accounting.Client) -> None:
        secret = self._environment.get(BREX_SECRET)
        try:
            subscribed = [
                each
                for each in brex.webhook_subscriptions.list()
                if each.status == WebhookSubscriptionStatus.ACTIVE and _EVENT in each.event_types
            ]
            secrets = [
                each.secret for each in brex.webhook_secrets.list() if each.status != WebhookSecretStatus.REVOKED
            ]
        except (ForbiddenError, UnauthorizedError, NotFoundError):
            self._found("Brex webhooks", State.NOT_VERIFIABLE, "the token may not read them")
            return
        except ApiError as error:
            self._found("Brex webhooks", State.PROBLEM, str(error))
            return
        if subscribed:
            places = ", ".join(each.url for each in subscribed)
            self._found(
                "Brex webhooks", State.OK, f"{_EVENT} is sent to {places}; whether it arrives is not known here"
            )
        elif secret:
            text = f"{BREX_SECRET} is set, and no active subscription sends {_EVENT}"
            self._found("Brex webhooks", State.WARNING, text)
        else:
            text = f"no subscription sends {_EVENT}; without --listen none is needed"
            self._found("Brex webhooks", State.OK, text)
        if secret and secret in secrets:
            self._found(BREX_SECRET, State.OK, "Brex signs with it")
        elif secret:
            self._found(
                BREX_SECRET, State.PROBLEM, "Brex does not sign with it: every event would be refused as forged"
            )

    def _integration(self) -> None:
        """What the journal knows of it; of Brex no API tells."""
        what, told = "Brex integration", "Brex lists no integrations"
        try:
            known = () if self._integrations is None else self._integrations()
        except JournalError as error:
            self._found(what, State.PROBLEM, str(error))
            return
        if not known:
            kept = "" if self._integrations is None else "the journal knows none, and "
            text = f"{kept}{told}: whether one is active shows where records are offered"
            self._found(what, State.NOT_VERIFIABLE, text)
            return
        last = next((each for each in known if each.is_active), known[-1])
        text = f"{last.id} ({last.vendor or 'vendor not told'}) was {last.status} at {moment_text(last.told_at)} UTC"
        if last.is_active:
            self._found(what, State.NOT_VERIFIABLE, f"{text}; {told}, so it may have changed since")
        else:
            repair = f"brex-rillet integration reactivate {last.id}"
            self._found(what, State.WARNING, f"{text}, and the journal knows no active one; link it again: {repair}")

    def _reference_type(self, wanted: str | None, books: Books) -> None:
        what = "Reference type"
        if wanted is None:
            text = "the settings name no reference_type: only journal entries are found again after a crash"
            self._found(what, State.WARNING, text)
        elif any(each.type == wanted for vendor in books.vendors for each in vendor.external_references):
            self._found(what, State.OK, f"Rillet has vendors with references of the type {wanted!r}")
        else:
            text = f"no API lists the types; a person creates {wanted!r} in Rillet: Settings → External References"
            self._found(what, State.NOT_VERIFIABLE, text)

    def _asked(self, what: str, ask: Callable[[], T]) -> T | None:
        """The answer, or a problem and None."""
        try:
            return ask()
        except ApiError as error:
            self._found(what, State.PROBLEM, str(error))
            return None

    def _found(self, what: str, state: State, text: str) -> None:
        self.findings.append(Finding(what=what, state=state, text=text))
