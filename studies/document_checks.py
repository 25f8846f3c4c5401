"""What is wrong with the tables and figures of the documents: `python -m studies.documents --check`."""

from __future__ import annotations

import argparse
import pkgutil
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from studies import documents
from studies.documents import BLOCK, ROOT, Drift, Table, blocks_in, pages, render, tables, write
from studies.registry import BLOCKS, FIGURES

#: A line that begins with a marker is an HTML block in Markdown.
FIRST_IN_LINE = re.compile(r"^[ >]*(?:[-*+] +|\d+[.)] +)?<!--(?:begin|end):([a-z0-9-]+)-->", re.MULTILINE)
PROVENANCE = ("command", "commit", "date", "machine")
#: The rule of a Markdown table, which needs no | at its ends, and the rows of an HTML table.
RULE = re.compile(r"\|?\s*:?-+:?\s*(\|\s*:?-+:?\s*)+\|?\s*|\|\s*:?-+:?\s*\|?\s*")
HTML_ROW = re.compile(r"<tr\b.*?(?=<tr\b|</tr\b|</table\b|\Z)", re.DOTALL | re.IGNORECASE)
#: What may precede a row: blanks, the mark of a quotation and that of a list.
BEFORE_ROW = re.compile(r"(?:[\s>]|(?:[-*+]|\d+[.)])\s+(?=[|>]))*")


def faults(root: Path = ROOT) -> list[str]:
    """A sentence for everything that is wrong with the blocks of the documents; raises Drift if a marker is wrong."""
    found, standing = [], set()
    for page in pages(root):
        name, text = str(page.relative_to(root)), page.read_text(encoding="utf-8")
        for block, content in blocks_in(text, name):
            standing.add((name, block))
            if content != render(block, root):
                found.append(f"{name}: block {block!r} differs from its data; run: python -m studies.documents --write")
        found += [
            f"{name}: a line begins with the marker of {figure!r}, which breaks its paragraph; put a word before it"
            for figure in FIRST_IN_LINE.findall(text)
            if figure in FIGURES
        ]
    for block, registered in BLOCKS.items():
        found += [
            f"{page}: block {block!r} is missing; write <!--begin:{block}--><!--end:{block}-->"
            for page in registered.pages
            if (page, block) not in standing
        ]
        found += wrong_shape(block, root)
    found += [
        f"README.md: figure {figure!r} is missing; write <!--begin:{figure}--><!--end:{figure}-->"
        for figure, registered in FIGURES.items()
        if registered.in_readme and ("README.md", figure) not in standing
    ]
    readme = (root / "README.md").read_text(encoding="utf-8")
    found += [
        f"README.md: table with numbers outside of a block: {row}" for row in numbered_rows(BLOCK.sub("", readme))
    ]
    return found


def wrong_shape(name: str, root: Path = ROOT) -> Iterator[str]:
    """The differences between the tables of a block and the shape that its command gives."""
    block = BLOCKS[name]
    shape = pkgutil.resolve_name(block.shape)() if isinstance(block.shape, str) else block.shape
    data, found = tables(block, root)
    sizes = tuple((len(table.rows), len(table.columns)) for table in found)
    if sizes != tuple(shape):
        yield f"block {name!r}: rows and columns {sizes}, expected {tuple(shape)}"
    for table in found:
        if any(len(row) != len(table.columns) for row in table.rows):
            yield f"block {name!r}: a row does not have {len(table.columns)} cells"
        else:
            yield from (f"block {name!r}: column {column!r} is empty" for column in _empty_columns(table))
    if block.data and (lacking := [key for key in PROVENANCE if not data.get(key)]) and not block.provenance:
        yield f"block {name!r}: the data lack {', '.join(lacking)}"


def _empty_columns(table: Table) -> list[str]:
    return [column for index, column in enumerate(table.columns) if not any(row[index] for row in table.rows)]


def numbered_rows(text: str) -> list[str]:
    """The rows of the tables in a text that hold a number: in Markdown, also within a quotation, and in HTML."""
    found, in_table = [], False
    for line in text.splitlines():
        row = line[BEFORE_ROW.match(line).end() :]  # type: ignore[union-attr]  # it matches an empty text
        in_table = RULE.fullmatch(row) is not None or (in_table and "|" in row)
        if (in_table or row.startswith("|")) and re.search(r"\d", row):
            found.append(row)
    for html in HTML_ROW.findall(text):
        row = " ".join(re.sub(r"<[^>]*>", " ", html).split())
        if re.search(r"\d", row):
            found.append(row)
    return found


def main(arguments: Sequence[str] | None = None) -> None:
    """Check or update all documents."""
    parser = argparse.ArgumentParser(
        prog="python -m studies.documents",
        description=documents.__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--check", action="store_true", help="print what is wrong; status 1 if anything is")
    what.add_argument("--write", action="store_true", help="render each block from its data")
    try:
        if parser.parse_args(arguments).write:
            print("Updated:", ", ".join(write()) or "no document")
        elif found := faults():
            raise SystemExit("\n".join(found))
    except Drift as error:
        raise SystemExit(str(error)) from error
