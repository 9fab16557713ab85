"""Reading and writing beside other libraries, in an environment that is made for it::

    python benchmarks/beside_peers.py [rounds]

It installs this library with its extra ``fast`` and the peers, names their versions and the load of the machine, and
prints one table for reading and one for writing. All ways run in turn in one process, so only the ratios count.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from import_time import installation, versions

HERE = Path(__file__).parent
PEERS = ("attrs", "cattrs", "msgspec", "pydantic")


def main(rounds: str) -> None:
    """Make the environment, run both benchmarks in it and leave nothing behind."""
    with tempfile.TemporaryDirectory() as folder:
        python = installation(Path(folder), f"{HERE.parent}[fast]", "pydantic>=2")
        print(versions(python, PEERS), flush=True)
        settings = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
        for name in ("decode.py", "encode.py"):
            subprocess.run([python, str(HERE / name), rounds], check=True, env=settings)


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "61")
