"""Join the records of two machines: reports, noise floors and expected cells. Nothing is overwritten or lost.

Only regular files with known names are read, and no link is followed: a folder may come from a results branch or from
the job that ran the measured code.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from pathlib import Path

import msgspec

from asv_verdict.asv_io.pairs import Pair, append_pairs, read_pairs
from asv_verdict.asv_io.results import Unreadable
from asv_verdict.records.expected_cells import read_expected_cells, write_expected_cells
from asv_verdict.records.report_file import read_report
from asv_verdict.system.files import regular_files, replace_whole

#: The name of a night's folder, and of a plot in it.
NIGHT = re.compile(r"\d{1,9}-[0-9a-f]{1,40}(-[0-9a-f]{8})?")
#: A report with a larger number would leave no numbers for later nights.
AHEAD = 100_000
PLOT = re.compile(r"finding-\d{1,6}\.png")
#: Each PNG file begins with these bytes.
SIGNATURE = b"\x89PNG\r\n\x1a\n"
#: The errors that reading a damaged file raises.
DAMAGED = (OSError, msgspec.MsgspecError, ValueError, KeyError, TypeError, AttributeError, RecursionError)


def join_reports(source: Path, target: Path) -> list[str]:
    """Add the reports of `source` to `target`; returns a sentence for each report that cannot be added.

    Two jobs may give two reports the same name. The second one is stored as NAME-DIGEST.
    """
    sentences = []
    newest = max((number_of(path) for path in regular_files(target, 2)), default=0)
    for path in regular_files(source, 2):
        if path.name != "report.json" or not NIGHT.fullmatch(path.parent.name):
            continue
        try:
            if number_of(path) > newest + AHEAD:
                raise Unreadable(f"its number is more than {AHEAD} above that of the newest report")
            read_report(path)
            _add_night(path.parent, target)
        except DAMAGED as error:
            sentences.append(f"cannot store the report {path.parent.name}: {error}")
    return sentences


def number_of(report: Path) -> int:
    """The number of a night from the folder of its report; 0 if the folder has none."""
    digits = report.parent.name.partition("-")[0]
    return int(digits) if digits.isascii() and digits.isdigit() else 0


def _add_night(source: Path, target: Path) -> None:
    content = (source / "report.json").read_bytes()
    digest = hashlib.sha256(content).hexdigest()[:8]
    name = source.name if not source.name.endswith(f"-{digest}") else source.name.rpartition("-")[0]
    names = [name, f"{name}-{digest}"]
    for folder in (target / name for name in names):
        if not (folder / "report.json").exists():
            break
        if (folder / "report.json").read_bytes() == content:
            return
    else:
        raise Unreadable("other reports already have both of its possible names")
    for plot in plots_in(source):
        replace_whole(folder / plot.name, plot.read_bytes())
    replace_whole(folder / "report.json", content)  # last, since a folder that has it counts as a finished night


def plots_in(folder: Path) -> list[Path]:
    """The plots of a report, without the SVG files that version 0.1 wrote: a browser runs the scripts in them."""
    named = (path for path in regular_files(folder, 1) if PLOT.fullmatch(path.name))
    return [path for path in named if path.read_bytes().startswith(SIGNATURE)]


def join_noise(source: Path, target: Path) -> list[str]:
    """Add the pairs of `source` that `target` lacks; returns a sentence for each file that cannot be read."""
    sentences = []
    for path in regular_files(source, 2):
        if path.suffix != ".json":
            continue
        there = target / path.relative_to(source)
        try:
            new, old = read_pairs(path), read_pairs(there)
            if lacking := list(_without(new, old)):
                append_pairs(there, lacking)
        except (Unreadable, OSError) as error:
            sentences.append(f"cannot store the noise floors in {path.name}: {error}")
    return sentences


def _without(pairs: list[Pair], known: list[Pair]) -> Iterator[Pair]:
    seen = {json.dumps(pair, sort_keys=True) for pair in known}
    return (pair for pair in pairs if json.dumps(pair, sort_keys=True) not in seen)


def join_expected_cells(source: Path, target: Path) -> list[str]:
    """Add the expected cells of `source` to `target`. A night drops the cells that are accepted as gone."""
    sentences = []
    for path in regular_files(source, 1):
        if path.suffix != ".json":
            continue
        there = target / path.name
        try:
            write_expected_cells(there, read_expected_cells(path) | read_expected_cells(there))
        except (Unreadable, OSError) as error:
            sentences.append(str(error))
    return sentences
