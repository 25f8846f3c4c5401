"""Keep the tables and figures of the documents equal to the stored data.

Two markers enclose each table that a command makes, and each single figure in a sentence:

    <!--begin:main-table-->            <!--begin:repeat-3-->92<!--end:repeat-3--> % of the values
    <!--end:main-table-->

`python -m studies.documents --check` says what is wrong with them; `--write` renders all of them anew.
Each study declares its blocks in its `__init__.py`; docs/findings/data has their data.
"""

from __future__ import annotations

import argparse
import json
import os
import pkgutil
import re
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any, NamedTuple

from asv_verdict import processor
from studies.blocks import Block
from studies.registry import BLOCKS, FIGURES

ROOT = Path(__file__).parent.parent
MARKER = re.compile(r"<!--(begin|end):([a-z0-9-]+)-->")
BLOCK = re.compile(r"(<!--begin:([a-z0-9-]+)-->).*?(<!--end:\2-->)", re.DOTALL)
#: The libraries whose versions a caption names.
LIBRARIES = {"jax": "JAX", "autograd": "autograd", "numpy": "NumPy", "scipy": "SciPy"}


class Table(NamedTuple):
    """A table as it is shown: columns and rows of text, a heading above it and notes below it."""

    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    title: str = ""
    notes: Sequence[str] = ()

    def lines(self) -> list[str]:
        """The table in Markdown, without its heading and notes."""
        rule = "|---" * len(self.columns) + "|"
        return [as_line(self.columns), rule, *map(as_line, self.rows)]


def as_line(cells: Sequence[str]) -> str:
    """A row in Markdown."""
    return "".join(f"| {cell} " if cell else "| " for cell in cells) + "|"


class Drift(Exception):
    """A document has a block that is unknown, not closed, or nested, or the data of a block cannot be used."""


def pages(root: Path = ROOT) -> list[Path]:
    """The documents that may hold a block."""
    return [root / "README.md", *sorted((root / "docs").rglob("*.md"))]


def transcribed(data: dict[str, Any]) -> list[Table]:
    """The tables that are stored as text in the data."""
    return [Table(**table) for table in data["tables"]]


def load(name: str, root: Path = ROOT) -> dict[str, Any]:
    """The data of a block or a figure. Raises Drift if the file is missing or broken, or has a number like NaN."""
    try:
        found = json.loads((root / name).read_text(encoding="utf-8"), parse_constant=_not_finite)
    except FileNotFoundError:
        raise Drift(f"{name} is missing: restore it with git, or measure it again") from None
    except (OSError, ValueError) as error:
        raise Drift(f"{name} cannot be read as JSON: {error}") from None
    if not isinstance(found, dict):
        raise Drift(f"{name} has a {type(found).__name__}: expected an object")
    return found


def _not_finite(constant: str) -> float:
    raise ValueError(f"{constant} is no number; write null for a value that was not measured")


@contextmanager
def _data_of(*names: str) -> Iterator[None]:
    """Raise Drift with the names of the files if a layout does not find in them what it needs."""
    try:
        yield
    except (KeyError, IndexError, TypeError, AttributeError) as error:
        raise Drift(f"{', '.join(names)}: the layout failed: {type(error).__name__}: {error}") from error


def caption(data: dict[str, Any]) -> str:
    """One line of provenance: command, commit, date and machine, then versions and notes if the data have them."""
    facts = [f"`{data['command']}`", data["commit"], data["date"], data["machine"]]
    return f"*{', '.join(facts)}{''.join(f'; {data[key]}' for key in ('versions', 'note') if data.get(key))}.*"


def tables(block: Block, root: Path = ROOT) -> tuple[dict[str, Any], list[Table]]:
    """The data of a block and its tables."""
    data = load(block.data, root) if block.data else {}
    with _data_of(block.data):
        return data, pkgutil.resolve_name(block.layout)(data)


def render(name: str, root: Path = ROOT) -> str:
    """The text between the markers of a block or a figure."""
    if name in FIGURES:
        figure = FIGURES[name]
        data_of_figure = [load(path, root) for path in figure.data]
        with _data_of(*figure.data):
            text: str = pkgutil.resolve_name(figure.layout)(*data_of_figure, *figure.arguments)
        return text
    block = BLOCKS[name]
    data, found = tables(block, root)
    if block.provenance:
        data = pkgutil.resolve_name(block.provenance)(data)
    parts: list[str] = []
    for table in found:
        if table.title:
            parts.append(f"### {table.title}")
        parts.append("\n".join(compact_lines(table) if block.compact else table.lines()))
        if table.notes:
            parts.append("\n".join(f"- {note}" for note in table.notes))
    if block.data:
        with _data_of(block.data):
            parts.append(caption(data))
    return "\n" + "\n\n".join(parts) + "\n"


def compact_lines(table: Table) -> list[str]:
    """The table in its shortest form: no blanks around cells, = and ×, and no repeated first cell."""
    rows, last = [], ""
    for first, *others in table.rows:
        rows.append(["" if first == last else first, *others])
        last = first
    lines = ["".join(f"|{cell}" for cell in row) + "|" for row in (table.columns, *rows)]
    squeezed = [re.sub(r" ?([=×]) ?", r"\1", line) for line in lines]
    return [squeezed[0], "|---" * len(table.columns) + "|", *squeezed[1:]]


def blocks_in(text: str, page: str = "") -> Iterator[tuple[str, str]]:
    """Name and content of each block of a document; raises Drift if a marker is unknown or has no partner."""
    opened: re.Match[str] | None = None
    for marker in MARKER.finditer(text):
        kind, name = marker.groups()
        if name not in BLOCKS and name not in FIGURES:
            raise Drift(f"{page}: unknown block {name!r}; the studies declare: {', '.join([*BLOCKS, *FIGURES])}")
        if kind == "begin" and opened is None:
            opened = marker
        elif kind == "end" and opened is not None and opened.group(2) == name:
            yield name, text[opened.end() : marker.start()]
            opened = None
        else:
            raise Drift(f"{page}: the marker {marker.group()} has no partner; write one begin and one end for a block")
    if opened is not None:
        raise Drift(f"{page}: the marker {opened.group()} has no partner; write one begin and one end for a block")


def write(root: Path = ROOT) -> list[str]:
    """Render all blocks of all documents anew and return the pages that changed."""
    changed = {}
    for page in pages(root):
        text = page.read_text(encoding="utf-8")
        name = str(page.relative_to(root))
        list(blocks_in(text, name))  # an unknown or open marker ends the command before anything is written
        after = BLOCK.sub(lambda found: f"{found[1]}{render(found[2], root)}{found[3]}", text)
        if after != text:
            changed[page] = after
    for page, after in changed.items():  # an error above leaves all pages as they were
        page.write_text(after, encoding="utf-8")
    return [str(page.relative_to(root)) for page in changed]


def add_write_options(parser: argparse.ArgumentParser) -> None:
    """Give a measuring command the options to store what it measures."""
    parser.add_argument("--write", action="store_true", help="store the data in docs/findings and update the documents")
    parser.add_argument(
        "--on", metavar="WORDS", help="the machine in words for the caption; default: its processor and cores"
    )


def measured_here(command: str, on: str | None, versions: str | None = None) -> dict[str, str]:
    """Provenance of a measurement of HEAD that was made on this machine now."""
    return {
        "command": command,
        "commit": f"commit {_git_head()}",
        "date": str(datetime.now(UTC).date()),
        "machine": on or f"{processor()}, {os.cpu_count()} cores",
        "versions": versions or versions_of({name: metadata.version(name) for name in _installed()}),
    }


def versions_of(packages: dict[str, str]) -> str:
    """The versions of the libraries that a caption names."""
    return ", ".join(f"{label} {packages[name]}" for name, label in LIBRARIES.items() if name in packages)


def _installed() -> list[str]:
    return [name for name in LIBRARIES if any(metadata.distributions(name=name))]


def _git_head() -> str:
    command = ["git", "rev-parse", "--short=7", "HEAD"]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()


def store(name: str, data: dict[str, Any]) -> None:
    """Write the data of a block and update all documents."""
    (ROOT / BLOCKS[name].data).write_text(
        json.dumps(data, indent=1, ensure_ascii=False, allow_nan=False) + "\n", encoding="utf-8"
    )
    print(f"Stored {BLOCKS[name].data}; updated: {', '.join(write(ROOT)) or 'no document'}")


if __name__ == "__main__":
    # The layouts import this module by its name, and so must the command: it catches the module's Drift.
    from studies.document_checks import main

    main()
