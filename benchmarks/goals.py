"""Every goal for the speed of this library, measured in one run, with one table that says which are met::

    python benchmarks/goals.py [brex-openapi.yaml rillet-openapi-v4.json]

With the descriptions of both services it also reads beside clients that are generated from them, for which there is no goal.

It makes one environment with the library, its extras and the peers, one with nothing but the library and its
dependencies, and a copy of the earlier state that mapping stands beside, which it takes from this repository's history. Then
it runs the other benchmarks one after another, prints what each prints, and the table last. The exit code is 1 where a goal is
not met. Beside other work the figures say little: leave the machine alone, for about ten minutes.
"""

from __future__ import annotations

import io
import os
import re
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import attrs
from import_time import installation, plain_installation, versions

HERE = Path(__file__).resolve().parent
#: The state beside which mapping is measured: the one that was to be twice as fast.
EARLIER = "eeccae6"
PEERS = ("pydantic>=2", "standardwebhooks>=1")
SHOWN = ("attrs", "cattrs", "httpx", "msgspec", "pydantic", "standardwebhooks", "SQLAlchemy")
#: Work of one item that takes this many times as long among many as among few counts as the same.
FLAT = 1.5
#: A journal that took 189 records a second was to take 300, on a disk of then.
A_SECOND, JOURNAL = 300, 1.59
#: How often each row of `growth.py` is measured, small and large in turn.
TURNS = 3

KEPT = "books kept"
VENDORS = "a record mapped beside so many vendors and entries of `[[vendors]]`"
NAMESAKES = "a vendor of books whose vendors all have one name and address"
#: What is to cost the same among few and among many, and how many these are.
ROWS: Sequence[tuple[str, int, int]] = (
    ("Rillet's stand-in: `get` of a charge", 100, 20_000),
    ("Rillet's stand-in: the trial balance", 100, 20_000),
    ("Brex's stand-in: one page of 100 records", 1_000, 100_000),
    ("Brex's stand-in: a record of a listing of all", 1_000, 100_000),
    (NAMESAKES, 5_000, 50_000),
)


@attrs.frozen
class Goal:
    """What was measured, and the most that it may be, or the least where it `is_least`."""

    what: str
    measured: float
    bound: float
    is_least: bool = False

    @property
    def is_met(self) -> bool:
        return self.measured >= self.bound if self.is_least else self.measured <= self.bound

    def __str__(self) -> str:
        sign = "at least" if self.is_least else "at most"
        met = "yes" if self.is_met else "**no**"
        return f"| {self.what} | {self.measured:,.3g} | {sign} {self.bound:,.3g} | {met} |"


class Benchmarks:
    """The other benchmarks, run in an environment that has what they need."""

    def __init__(self, python: str, plain: str, earlier: Path, descriptions: Sequence[str]) -> None:
        self._python, self._plain, self._earlier = python, plain, earlier
        self._descriptions = descriptions

    def goals(self) -> Iterator[Goal]:
        """Each goal, with what a benchmark gave for it."""
        yield from self._reading()
        yield from self._writing()
        yield from self._calls()
        yield from self._starting()
        yield from self._mapping()
        yield from self._requests()
        yield from self._journal()
        yield from self._growth()

    def _reading(self) -> Iterator[Goal]:
        told = self._run("decode.py", "61")
        kinds = _cells(told, "a page to objects, CPU time of `json.loads`")
        pydantic = _numbers(told, "pydantic, frozen model")
        for title, most in (("this library", 1.0), ("this library, fast", 0.5)):
            for kind, own, peer in zip(kinds, _numbers(told, title), pydantic, strict=True):
                yield Goal(f"reading {kind}, {title}, of pydantic's time", own / peer, most)
        if self._descriptions:
            self._run("generated_clients.py", *self._descriptions, "61")
        told = self._run("kept.py")
        yield Goal("bytes kept of Brex records, of those of `json.loads`", _numbers(told, "this library")[0], 0.4)
        yield Goal("the same with `fast`", _numbers(told, "this library, fast")[0], 0.4)

    def _writing(self) -> Iterator[Goal]:
        told = self._run("encode.py", "61")
        yield Goal("writing an entry, of `json.dumps`", *_numbers(told, "this library"), 1.4)
        yield Goal("the same with `fast`", *_numbers(told, "this library, fast"), 0.5)

    def _calls(self) -> Iterator[Goal]:
        told = self._run("calls.py", "21")
        yield Goal("a call, of httpx alone", *_numbers(told, "one at a time"), 1.15)
        yield Goal("32 calls at once, of httpx alone", *_numbers(told, "32 at once, async"), 1.15)
        told = self._run("webhooks.py", "31")
        for title in ("Brex: records ready for export", "Rillet: a vendor"):
            yield Goal(f"verifying a webhook of {title}, of `standardwebhooks`", *_numbers(told, title), 1.5)

    def _starting(self) -> Iterator[Goal]:
        told = self._run("import_time.py", "21", python=self._plain)
        for package in ("rillet", "brex_accounting"):
            ratio = _found(rf"^import {package} .* ([\d.]+) of", told)
            yield Goal(f"`import {package}`, of `import httpx`", ratio, 0.2)
        told = self._run("startup.py", "61", "--without-commands", python=self._plain)
        for service in ("Rillet", "Brex"):
            title = f"a client of {service}, and its first decoded answer"
            yield Goal(f"{title}, of `import httpx`", _numbers(told, title)[1], 2.0)
        told = self._run("startup.py", "15")
        yield Goal("`brex-rillet --help`, CPU seconds", _numbers(told, "`brex-rillet --help`")[0], 0.2)

    def _mapping(self) -> Iterator[Goal]:
        told = self._run("mapping.py", str(self._earlier), "31")
        for title in ("1 line", "4 lines"):
            yield Goal(
                f"records of {title} mapped in a second, of {EARLIER}", _numbers(told, title)[2], 2.0, is_least=True
            )
        told = self._run("outcome.py", "2001", "5000")
        there = _found(r"a bill that is there .* ([\d.]+) of a new one", told)
        yield Goal("a bill mapped that is there, of a new one, among 5,000 vendors", there, 1.1)
        yield Goal("µs of a record mapped beside 5,000 entries of `[[vendors]]`", self._one(VENDORS, 5_000), 100)

    def _requests(self) -> Iterator[Goal]:
        told = self._run("requests_to_rillet.py", "10", "1000", "9000")
        every = [line.split("|")[1].strip() for line in told.splitlines() if line.startswith("| a ")]
        for title in every:
            if title.endswith(KEPT):
                most = max(int(cell.split(",")[0]) for cell in _cells(told, title))
                yield Goal(f"requests to Rillet for {title}", most, 4)
        # Both runs look for what is there already; a payment then looks for its own bill.
        of_bills = (
            [int(cell.split(",")[1]) for cell in _cells(told, each)]
            for each in ("a card expense", "a payment of a bill")
        )
        more = max(payment - charge for charge, payment in zip(*of_bills, strict=True))
        yield Goal("requests for bills that a payment adds to a run, of 9,000 bills", more, 4)

    def _journal(self) -> Iterator[Goal]:
        told = self._run("journal.py", "500", "--beside", str(self._earlier))
        a_second, _, times = _numbers(told, "SQLite, an export")
        yield Goal("records a second in a journal on a disk", a_second, A_SECOND, is_least=True)
        yield Goal(f"records a second in a journal on a disk, of {EARLIER}", times, JOURNAL, is_least=True)

    def _growth(self) -> Iterator[Goal]:
        for title, few, many in ROWS:
            pairs = [(self._one(title, few), self._one(title, many)) for _ in range(TURNS)]
            # The fastest of each: one run takes some milliseconds, to which the machine adds up to half as many.
            small, large = (min(times) for times in zip(*pairs, strict=True))
            ratio = large / small
            print(f"{title}: {ratio:.2f} with {many:,} of what it takes with {few:,}", flush=True)
            yield Goal(f"{title}, with {many:,}, of the time with {few:,}", ratio, FLAT)

    def _one(self, title: str, count: int) -> float:
        """Microseconds of one item of a row of `growth.py`, in a process of its own."""
        return float(self._asked("growth.py", title, str(count)).split()[0])

    def _run(self, name: str, *arguments: str, python: str | None = None) -> str:
        print(f"\n{name} {' '.join(arguments)}", flush=True)
        told = self._asked(name, *arguments, python=python)
        print(told, flush=True)
        return told

    def _asked(self, name: str, *arguments: str, python: str | None = None) -> str:
        settings = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
        command = [python or self._python, str(HERE / name), *arguments]
        return subprocess.run(command, env=settings, check=True, stdout=subprocess.PIPE, text=True).stdout


def _cells(told: str, title: str) -> list[str]:
    """The cells of a row of a table, without its title."""
    for line in told.splitlines():
        row = [each.strip() for each in line.strip().strip("|").split("|")]
        if row[0] == title:
            return row[1:]
    raise LookupError(f"there is no row {title!r} in what was printed:\n{told}")


def _numbers(told: str, title: str) -> list[float]:
    cells = (each.split()[0].replace(",", "") for each in _cells(told, title))
    return [float(each) for each in cells]


def _found(pattern: str, told: str) -> float:
    found = re.search(pattern, told, re.MULTILINE)
    if found is None:
        raise LookupError(f"there is no {pattern!r} in what was printed:\n{told}")
    return float(found[1])


def earlier_state(folder: Path) -> Path:
    """The packages as they were at `EARLIER`. Raises `CalledProcessError` where this clone does not go back so far."""
    command = ["git", "-C", str(HERE.parent), "archive", "--format=tar", EARLIER, "src"]
    packed = subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout
    with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
        archive.extractall(folder, filter="data")
    return folder


def main(descriptions: Sequence[str]) -> int:
    """Print what each benchmark prints, and the table of goals; 1 where one is not met."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        python = installation(place / "peers", f"{HERE.parent}[export,fast]", *PEERS)
        plain = plain_installation(place / "plain")
        earlier = earlier_state(place / "earlier")
        head = f"load {os.getloadavg()[0]:.1f}, CPython {sys.version.split()[0]}, {versions(python, SHOWN)}"
        print(head)
        goals = list(Benchmarks(python, plain, earlier, descriptions).goals())
    print(f"\n{head}; load at the end {os.getloadavg()[0]:.1f}")
    print("| | measured | goal | met |\n|---|---|---|---|")
    for goal in goals:
        print(goal)
    return 0 if all(each.is_met for each in goals) else 1


if __name__ == "__main__":
    sys.exit(main([str(Path(each).resolve()) for each in sys.argv[1:]]))
