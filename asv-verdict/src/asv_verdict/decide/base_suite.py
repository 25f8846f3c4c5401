"""The base's own suite: the benchmarks of a comparison that its base already had.

ASV runs the benchmark files of the work tree on every commit. If such a file imports a function that the base lacks,
all benchmarks in the file fail on the base, including those that it already had.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import PurePath

from asv_verdict.asv_io.results import benchmark_of
from asv_verdict.decide.measurement import Measurement, name_of
from asv_verdict.measure.builds import Builds
from asv_verdict.model import Remarks
from asv_verdict.project import Project
from asv_verdict.records.accepted import Accepted, is_gone_with_consent
from asv_verdict.vcs.git import GitFailed
from asv_verdict.vcs.repository import Repository

WORD = "[A-Za-z_][A-Za-z0-9_]*"


def is_of_base(project: Project, repository: Repository, base: str, head: str) -> Callable[[str], bool]:
    """A function that says whether the base had a cell: its benchmark files contain each part of the benchmark's name.

    If the benchmark files are not in the measured repository, it is true for every cell.
    """
    folder = os.path.relpath(project.root / project.configuration.get("benchmark_dir", "benchmarks"), repository.root)
    outside = folder.startswith(os.pardir) or not _words(repository, head, folder)
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


def removed(
    measurement: Measurement, builds: Builds, base: str, selection: str, entries: Sequence[Accepted]
) -> Remarks:
    """Name the selected cells that only the base lists, unless an entry accepts that they left the suite."""
    listed, _ = builds.benchmarks(base)
    there = set(measurement.expected)
    return Remarks(
        tuple(
            f"{name_of(key)} is in the suite of {base[:8]} but not of {measurement.head[:8]}, so it was not compared"
            for key in builds.cells(listed.values(), selection)
            if key not in there and not is_gone_with_consent(key[1], entries)
        )
    )
