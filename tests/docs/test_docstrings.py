"""Every example in a docstring runs, and every drawing of a class tree is that of the classes."""

from __future__ import annotations

import ast
import importlib
import inspect
import json
import re
import textwrap
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from types import ModuleType, SimpleNamespace
from typing import Literal, TypeAlias
from urllib.parse import parse_qs, urlsplit

import attrs
import pytest

import brex_accounting.testing as brex_testing
import rillet
import rillet.testing as rillet_testing
from brex_accounting import webhooks as brex_webhooks
from brex_accounting.oauth import OAuthApp, OAuthClient, Pkce, new_state
from brex_accounting.renewing import OAuth
from brex_accounting.testing.records import card_expense, gl
from brex_accounting.tokens import MemoryTokenStore
from brex_accounting.webhook_subscriptions import NewWebhookSubscription, WebhookEventType
from bridge.export import Announcements, ExportOutcome, NoJournal
from clientkit import errors
from clientkit.codec import always_sent
from clientkit.codec.unions import UnknownVariant
from clientkit.recording import Recorder, Replay
from clientkit.requests import segment
from rillet import webhooks as rillet_webhooks
from rillet.testing import SECRET
from support.companies.small import AMERICA, BOOKS, BRITAIN, CARD, DEPARTMENT, MEALS, PAYABLE, SETTINGS, TRAVEL
from support.shop import ShopStandIn

PACKAGES = ("brex_accounting", "bridge", "clientkit", "rillet")
ROOT = Path(__file__).resolve().parents[2]

Names: TypeAlias = Mapping[str, object]
_Documented: TypeAlias = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Example:
    """An indented block of a docstring, and whose docstring it is."""

    owner: str
    module: str
    text: str

    @property
    def is_drawing(self) -> bool:
        return "── " in self.text


def _examples() -> Iterator[Example]:
    for package in PACKAGES:
        for path in sorted((ROOT / "src" / package).rglob("*.py")):
            module = ".".join(path.relative_to(ROOT / "src").with_suffix("").parts).removesuffix(".__init__")
            text = path.read_text(encoding="utf-8")
            if "::\n" not in text and ">>>" not in text:
                # Parsing takes seconds for all of them, and most have no example.
                continue
            tree = ast.parse(text)
            for owner, docstring in _docstrings(tree, module):
                assert ">>>" not in docstring, f"{owner}: write examples as an indented block after two colons"
                clean = f"{inspect.cleandoc(docstring)}\n"
                blocks = re.findall(r"::\n\n((?:(?: {4}.*)?\n)+)", clean)
                assert len(blocks) == clean.count("::\n"), f"{owner}: an example is not indented by four spaces"
                for block in blocks:
                    yield Example(owner, module, textwrap.dedent(block).strip("\n"))


def _docstrings(tree: _Documented, owner: str) -> Iterator[tuple[str, str]]:
    if docstring := ast.get_docstring(tree, clean=False):
        yield owner, docstring
    for each in tree.body:
        if isinstance(each, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield from _docstrings(each, f"{owner}.{each.name}")


_FOUND = tuple(_examples())
EXAMPLES = [each for each in _FOUND if not each.is_drawing]
DRAWINGS = [each for each in _FOUND if each.is_drawing]


# What the prose around an example speaks of and the example does not make.


def _receive(_headers: Mapping[str, str], _body: bytes) -> int:
    return 200


@contextmanager
def _nothing() -> Generator[Names]:
    yield {}


@contextmanager
def _union() -> Generator[Names]:
    @attrs.frozen(kw_only=True)
    class CashPayment:
        type: Literal["CASH"] = attrs.field(default="CASH", metadata=always_sent())

    yield {"CashPayment": CashPayment, "Literal": Literal, "TypeAlias": TypeAlias, "UnknownVariant": UnknownVariant,
           "always_sent": always_sent}  # fmt: skip


@contextmanager
def _shop() -> Generator[Names]:
    yield {"standin": ShopStandIn()}


@contextmanager
def _vendors() -> Generator[Names]:
    yield {"Vendor": rillet.Vendor, "segment": segment}


@contextmanager
def _brex_in_the_environment() -> Generator[Names]:
    standin = brex_testing.StandIn([card_expense("42.75", coding=[gl("6100")])])
    with standin.serve() as url, pytest.MonkeyPatch.context() as environment:
        environment.setenv("BREX_TOKEN", brex_testing.TOKEN)
        environment.setenv("BREX_BASE_URL", url)
        yield {}


@contextmanager
def _rillet_in_the_environment() -> Generator[Names]:
    standin = rillet_testing.StandIn()
    with standin.serve() as url, pytest.MonkeyPatch.context() as environment:
        environment.setenv("RILLET_API_KEY", standin.api_key)
        environment.setenv("RILLET_BASE_URL", url)
        environment.delenv("RILLET_ENVIRONMENT", raising=False)
        yield {}


@contextmanager
def _event_of_brex() -> Generator[Names]:
    record = card_expense("42.75", coding=[gl("6100")])
    with brex_testing.StandIn([record]).client() as client:
        secrets = [each.secret for each in client.webhook_secrets.list()]
        fields = {"accountingRecordIds": [record.id], "companyId": "cuacc_123"}
        ready = json.dumps({"event_type": "ACCOUNTING_RECORD_READY_FOR_EXPORT", **fields}).encode()
        headers = brex_webhooks.sign(secrets[0], ready, id="msg_1", timestamp=datetime.now(UTC))
        request = SimpleNamespace(headers=headers, body=ready)
        yield {"client": client, "request": request, "secrets": secrets, "webhooks": brex_webhooks}


@contextmanager
def _coded_records() -> Generator[Names]:
    yield {"card_expense": card_expense, "gl": gl}


@contextmanager
def _consent() -> Generator[Names]:
    standin, pkce = brex_testing.StandIn(), Pkce.new()
    app = standin.oauth.app()
    back = standin.oauth.consent(app.authorize_url(scopes=["offline_access"], state=new_state(), pkce=pkce))

    def registered(**_: str) -> OAuthApp:
        return app

    yield {
        "OAuthApp": registered,
        "OAuthClient": partial(OAuthClient, transport=standin.transport()),
        "Pkce": SimpleNamespace(new=lambda: pkce),
        "code": parse_qs(urlsplit(back).query)["code"][0],
        "store": SimpleNamespace(save=list[object]().append),
    }


@contextmanager
def _brex_test() -> Generator[Names]:
    standin = brex_testing.StandIn()
    with standin.client() as client:
        yield {
            "MemoryTokenStore": MemoryTokenStore,
            "NewWebhookSubscription": NewWebhookSubscription,
            "OAuth": OAuth,
            "READY": WebhookEventType.ACCOUNTING_RECORD_READY_FOR_EXPORT,
            "URL": "https://erp.example/brex",
            "card_expense": card_expense,
            "client": client,
            "new_state": new_state,
            "parse_qs": parse_qs,
            "receiver": _receive,
            "standin": standin,
        }


@contextmanager
def _event_of_rillet() -> Generator[Names]:
    received = list[SimpleNamespace]()

    def receiver(headers: Mapping[str, str], body: bytes) -> int:
        received.append(SimpleNamespace(headers=headers, body=body))
        return 200

    standin = rillet_testing.StandIn()
    standin.outbox.subscribe(receiver, secret=SECRET)
    with standin.client() as client:
        client.vendors.create(rillet.NewVendor(name="Hotel Adlon"))
    standin.outbox.deliver_due()
    yield {"request": received[0], "signing_token": SECRET, "webhooks": rillet_webhooks}


@contextmanager
def _rillet_test() -> Generator[Names]:
    names = ("Money", "NewCharge", "NewExpenseItem", "NewVendor")
    yield {
        **{name: getattr(rillet, name) for name in names},
        "Decimal": Decimal,
        "date": date,
        "receiver": _receive,
        "standin": rillet_testing.StandIn(),
        "vendor": rillet_testing.vendor,
    }


@contextmanager
def _mapping() -> Generator[Names]:
    text = (ROOT / "README.md").read_text(encoding="utf-8").split("```toml\n")[1].split("```")[0]
    yield {"books": BOOKS, "record": card_expense("42.75", coding=[gl("6100")]), "text": text}


@contextmanager
def _both_services() -> Generator[Names]:
    standin = rillet_testing.StandIn(
        accounts=[TRAVEL, MEALS, CARD, PAYABLE],
        fields=[DEPARTMENT],
        subsidiaries=[AMERICA, BRITAIN],
        reference_types={"brex"},
    )
    record = card_expense("42.75", coding=[gl("6100")])
    with brex_testing.StandIn([record]).client() as brex_client, standin.client() as rillet_client:
        yield {"brex_client": brex_client, "rillet_client": rillet_client, "settings": SETTINGS}


@contextmanager
def _frames() -> Generator[Names]:
    pyarrow = pytest.importorskip("pyarrow", reason="the extra `frames` is not installed")
    frames = importlib.import_module("clientkit.frames")
    with rillet_testing.StandIn().client() as client:
        # Whatever takes Arrow does.
        yield {
            "Account": rillet.Account,
            "client": client,
            "polars": SimpleNamespace(from_arrow=pyarrow.table),
            "to_arrow": frames.to_arrow,
        }


@contextmanager
def _recorded() -> Generator[Names]:
    standin = rillet_testing.StandIn()
    with TemporaryDirectory() as folder:
        yield {
            "HttpTransport": standin.transport,
            "Path": Path(folder).joinpath,
            "Recorder": Recorder,
            "Replay": Replay,
            "key": standin.api_key,
            "rillet": rillet,
        }


@contextmanager
def _watched() -> Generator[Names]:
    def run(**_: object) -> ExportOutcome:
        return ExportOutcome()

    stops = iter([False, True])
    yield {"export": SimpleNamespace(run=run), "stopping": lambda: next(stops)}


@contextmanager
def _webhook_secrets() -> Generator[Names]:
    yield {"Announcements": Announcements, "SECRET": SECRET, "TOKEN": SECRET, "journal": NoJournal()}


#: What each example finds around it, by the owner of its docstring; the others have all they need. None needs an account.
SURROUNDINGS: Mapping[str, Callable[[], AbstractContextManager[Names]]] = {
    "brex_accounting": _brex_in_the_environment,
    "brex_accounting.oauth": _consent,
    "clientkit.frames": _frames,
    "clientkit.recording": _recorded,
    "brex_accounting.testing.oauth": _brex_test,
    "brex_accounting.testing.outbox": _brex_test,
    "brex_accounting.testing.standin.StandIn": _coded_records,
    "brex_accounting.webhooks": _event_of_brex,
    "brex_accounting.webhooks.SecretCache": _event_of_brex,
    "bridge": _mapping,
    "bridge.export": _both_services,
    "bridge.export.watching.loop": _watched,
    "bridge.export.watching.webhooks": _webhook_secrets,
    "clientkit.endpoints": _vendors,
    "clientkit.testing": _shop,
    "clientkit.codec.unions": _union,
    "rillet": _rillet_in_the_environment,
    "rillet.testing.standin.StandIn": _rillet_test,
    "rillet.testing.server.outbox": _rillet_test,
    "rillet.webhooks": _event_of_rillet,
}


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda each: each.owner)
def test_an_example_runs(example: Example) -> None:
    with SURROUNDINGS.get(example.owner, _nothing)() as names:
        code = compile(example.text, f"<example of {example.owner}>", "exec", dont_inherit=True)
        exec(code, {**vars(importlib.import_module(example.module)), **names})


def test_surroundings_are_those_of_examples() -> None:
    assert SURROUNDINGS.keys() <= {each.owner for each in EXAMPLES}


@pytest.mark.parametrize("drawing", DRAWINGS, ids=lambda each: each.owner)
def test_a_tree_is_drawn_as_the_classes_are(drawing: Example) -> None:
    module = importlib.import_module(drawing.module)
    drawn = list[type]()
    branches = list[tuple[int, type]]()
    for line in drawing.text.splitlines():
        found = re.match(r"([ │├└─]*)([A-Z]\w+)", line)
        assert found is not None, line
        depth, kind = len(found[1]), _exception(module, found[2])
        while branches and branches[-1][0] >= depth:
            branches.pop()
        # Classes between two that are drawn may be left out, drawn ones not.
        nearest = next((base for base in kind.__mro__[1:] if base in drawn), None)
        assert nearest is (branches[-1][1] if branches else None), line
        branches.append((depth, kind))
        drawn.append(kind)

    public = [each for name, each in vars(module).items() if not name.startswith("_") and inspect.isclass(each)]
    raised = {each for each in public if issubclass(each, Exception) and each.__module__ == module.__name__}
    assert raised <= set(drawn)


def _exception(module: ModuleType, name: str) -> type:
    kind: type = getattr(module, name, None) or getattr(errors, name)
    return kind
