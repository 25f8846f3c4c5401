"""Print results from a GPU as tables in Markdown: its rates, every cell, and the cells also measured on the CPU.

FOLDER is a machine's folder in ASV's results; `make bench-gpu` fills it in about six minutes. The tables show the
newest results of the GPU and of the CPU. `--write` updates the documents. Their data always come from the folder that
docs/findings/data/gpu.json names, even if FOLDER is another one.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from studies.documents import write
from studies.gpu.layout import layout


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the tables, or update the documents."""
    parser = argparse.ArgumentParser(prog="python -m studies.gpu", description=__doc__)
    parser.add_argument("folder", type=Path, metavar="FOLDER", help="the machine's folder in ASV's results")
    parser.add_argument("--write", action="store_true", help="update the documents")
    options = parser.parse_args(arguments)
    for table in layout({"folder": options.folder}):
        print(*table.lines(), "", *(f"- {note}" for note in table.notes), "", sep="\n")
    if options.write:
        print("Updated:", ", ".join(write()) or "no document")


if __name__ == "__main__":
    main()
