"""The base's own suite: the benchmarks of a comparison that its base already had.

ASV runs the benchmark files of the work tree on every commit. If such a file imports a function that the base lacks,
all benchmarks in the file fail on the base, including those that it already had.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import PurePath

from asv_verdict.asv_io.results import benchmark_of
from asv_verdict.investigation import Investigation, name_of, read_history_of
from asv_verdict.records.accepted import is_gone_with_consent
from asv_verdict.vcs.git import GitFailed
from asv_verdict.vcs.repository import Repository

WORD = "[A-Za-z_][A-Za-z0-9_]*"


def is_of_base(investigation: Investigation, base: str) -> Callable[[str], bool]:
    """A function that says whether the base had a cell: its benchmark files contain each part of the benchmark's name.

    If the benchmark files are not in the measured repository, it is true for every cell.
    """
    repository, project = investigation.repository, investigation.project
    folder = os.path.relpath(project.root / project.configuration.get("benchmark_dir", "benchmarks"), repository.root)
    outside = folder.startswith(os.pardir) or not _words(repository, investigation.head, folder)
    words = frozenset() if outside else _words(repository, base, folder)
    return lambda cell: outside or words.issuperset(benchmark_of(cell).split("."))


def _words(repository: Repository, commit: str, folder: str) -> frozenset[str]:
    """The words in the files of a folder and in their paths; none if the commit has no such file."""
    try:
        found = repository.words(commit, folder, WORD)
    except GitFailed:
        return frozenset()
    paths = {path for path, _ in found}
    return frozenset(
        {word for _, word in found} | {part for path in paths for part in PurePath(path).with_suffix("").parts}
    )


def name_removed(investigation: Investigation, base: str, selection: str) -> None:
    """Name the selected cells that only the base lists, unless an entry accepts that they left the suite."""
    entries = investigation.accepted()
    listed = read_history_of(investigation.folder / "built" / base[:12], []).benchmarks
    there = set(investigation.expected)
    investigation.undecided += [
        f"{name_of((environment, cell))} is in the suite of {base[:8]} but not of {investigation.head[:8]}, "
        "so it was not compared"
        for environment in dict.fromkeys(environment for environment, _ in investigation.expected)
        for benchmark in listed.values()
        for cell in benchmark.cells
        if re.search(selection, cell) and (environment, cell) not in there and not is_gone_with_consent(cell, entries)
    ]
