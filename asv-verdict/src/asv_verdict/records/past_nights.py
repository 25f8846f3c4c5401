"""The reports of earlier nights: the last judged commit, the explained part of each cell, the decided candidates."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec
from msgspec import structs

from asv_verdict.measure.session import Key
from asv_verdict.model import Change, State
from asv_verdict.records.joining import number_of
from asv_verdict.records.report_file import ReportFile, read_report
from asv_verdict.system.files import regular_files

FOLDER = "reports"


#: The kinds of report on the page "What changed": nights and judged releases.
KINDS = ("nightly", "release")


@dataclass(frozen=True)
class Night:
    """A finished night. Nights are ordered by number, since clocks jump."""

    number: int
    report: ReportFile
    path: Path

    @property
    def head(self) -> str:
        """The commit that was judged."""
        return self.report.head

    @property
    def changes(self) -> tuple[Change, ...]:
        """Its changes, confirmed or not."""
        return self.report.changes


def past_nights(
    folder: Path, machine: str | None, problems: list[str], kinds: Collection[str] = ("nightly",)
) -> list[Night]:
    """The finished nights of one machine or of all, oldest first. A night that was killed has no report.

    `kinds` selects the kinds of report.
    """
    found = []
    for path in regular_files(folder / FOLDER, 2):
        if path.name != "report.json":
            continue
        try:
            report = read_report(path)
        except (OSError, msgspec.MsgspecError, KeyError, TypeError, AttributeError, RecursionError) as error:
            problems.append(f"the report {path.parent.name} cannot be read ({error!r}) and is ignored")
            continue
        if machine in (None, report.machine) and report.kind in kinds:
            found.append(Night(number_of(path), report, path))
    # Two jobs may give their reports the same number.
    return sorted(found, key=lambda night: (night.number, night.report.started))


def complete_nights(nights: Iterable[Night], environments: Collection[str]) -> list[Night]:
    """The nights that measured the whole selection, in all of these environments if there are any such nights.

    A night in other environments, of another configuration of ASV, says nothing about the cells in these.
    """
    found = [night for night in nights if not night.report.is_partial]
    wanted = set(environments)
    return [night for night in found if wanted <= set(night.report.environments or environments)] or found


def next_folder(folder: Path, head: str) -> Path:
    """The folder of a new night, numbered after all earlier ones, including unfinished nights."""
    numbers = [number_of(path / "report.json") for path in (folder / FOLDER).glob("*")]
    return folder / FOLDER / f"{max(numbers, default=0) + 1:06d}-{head[:8]}"


def joined(nights: Iterable[Night]) -> list[Night]:
    """One night for each head, with the changes of all its nights, in the order of the last ones.

    A cell has one confirmed change on a head: nights with other baselines confirm the same one. Any other candidate has
    its last judgement that is not inconclusive, if there is one.
    """
    found: dict[str, Night] = {}
    for night in nights:
        earlier = found.pop(night.head, None)
        changes = (*(earlier.changes if earlier else ()), *night.changes)
        confirmed = {change.key: change for change in changes if change.state is State.CONFIRMED}
        others: dict[tuple[Key, str], Change] = {}
        for change in changes:
            name = change.key, change.base
            if change.key not in confirmed and (name not in others or change.state is not State.INCONCLUSIVE):
                others[name] = change
        together = (*confirmed.values(), *others.values())
        found[night.head] = replace(night, report=structs.replace(night.report, changes=together))
    return list(found.values())


@dataclass(frozen=True)
class Explained:
    """The explained part of a cell: the changes on a line of commits that earlier nights confirmed."""

    #: The product of the ratios of all changes whose commits all lie on the line.
    factor: float = 1.0
    #: Bounds of the explained part, as multiples of `factor`. They allow for the intervals of these changes, and for
    #: changes with only some of their commits on the line, since it is unknown how much of them these commits caused.
    least: float = 1.0
    largest: float = 1.0
    #: The last commit that those nights judged; None without such a change.
    until: str | None = None
    #: Whether it is unknown if one of the changes is on the line.
    is_uncertain: bool = False

    def of(self, ratio: float) -> float:
        """The explained part of a change by `ratio`."""
        return self.factor * min(max(ratio / self.factor, self.least), self.largest)


def explained_part(nights: Iterable[Night], key: Key, line: Sequence[str]) -> Explained:
    """The explained part of a cell, from `nights`, oldest first, and the commits of `line`."""
    commits = set(line)
    factor, least, largest, until, is_uncertain = 1.0, 1.0, 1.0, None, False
    for night, change in _confirmed(nights, key):
        own, ratio = set(change.commits), change.ratio
        if not ratio or not own & commits:  # a change from or to zero has no ratio
            continue
        until = night.head if night.head in commits else until
        if own <= commits:
            factor *= ratio
            low, high = change.bounds
            if 0 < low <= ratio <= high < math.inf:
                # A busy night may have overstated the change: what lies within its interval is explained as well.
                least, largest = least * low / ratio, largest * high / ratio
        else:
            least, largest, is_uncertain = least * min(1.0, ratio), largest * max(1.0, ratio), True
    return Explained(factor, least, largest, until, is_uncertain)


def is_counted_already(nights: Iterable[Night], key: Key, line: Sequence[str], value: float) -> bool:
    """Whether the last confirmed value of a deterministic metric on the commits of `line` is `value`."""
    found = [change.after for _, change in _confirmed(nights, key) if set(change.commits) & set(line)]
    return bool(found) and found[-1] == value


def decided_before(nights: Iterable[Night], key: Key, baseline: str, base: str) -> bool:
    """Whether an earlier night confirmed or dismissed this candidate."""
    return any(
        change.key == key
        and (change.baseline, change.base) == (baseline, base)
        and change.state is not State.INCONCLUSIVE
        for night in nights
        for change in night.changes
    )


def _confirmed(nights: Iterable[Night], key: Key) -> list[tuple[Night, Change]]:
    """The confirmed changes of a cell, each once.

    Two machines may confirm one change on different heads before either has the other's report. The second change then
    shares commits with the first and is not divided by it, and takes its place.
    """
    found: list[tuple[Night, Change]] = []
    for night in nights:
        for change in night.changes:
            if change.key == key and change.state is State.CONFIRMED:
                if change.explained == 1:
                    found = [one for one in found if not set(one[1].commits) & set(change.commits)]
                found.append((night, change))
    return found
