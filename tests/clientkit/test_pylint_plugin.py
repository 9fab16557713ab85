"""With the plugin, pylint knows what a call gives and reports a misspelt field of it; and nothing that is right."""

from __future__ import annotations

import os
from collections.abc import Mapping
from textwrap import indent
from typing import Any

import pytest

lint: Any = pytest.importorskip("pylint.lint", reason="pylint comes with the extra dev")
reporters: Any = pytest.importorskip("pylint.reporters")
manager: Any = pytest.importorskip("astroid.manager")

CLIENTS = """
import asyncio
import brex_accounting
import clientkit
import rillet
client = rillet.Client("key")
other = rillet.AsyncClient("key")
brex = brex_accounting.Client("key")
"""
ACCOUNTS = """
class Operations:
    @clientkit.operation
    def get(self, account_id: str) -> clientkit.Request[rillet.Account]:
        return clientkit.Request(method="GET", path=f"/accounts/{account_id}", returns=rillet.Account)

class Accounts(Operations, clientkit.SyncResource):
    pass

class Mine(clientkit.BaseClient):
    accounts = clientkit.LazyResource(__name__, "Accounts")
"""
OF_ANOTHER = """
def operation(function):
    return function

class Vendors:
    @operation
    def get(self, _name):
        return "text"
"""


BLOCKING = [
    ("client.vendors.get('x').nmae", "Vendor"),
    ("client.with_options(timeout=3).vendors.get('x').nmae", "Vendor"),
    ("rillet.Client.from_env().vendors.get('x').nmae", "Vendor"),
    ("with rillet.Client('key') as mine:\n    mine.vendors.get('x').nmae", "Vendor"),
    ("for each in client.vendors.list():\n    each.nmae", "Vendor"),
    ("[each.nmae for each in client.vendors.list()]", "Vendor"),
    ("client.vendors.list().nmae", "Pager"),
    ("client.vendors.list().first().nmae", "Vendor"),
    ("client.vendors.list().collect()[0].nmae", "Vendor"),
    ("for each in client.vendors.list().collect():\n    each.nmae", "Vendor"),
    ("client.vendors.find(name='x')[0].nmae", "Vendor"),
    ("client.vendors.find(name='x').nmae", "tuple"),
    ("for each in client.vendors.find(name='x'):\n    each.nmae", "Vendor"),
    ("client.vendors.modify('x', name='y').nmae", "Vendor"),
    ("brex.records.list().first().nmae", "Record"),
    (f"{ACCOUNTS}Mine(None).accounts.get('x').nmae", "Account"),
]
AWAITED = [
    ("(await other.vendors.get('x')).nmae", "Vendor"),
    ("async with rillet.AsyncClient('key') as mine:\n    (await mine.vendors.get('x')).nmae", "Vendor"),
    ("async for each in other.vendors.list():\n    each.nmae", "Vendor"),
    ("[each.nmae async for each in other.vendors.list()]", "Vendor"),
    ("(await other.vendors.list().first()).nmae", "Vendor"),
    ("(await other.vendors.list().collect())[0].nmae", "Vendor"),
    ("(await other.bills.find(None, updated_after=None))[0].nmae", "Bill"),
    ("for each in await other.vendors.find(name='x'):\n    each.nmae", "Vendor"),
    ("other.vendors.get('x').nmae", "Coroutine"),
    ("other.vendors.list().nmae", "AsyncPager"),
]
RIGHT = """
vendor = client.vendors.get("x")
print(vendor.name.upper(), vendor.address.city, vendor.external_references[0].id, vendor.extra["x"])
print(client.vendors.get.build("x").path, rillet.VendorOperations.get.build("y"), client.answer(client.vendors.get, "x"))
pager = client.vendors.list()
print(len(pager), pager.total(), {each.id: each for each in pager}["x"].name)
for page in pager.pages():
    print([each.name for each in page.items])
for each in pager.tolerant():
    print(each.error if isinstance(each, rillet.Unreadable) else each.name)
first, *rest = client.vendors.find(name="x")
one, two = client.vendors.find(name="x")
print(first.name, rest[0].name, one.name, two.name)
found = client.vendors.find(name="x")
print(found[:2].count(one), found[-1].name, found[5].name, len(found), found + (one,), one in found, sorted(found, key=str))
every = pager.collect()
every.append(one)
every[0] = two
print(every[3].name, every[:1][0].name, [each.name for each in every])
client.vendors.delete("x")
for record in brex.records.list():
    print([line.amount for line in record.line_items], record.review_status)


async def main():
    several = await asyncio.gather(other.vendors.get("x"), other.vendors.get("y"))
    task = asyncio.create_task(other.vendors.get("x"))
    print(several[0].name, (await task).name, (await asyncio.wait_for(other.vendors.get("x"), 3)).name)
    other.vendors.get("z").close()
    async for page in other.vendors.list().pages():
        print(page.items[0].name)
    await other.vendors.delete("x")
"""
UNKNOWN = """
import sys
from clientkit import LazyResource, Request, listing, operation, several

class Operations:
    @operation
    def one(self) -> Request[tuple[rillet.Vendor]]: ...

    @operation
    def two(self) -> "Request[rillet.Vendor]": ...

    @listing
    def three(self): ...

    @several
    def four(self) -> Request[tuple[()]]: ...

    @several
    def five(self) -> Request[rillet.Vendor | rillet.Missing]: ...

class Odd(Operations, clientkit.SyncResource):
    pass

class Mine(clientkit.BaseClient):
    known = LazyResource(__name__, "Odd")
    of_arguments = LazyResource(*sys.argv)
    of_names = LazyResource(module=__name__, name="Odd")
    elsewhere = LazyResource("no_such_module", "Odd")
    missing = LazyResource(__name__, "Missing")

mine = Mine(None)
print(mine.known.one().nmae, mine.known.two().nmae, mine.known.four().nmae, mine.known.five().nmae)
print([each.nmae for each in mine.known.three()], mine.known.three().first().nmae, Operations().one().nmae)
print(mine.of_arguments.get().nmae, mine.of_names.get().nmae, mine.elsewhere.get().nmae, mine.missing.get().nmae)
"""
PROGRAMS = [
    *(wrong for wrong, _ in BLOCKING),
    *(f"async def main():\n{indent(wrong, '    ')}" for wrong, _ in AWAITED),
    RIGHT,
    UNKNOWN,
    f"{OF_ANOTHER}Vendors().get('x').upper().nmae",
]


@pytest.fixture(scope="module")
def reported(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, list[str]]:
    """What pylint finds in each program, which takes it seconds: all of them at once."""
    folder, found = tmp_path_factory.mktemp("programs"), reporters.CollectingReporter()
    files = {folder / f"program{number}.py": program for number, program in enumerate(PROGRAMS)}
    for file, program in files.items():
        file.write_text(CLIENTS + program + "\n", encoding="utf-8")
    options = [
        f"--rcfile={os.devnull}",
        "--persistent=n",
        "--load-plugins=clientkit.pylint_plugin",
        "--disable=all",
        "--enable=E,F",
    ]
    manager.AstroidManager().clear_cache()
    lint.Run([*options, *map(str, files)], reporter=found, exit=False)
    # The plugin's transforms go, too.
    manager.AstroidManager().clear_cache()
    return {
        program: [each.msg for each in found.messages if each.abspath == str(file)] for file, program in files.items()
    }


@pytest.mark.parametrize(("wrong", "kind"), BLOCKING)
def test_a_misspelt_field_is_reported(reported: Mapping[str, list[str]], wrong: str, kind: str) -> None:
    assert reported[wrong] == [f"Instance of '{kind}' has no 'nmae' member"]


@pytest.mark.parametrize(("wrong", "kind"), AWAITED)
def test_a_misspelt_field_of_what_is_awaited_is_reported(
    reported: Mapping[str, list[str]], wrong: str, kind: str
) -> None:
    assert reported[f"async def main():\n{indent(wrong, '    ')}"] == [f"Instance of '{kind}' has no 'nmae' member"]


def test_what_is_right_is_not_reported(reported: Mapping[str, list[str]]) -> None:
    assert reported[RIGHT] == []


def test_what_cannot_be_told_is_not_reported(reported: Mapping[str, list[str]]) -> None:
    assert reported[UNKNOWN] == []


def test_a_decorator_of_the_same_name_is_left_alone(reported: Mapping[str, list[str]]) -> None:
    assert reported[PROGRAMS[-1]] == ["Instance of 'str' has no 'nmae' member"]
