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
import venv
from pathlib import Path

HERE = Path(__file__).parent
PEERS = ("attrs", "cattrs", "msgspec", "pydantic")


def main(rounds: str) -> None:
    """Make the environment, run both benchmarks in it and leave nothing behind."""
    with tempfile.TemporaryDirectory() as folder:
        venv.create(folder, with_pip=True)
        python = str(Path(folder) / ("Scripts" if os.name == "nt" else "bin") / "python")
        install = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*install, f"{HERE.parent}[fast]", "pydantic>=2"], check=True)
        names = "import importlib.metadata as m; print(', '.join(f'{n} {m.version(n)}' for n in " + repr(PEERS) + "))"
        settings = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
        for arguments in (["-c", names], [str(HERE / "decode.py"), rounds], [str(HERE / "encode.py"), rounds]):
            subprocess.run([python, *arguments], check=True, env=settings)


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "61")
