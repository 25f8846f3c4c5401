"""What a study declares in its `__init__.py`: the blocks and the figures of the documents that show its data."""

from __future__ import annotations

from typing import NamedTuple

DATA = "docs/findings/data"
#: Rows and columns of a table.
Shape = tuple[int, int]


class Block(NamedTuple):
    """One or more tables that a command makes.

    `layout` names the function that turns the data into tables. `shape` is the shape of each table, or names the
    function that computes it from the cases that the command measures. `provenance` names a function that completes the
    caption if the data are in several files. A block with an empty `data` has no caption: each of its rows has a
    command, a commit and a date.
    """

    pages: tuple[str, ...]
    data: str
    shape: tuple[Shape, ...] | str
    layout: str = "studies.documents:transcribed"
    compact: bool = False
    provenance: str = ""


class Figure(NamedTuple):
    """A number in a sentence of a document, which is also a row of the index of findings.

    The function `layout` makes the text from the files `data`, and from `arguments` that say which number it is.
    The first file has the provenance, which the function `provenance` may complete. `page` is the page of the
    finding, relative to docs/findings. `sentence` says what the number means; `unit` follows the number. README
    must state a figure that is `in_readme`.
    """

    data: tuple[str, ...]
    layout: str
    page: str
    sentence: str
    unit: str = " ×"
    provenance: str = ""
    in_readme: bool = False
    arguments: tuple[str | int, ...] = ()
