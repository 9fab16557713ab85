"""Tenants as values: their settings are read at once, each mistake is told, and no secret shows anywhere."""

from __future__ import annotations

import asyncio
import traceback
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import attrs
import pytest

import brex_accounting.testing
import rillet
import rillet.testing
from brex_accounting import ReceiptFile, Record
from bridge import Post, Settings, SettingsError
from bridge.export import (
    AsyncExport,
    KeptBooks,
    SecretsError,
    SecretsUnavailableError,
    SqlJournal,
    Tenant,
    Tenants,
    UnknownTenantError,
    environment_secrets,
    read_tenants,
)
from bridge.mapping import Bridge
from clientkit import ConfigurationError, Options, Verdict
from support.companies.exported import REFERENCE_TYPE, SETTINGS, SETTINGS_TEXT, Company, expense

SECRET = "a-secret-that-nobody-may-see"


def in_folder(folder: Path, **files: str) -> Path:
    for name, text in files.items():
        (folder / f"{name.replace('_', '-')}.toml").write_text(text, encoding="utf-8")
    return folder


def in_one_file(folder: Path, **tables: str) -> Path:
    """The same settings, each as a table of one file."""
    parts = list[str]()
    for name, text in tables.items():
        tenant = name.replace("_", "-")
        nested = text.replace("[[", f"[[{tenant}.").replace("\n[", f"\n[{tenant}.").replace(f"[{tenant}.[", "[[")
        parts.append(f"[{tenant}]\n{nested}")
    path = folder / "tenants.toml"
    path.write_text("\n".join(parts), encoding="utf-8")
    return path


@pytest.fixture(params=[in_folder, in_one_file])
def write(request: pytest.FixtureRequest) -> Callable[..., Path]:
    made: Callable[..., Path] = request.param
    return made


def of_tenant(**options: str) -> str:
    lines = "".join(f'{name} = "{value}"\n' for name, value in options.items())
    return f"{SETTINGS_TEXT}\n[tenant]\n{lines}"


def test_all_tenants_are_read_at_once(write: Callable[..., Path], tmp_path: Path) -> None:
    options = of_tenant(namespace="b-2", company_id="cuacc_2", rillet_environment="sandbox")
    tenants = read_tenants(write(tmp_path, acme=SETTINGS_TEXT, bolt_inc=options))

    tenants.check()
    assert (tenants.names, len(tenants)) == (["acme", "bolt-inc"], 2)
    acme, bolt = tenants
    assert (acme.name, acme.namespace, acme.company_id, acme.settings) == ("acme", "acme", None, SETTINGS)
    assert (bolt.namespace, bolt.company_id, bolt.rillet_environment) == ("b-2", "cuacc_2", "sandbox")
    assert tenants.get("bolt-inc") is bolt
    assert type(bolt.settings) is type(SETTINGS)


def test_broken_settings_stop_nobody_elses(write: Callable[..., Path], tmp_path: Path) -> None:
    broken = 'reference_typ = "brex"\n\n[[entities]]\nname = "US"\n\n[[entities]]\nname = 2\n'
    tenants = read_tenants(write(tmp_path, acme=SETTINGS_TEXT, bolt=broken))

    assert [each.name for each in tenants] == ["acme"]
    assert tenants.names == ["acme", "bolt"]
    with pytest.raises(SettingsError) as told:
        tenants.get("bolt")
    with pytest.raises(SettingsError) as checked:
        tenants.check()
    assert checked.value.problems == told.value.problems
    for expected in (
        "unknown key reference_typ;",
        "entities[0].card_account: the key card_account is missing",
        "entities[1].name: 2 is not a text",
    ):
        assert expected in str(told.value)


def test_a_mistake_in_a_table_has_its_line(tmp_path: Path) -> None:
    path = tmp_path / "tenants.toml"
    path.write_text(
        '[acme]\nreference_type = "brex"\n[[acme.entities]]\nname = "US"\nsubsidiary = 7\ncard_account = "1"\n'
        'reimbursement_account = "2"\n[acme.tenant]\nnamespac = "a"\n',
        encoding="utf-8",
    )

    problems = read_tenants(path).problems["acme"].problems

    assert any(
        each.startswith("tenants.toml line 5: acme.entities[0].subsidiary: 7 is not a text") for each in problems
    )
    assert any(each.startswith("tenants.toml line 9: acme.tenant: unknown key namespac") for each in problems)


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"namespace": "both"}, "its part of the journal is that of"),
        ({"company_id": "cuacc_1"}, "its company in Brex is that of"),
    ],
)
def test_two_tenants_of_one_namespace_are_both_left_alone(
    write: Callable[..., Path], tmp_path: Path, options: Mapping[str, str], text: str
) -> None:
    both = of_tenant(**options)
    tenants = read_tenants(write(tmp_path, acme=both, bolt=both, cargo=SETTINGS_TEXT))

    assert [each.name for each in tenants] == ["cargo"]
    assert {name: text in str(each) for name, each in tenants.problems.items()} == {"acme": True, "bolt": True}
    assert "that of bolt too" in str(tenants.problems["acme"])


def test_a_namespace_may_not_be_anothers_name(tmp_path: Path) -> None:
    tenants = read_tenants(in_folder(tmp_path, acme=of_tenant(namespace="bolt"), bolt=SETTINGS_TEXT))

    assert len(tenants) == 0
    assert list(tenants.problems) == ["acme", "bolt"]
    assert "acme.toml line 10: tenant.namespace" in str(tenants.problems["acme"])


def test_tenants_whose_variables_have_one_name_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / "acme-inc.toml").write_text(SETTINGS_TEXT, encoding="utf-8")
    (tmp_path / "Acme_Inc.toml").write_text(SETTINGS_TEXT, encoding="utf-8")

    tenants = read_tenants(tmp_path)

    assert len(tenants) == 0
    assert "the beginning of its variables is that of Acme_Inc too" in str(tenants.problems["acme-inc"])


@pytest.mark.parametrize(
    ("option", "value", "text"),
    [
        ("namespace", " a ", "a namespace is a name of at most 200 printable characters"),
        ("rillet_environment", "staging", "'staging' is not one of production, sandbox"),
        ("brex_base_url", "http://example.com", "would send the token unencrypted"),
        ("rillet_base_url", "example.com", "is not of the form https://host"),
    ],
)
def test_options_of_a_tenant_are_checked(tmp_path: Path, option: str, value: str, text: str) -> None:
    tenants = read_tenants(in_folder(tmp_path, acme=of_tenant(**{option: value})))

    assert text in str(tenants.problems["acme"])
    assert f"line 10: tenant.{option}" in str(tenants.problems["acme"])


def test_files_that_cannot_be_tenants_are_problems_of_their_own(tmp_path: Path) -> None:
    in_folder(tmp_path, acme=SETTINGS_TEXT, bolt="[[entities")
    (tmp_path / "cargo.toml").write_bytes(b"\xff\xfe")
    (tmp_path / "delta.toml").mkdir()
    (tmp_path / "my company.toml").write_text(SETTINGS_TEXT, encoding="utf-8")
    (tmp_path / ".ember.toml").write_text("an editor's", encoding="utf-8")
    (tmp_path / "notes.txt").write_text("nothing", encoding="utf-8")

    tenants = read_tenants(tmp_path)

    assert [each.name for each in tenants] == ["acme"]
    assert list(tenants.problems) == ["bolt", "cargo", "delta", "my company"]
    assert "bolt.toml: " in str(tenants.problems["bolt"])
    assert "cargo.toml: it cannot be read: it is not UTF-8" in str(tenants.problems["cargo"])
    assert "delta.toml: it cannot be read" in str(tenants.problems["delta"])
    assert "'my company' is no name of a tenant" in str(tenants.problems["my company"])


def test_a_table_that_is_none_is_its_own_problem(tmp_path: Path) -> None:
    path = in_one_file(tmp_path, acme=SETTINGS_TEXT)
    path.write_text('bolt = "bolt.toml"\n' + path.read_text(encoding="utf-8"), encoding="utf-8")

    tenants = read_tenants(path)

    assert [each.name for each in tenants] == ["acme"]
    assert tenants.problems["bolt"].problems == ("tenants.toml line 1: bolt: 'bolt.toml' is not a table",)


def test_a_place_without_tenants_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="there is no tenant"):
        read_tenants(tmp_path)
    with pytest.raises(SettingsError, match="cannot be read: No such file"):
        read_tenants(tmp_path / "nowhere")
    (tmp_path / "wrong.toml").write_text("[acme", encoding="utf-8")
    with pytest.raises(SettingsError, match=r"wrong\.toml: "):
        read_tenants(tmp_path / "wrong.toml")


def test_an_unknown_tenant_is_told(tmp_path: Path) -> None:
    tenants = read_tenants(in_folder(tmp_path, acme=SETTINGS_TEXT))

    with pytest.raises(UnknownTenantError, match="there is no tenant 'bolt'"):
        tenants.get("bolt")


def keys_of(company: Company) -> Callable[[str, str], str | None]:
    keys = {"brex_token": company.brex.token, "rillet_api_key": company.rillet.api_key}
    return lambda tenant, name: keys.get(name) if tenant == "acme" else None


def tenant_at(
    company: Company, brex_url: str, rillet_url: str, *, settings: Settings = SETTINGS, company_id: str | None = None
) -> Tenant:
    """The tenant of the company's stand-ins."""
    return Tenant(
        name="acme",
        settings=settings,
        secrets=keys_of(company),
        company_id=company_id,
        brex_base_url=brex_url,
        rillet_base_url=rillet_url,
    )


@pytest.fixture
def company() -> Company:
    return Company(
        brex=brex_accounting.testing.StandIn([expense(1)], rate_limit=None),
        rillet=rillet.testing.StandIn(reference_types={REFERENCE_TYPE}, api_key=SECRET),
    )


def test_a_tenant_is_exported(company: Company, tmp_path: Path) -> None:
    with company.brex.serve() as brex_url, company.rillet.serve() as rillet_url:
        tenant = tenant_at(company, brex_url, rillet_url)
        with SqlJournal(str(tmp_path / "journal.db"), namespace=tenant.namespace) as journal:
            with tenant.export(journal, kept=KeptBooks()) as export:
                assert export.run().counts.posted == 1
            company.brex.add(expense(2))

            async def main() -> int:
                async with tenant.async_brex_client() as brex, tenant.async_rillet_client() as books:
                    outcome = await AsyncExport(brex, books, Bridge(tenant.settings), journal=journal).run()
                    return outcome.counts.posted

            assert asyncio.run(main()) == 1
    assert company.posted_references() == company.exported() == ["accr_001", "accr_002"]


def test_a_tenants_clients_take_options(company: Company, tmp_path: Path) -> None:
    options = Options(timeout=5, deadline=10, headers={"x-gateway": "told"})
    with company.brex.serve() as brex_url, company.rillet.serve() as rillet_url:
        tenant = tenant_at(company, brex_url, rillet_url)
        with SqlJournal(str(tmp_path / "journal.db")) as journal, tenant.export(journal, options=options) as export:
            assert export.run().counts.posted == 1

        async def main() -> None:
            async with (
                tenant.async_brex_client(options=options) as brex,
                tenant.async_rillet_client(options=options) as books,
            ):
                await brex.company.get()
                await books.organization.get()

        asyncio.run(main())
    asked = [*company.brex.asked, *company.rillet.asked]
    assert {each.headers.get("x-gateway") for each in asked} == {"told"}


@pytest.mark.parametrize("is_right", [True, False])
def test_a_tenants_company_is_compared_with_that_of_its_token(company: Company, tmp_path: Path, is_right: bool) -> None:
    with company.brex.serve() as brex_url, company.rillet.serve() as rillet_url:
        here = company.brex.team.company.id
        tenant = tenant_at(company, brex_url, rillet_url, company_id=here if is_right else "cuacc_wrong")
        with SqlJournal(str(tmp_path / "journal.db")) as journal, tenant.export(journal) as export:
            if is_right:
                assert export.run().counts.posted == 1
            else:
                with pytest.raises(SettingsError, match=f"it is cuacc_wrong, and Brex's token is of {here}"):
                    export.run()
    assert len(company.posted_references()) == is_right
    assert sum(each.path == "/v2/company" for each in company.brex.asked) == 1


def test_a_tenants_export_knows_time_zones_and_takes_a_mapping_of_ones_own(company: Company, tmp_path: Path) -> None:
    with company.brex.serve() as brex_url, company.rillet.serve() as rillet_url:
        berlin = attrs.evolve(SETTINGS, time_zone="Europe/Berlin")
        tenant = tenant_at(company, brex_url, rillet_url, settings=berlin)
        with SqlJournal(str(tmp_path / "journal.db"), namespace=tenant.namespace) as journal:
            with tenant.export(journal, bridge=lambda told: Bridge(attrs.evolve(told, time_zone="UTC"))) as export:
                assert export.bridge.settings.time_zone == "UTC"
            with tenant.export(journal) as export:
                assert export.run().counts.posted == 1


def test_a_tenants_export_takes_receipts_and_approvals_of_ones_own(company: Company, tmp_path: Path) -> None:
    def archive(record: Record) -> Sequence[ReceiptFile]:
        return [ReceiptFile(receipt_id=f"archive {record.id}", content=b"%PDF-1.7", content_type="application/pdf")]

    def hold(post: Post) -> str | None:
        return "it is the second" if post.record.id == "accr_002" else None

    company.brex.add(expense(2))
    with company.brex.serve() as brex_url, company.rillet.serve() as rillet_url:
        tenant = tenant_at(company, brex_url, rillet_url)
        with (
            SqlJournal(str(tmp_path / "journal.db"), namespace=tenant.namespace) as journal,
            tenant.export(journal, hold=hold, receipts=archive) as export,
        ):
            counts = export.run().counts
    assert (counts.posted, counts.held, counts.attached) == (1, 1, 1)


def test_variables_have_the_tenants_name(monkeypatch: pytest.MonkeyPatch) -> None:
    tenant = Tenant(name="acme-inc", settings=SETTINGS)
    with pytest.raises(SecretsError, match="the environment variable ACME_INC_BREX_TOKEN is not set") as told:
        tenant.brex_client()
    assert told.value.verdict is Verdict.FATAL

    monkeypatch.setenv("ACME_INC_BREX_TOKEN", SECRET)

    assert environment_secrets("acme-inc", "brex_token") == tenant.secret("brex_token") == SECRET
    tenant.brex_client().close()


def gives(found: Any) -> Callable[[str, str], Any]:
    return lambda _, __: found


def raises(error: Exception) -> Callable[[str, str], str | None]:
    def look_up(tenant: str, name: str) -> str | None:
        key = f"the key of {tenant}: {SECRET}"
        assert key
        raise error

    return look_up


@pytest.mark.parametrize(
    ("secrets", "text", "verdict"),
    [
        (gives(None), "the secret rillet_api_key of acme is not known", Verdict.FATAL),
        (gives(""), "the secret rillet_api_key of acme is empty", Verdict.FATAL),
        (gives(SECRET.encode()), "the secret rillet_api_key of acme is no text, but bytes", Verdict.FATAL),
        (gives(f"{SECRET}\n"), "the secret rillet_api_key of acme for Rillet is empty or holds", Verdict.FATAL),
        (raises(OSError(SECRET)), "rillet_api_key of acme could not be looked up: OSError", Verdict.PASSING),
        (raises(SecretsError("told by its own")), "told by its own", Verdict.FATAL),
    ],
)
@pytest.mark.parametrize("make", [Tenant.rillet_client, Tenant.async_rillet_client], ids=["blocking", "awaited"])
def test_a_secret_that_cannot_be_used_is_told_and_never_shown(
    secrets: Callable[[str, str], str | None], text: str, verdict: Verdict, make: Callable[[Tenant], object]
) -> None:
    tenant = Tenant(name="acme", settings=SETTINGS, secrets=secrets)

    with pytest.raises(ConfigurationError, match=text) as told:
        make(tenant)

    assert told.value.verdict is verdict
    shows_no_secret(told.value)


MAKERS = [
    pytest.param("Brex", "brex_token", Tenant.brex_client, id="brex"),
    pytest.param("Brex", "brex_token", Tenant.async_brex_client, id="brex-awaited"),
    pytest.param("Rillet", "rillet_api_key", Tenant.rillet_client, id="rillet"),
    pytest.param("Rillet", "rillet_api_key", Tenant.async_rillet_client, id="rillet-awaited"),
]


@pytest.mark.parametrize("form", ["", "{} of acme", "{}\n", "   "], ids=["empty", "blank", "line", "blanks"])
@pytest.mark.parametrize(("service", "name", "make"), MAKERS)
@pytest.mark.parametrize("in_variables", [True, False], ids=["variables", "function"])
def test_an_unusable_secret_is_named_with_its_service_and_variable(
    monkeypatch: pytest.MonkeyPatch,
    form: str,
    service: str,
    name: str,
    make: Callable[[Tenant], object],
    *,
    in_variables: bool,
) -> None:
    variable = f"ACME_{name.upper()}"
    monkeypatch.setenv(variable, form.format(SECRET))
    secrets = environment_secrets if in_variables else gives(form.format(SECRET))
    tenant = Tenant(name="acme", settings=SETTINGS, secrets=secrets)

    with pytest.raises(SecretsError, match=f"the secret {name} of acme") as told:
        make(tenant)

    assert (variable in str(told.value)) is in_variables
    assert service.lower() in str(told.value).lower()
    shows_no_secret(told.value)


def test_what_else_keeps_a_client_from_being_made_is_told_with_its_service() -> None:
    tenant = Tenant(name="acme", settings=SETTINGS, secrets=gives("key"), rillet_base_url="http://a.test")

    with pytest.raises(ConfigurationError, match="a client of Rillet for acme cannot be made: base_url"):
        tenant.rillet_client()


def shows_no_secret(error: BaseException) -> None:
    """Neither the error, nor what is behind it, nor the local variables of a frame."""
    shown = traceback.TracebackException.from_exception(error, capture_locals=True)
    inner = [each for each in "".join(shown.format()).splitlines() if "secrets = " not in each and "SECRET" not in each]
    assert SECRET not in "\n".join(inner)
    assert error.__cause__ is None
    assert error.__context__ is None


def test_an_unavailable_store_is_no_missing_secret() -> None:
    assert SecretsUnavailableError("it is down").verdict is Verdict.PASSING


def test_a_tenant_shows_no_secret(company: Company) -> None:
    tenant = Tenant(name="acme", settings=SETTINGS, secrets=keys_of(company))

    assert SECRET not in repr(tenant)
    assert SECRET not in repr(Tenants(usable={"acme": tenant}, problems={}))
    assert tenant == attrs.evolve(tenant, secrets=environment_secrets)
    with tenant.rillet_client() as client:
        assert SECRET not in repr(client)
