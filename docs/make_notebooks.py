"""Run the notebooks of ``examples/notebooks`` and write what they show into ``docs/notebooks``.

Run it as ``python docs/make_notebooks.py``. The notebooks are kept without what they show, so that a diff of one says what
somebody changed. Their pages are kept as they come out, and a test fails where they do not, so the site is never stale.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient
from traitlets.config import Config

ROOT = Path(__file__).resolve().parents[1]
NOTEBOOKS = ROOT / "examples" / "notebooks"
PAGES = ROOT / "docs" / "notebooks"
#: What our own code warns of is an error; a warning of anything else is seen in what the cell prints.
_STRICT = """
import warnings
warnings.filterwarnings("error", module=r"(brex_accounting|bridge|clientkit|company|rillet|__main__)")
"""
_LONG = 600


class NotebookError(Exception):
    """A cell warned of something."""


def notebooks() -> list[Path]:
    """All of them, in the order of their names."""
    return sorted(NOTEBOOKS.glob("*.ipynb"))


def executed(path: Path) -> Any:
    """The notebook with what its cells show. Raises `CellExecutionError` for a cell that fails, `NotebookError` for a warning."""
    notebook = nbformat.read(path, as_version=4)
    notebook.cells.insert(0, nbformat.v4.new_code_cell(_STRICT))
    # The path of a socket has to be short.
    with tempfile.TemporaryDirectory(prefix="nb", dir="/tmp") as short:
        # Ports are chosen before they are bound, so two kernels that start at once may take the same; files are not.
        config = Config()
        config.KernelManager.transport = "ipc"
        config.KernelManager.connection_file = f"{short}/kernel.json"
        running = NotebookClient(
            notebook,
            config=config,
            kernel_name="python3",
            resources={"metadata": {"path": str(NOTEBOOKS)}},
            timeout=_LONG,
            startup_timeout=_LONG,
            iopub_timeout=_LONG,
            extra_arguments=["--HistoryManager.enabled=False"],
        )
        # Nothing of the person who runs it takes part, such as a profile that imports something.
        running.execute(env={**os.environ, "IPYTHONDIR": f"{short}/ipython"})
    del notebook.cells[0]
    for cell in notebook.cells:
        for output in cell.get("outputs", ()):
            if output.output_type == "stream" and output.name == "stderr":
                raise NotebookError(f"{path.name} warns: {output.text}")
    return notebook


def files(path: Path) -> Mapping[str, str]:
    """The page of a notebook and its pictures, by the names of their files."""
    pictures = dict[str, str]()
    parts = list[str]()
    for cell in executed(path).cells:
        if cell.cell_type == "markdown":
            parts.append(cell.source)
            continue
        parts.append(f"```python\n{cell.source}\n```")
        for output in _joined(cell.outputs):
            parts += _shown(output, path.stem, pictures)
    title, _, rest = "\n\n".join(parts).partition("\n")
    if "from company import" in rest:
        company = (NOTEBOOKS / "company.py").read_text(encoding="utf-8")
        rest += f"\n\n## company.py\n\nSave this beside your notebook:\n\n```python\n{company}```"
    made = "Made by `python docs/make_notebooks.py`, which runs the notebook"
    return {f"{path.stem}.md": f"{title}\n{rest.rstrip()}\n\n{made} `examples/notebooks/{path.name}`.\n", **pictures}


def pages(found: Sequence[Path] | None = None) -> dict[Path, str]:
    """Every file of the folder by its path."""
    return {PAGES / name: text for path in found or notebooks() for name, text in files(path).items()}


def _joined(outputs: Sequence[Any]) -> Sequence[Any]:
    """What a cell shows; a kernel on a busy machine sends what is printed in several pieces."""
    joined = list[Any]()
    for output in outputs:
        if joined and joined[-1].output_type == output.output_type == "stream":
            joined[-1].text += output.text
        else:
            joined.append(output)
    return joined


def _shown(output: Any, stem: str, pictures: dict[str, str]) -> Iterator[str]:
    if output.output_type == "stream":
        yield f"```text\n{output.text.rstrip()}\n```"
        return
    data: Mapping[str, str] = output.data
    if "image/svg+xml" in data:
        name = f"{stem}-{len(pictures) + 1}.svg"
        # Its letters are dark, and the site may be, too.
        pictures[name] = data["image/svg+xml"].replace("<svg ", '<svg style="background: #fff" ', 1) + "\n"
        title = pictures[name].split("<title>")[1].split("</title>")[0]
        yield f"![{title}]({name})"
    elif "text/html" in data:
        yield data["text/html"]
    else:
        yield f"```text\n{data['text/plain']}\n```"


if __name__ == "__main__":
    PAGES.mkdir(exist_ok=True)
    for file, text in pages([NOTEBOOKS / name for name in sys.argv[1:]]).items():
        file.write_text(text, encoding="utf-8")
        print(file)
