"""Reading a page beside clients that ``openapi-python-client`` generates from the descriptions of the services::

    python benchmarks/generated_clients.py brex-openapi.yaml rillet-openapi-v4.json [rounds]

The descriptions are not in this repository; each service publishes its own. The generator is installed in an environment that
is made for it. All ways run in turn in one process, as in `decode.py`.
"""

from __future__ import annotations

import importlib
import json
import os
import re
import subprocess
import sys
import tempfile
import venv
from pathlib import Path
from typing import Any

import attrs
from decode import Read, measure, ways
from pages import Sample, samples

from clientkit import codec

_SHORT_ID = re.compile(rb'"[fv]-(\d)"')
GENERATOR = "openapi-python-client"
#: Where a generated package has the class of a page. Invoices of the samples lack fields that the description demands.
PAGES = {
    "Brex records": "brex_generated.models.accounting_records_response.AccountingRecordsResponse",
    "Rillet journal entries": (
        "rillet_generated.models.list_all_journal_entries_response_200.ListAllJournalEntriesResponse200"
    ),
}


def generate(folder: Path, descriptions: dict[str, str]) -> None:
    """Write a package for each description into a folder."""
    venv.create(folder / "environment", with_pip=True)
    scripts = folder / "environment" / ("Scripts" if os.name == "nt" else "bin")
    install = [str(scripts / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", GENERATOR]
    subprocess.run(install, check=True)
    for package, description in descriptions.items():
        command = [str(scripts / GENERATOR), "generate", "--meta", "none", "--path", description]
        subprocess.run([*command, "--output-path", str(folder / package)], check=False, stdout=subprocess.DEVNULL)


def generated(sample: Sample) -> Read:
    """How the generated client reads a page."""
    module, _, name = PAGES[sample.title].rpartition(".")
    kind: Any = getattr(importlib.import_module(module), name)
    return lambda content: kind.from_dict(json.loads(content))


def completed(sample: Sample) -> Sample:
    """The pages with what Brex's description demands and the samples leave out; the generated client refuses them without it."""
    contents = list[bytes]()
    for content in sample.contents:
        page: Any = codec.parse(content)
        page.setdefault("has_next_page", True)
        for each in page[sample.listing.items_key]:
            for line in each.get("line_items", ()):
                line.setdefault("accounting_field_values", [])
        # Rillet's ids are UUIDs, and those of fields are short in the samples.
        contents.append(_SHORT_ID.sub(rb'"00000000-0000-4000-8000-00000000000\1"', codec.write(page)))
    return attrs.evolve(sample, contents=contents)


def compared(sample: Sample, rounds: int) -> dict[str, float]:
    """Ours beside the generated client, each as a multiple of ``json.loads``."""
    ours = {name: read for name, read in ways(sample).items() if name.startswith(("json", "this"))}
    return measure(sample, {**ours, GENERATOR: generated(sample)}, rounds)


def main(brex: str, rillet: str, rounds: int) -> None:
    """Print a row for each way."""
    print(f"load {os.getloadavg()[0]:.1f}, CPython {sys.version.split()[0]}, {rounds} rounds")
    with tempfile.TemporaryDirectory() as folder:
        generate(Path(folder), {"brex_generated": brex, "rillet_generated": rillet})
        sys.path.insert(0, folder)
        tables = {sample.title: compared(completed(sample), rounds) for sample in samples() if sample.title in PAGES}
    print("| " + " | ".join(["a page to objects, CPU time of `json.loads`", *tables]) + " |")
    print("|---" * (len(tables) + 1) + "|")
    for name in next(iter(tables.values())):
        print("| " + " | ".join([name, *(f"{table[name]:.2f}" for table in tables.values())]) + " |")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]) if len(sys.argv) > 3 else 61)
