"""Attribution: the commits that caused a confirmed change, and the packages that they changed."""

from __future__ import annotations

import math
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

from msgspec.structs import replace

from asv_verdict.decide.measurement import Past
from asv_verdict.decide.screening import LEVEL, Thresholds
from asv_verdict.measure.builds import Builds
from asv_verdict.model import Change, Remarks, State
from asv_verdict.stats.bisection import bisect
from asv_verdict.stats.ratio import Rounds, positive

#: Rounds between two decisions about a step of a bisection.
ROUNDS = 4
#: A step that is still open after so many rounds stays open.
MOST_ROUNDS = 16


def attributed(
    changes: Sequence[Change], past: Past, builds: Builds, thresholds: Thresholds, deadline: float
) -> tuple[list[Change], Remarks]:
    """The same changes; confirmed ones with their commits and packages. Bisection ends at `deadline` (monotonic)."""
    attribution = _Attribution(past, builds, thresholds, deadline)
    found = attribution.of(changes)
    return found, attribution.remarks


@dataclass(frozen=True)
class _Step:
    """What the rounds of two commits say about a change."""

    #: Whether the step is at least half of the change; None if the interval is too wide to decide.
    is_new: bool | None
    #: Whether it is nothing or the whole change.
    is_clear: bool


@dataclass
class _Attribution:
    past: Past
    builds: Builds
    thresholds: Thresholds
    deadline: float
    remarks: Remarks = field(default_factory=Remarks)
    #: The number of sessions so far. It makes their names unique: a bisection may measure the same two commits twice.
    sessions: int = 0

    def of(self, changes: Sequence[Change]) -> list[Change]:
        """Each change with the commit that caused it, or with the range of commits that contains it."""
        confirmed = {str(index): change for index, change in enumerate(changes) if change.state is State.CONFIRMED}
        found: dict[str, tuple[str, ...]] = {}
        for base, since in dict.fromkeys((change.base, change.since) for change in confirmed.values()):
            group = {name: one for name, one in confirmed.items() if (one.base, one.since) == (base, since)}
            lines = self._lines(group, base, since)
            for line in dict.fromkeys(lines.values()):
                names = {name: group[name] for name, own in lines.items() if own == line}
                found |= dict.fromkeys(names, line)
                if len(line) > 1:
                    found |= bisect(list(names), line, partial(self._sides, names))
                    found |= dict.fromkeys(self._gradual({name: found[name] for name in names}, names, line), line)
        return [
            self._with_packages(replace(change, commits=found[str(index)])) if str(index) in found else change
            for index, change in enumerate(changes)
        ]

    def _lines(self, group: Mapping[str, Change], base: str, since: str) -> dict[str, tuple[str, ...]]:
        """The commits that may have caused each change.

        The unexplained part of a change usually came after `since`, the last commit that earlier nights judged. It came
        before if `since` already shows it: two earlier changes may have cancelled each other out. If the measurement of
        `since` does not decide, all commits are returned.
        """
        whole = tuple(self.past.line_since(base))
        if since in ("", base):
            return dict.fromkeys(group, whole)
        sides = self._sides(group, since, group)
        later = tuple(self.past.line_since(since))
        earlier = tuple(self.past.repository.line(since, since=base))
        lines: dict[bool | None, tuple[str, ...]] = {True: earlier, False: later, None: whole}
        return {name: lines[sides.get(name)] for name in group}

    def _sides(self, group: Mapping[str, Change], commit: str, names: Iterable[str]) -> dict[str, bool | None]:
        """Whether `commit` shows at least half of each change; None if the interval is too wide to decide."""
        wanted = {name: group[name] for name in names}
        parts = {name: self.past.explained_at(commit, change) for name, change in wanted.items()}
        return self._compared(next(iter(group.values())).base, commit, wanted, parts)

    def _compared(
        self, base: str, commit: str, changes: Mapping[str, Change], parts: Mapping[str, float]
    ) -> dict[str, bool | None]:
        """Whether the step from `base` to `commit` is at least half of each change; None if that stays open.

        The values of `base` are multiplied by `parts`, which other changes explain. The result is empty if time ran out
        or a commit does not build. A step that is neither nothing nor the whole change gets more rounds: a few rounds
        on a busy machine show such a step by chance, and a gradual change shows it in all of them.
        """
        for one in (base, commit):
            if time.monotonic() > self.deadline or self.builds.build(one, self.deadline) is None:
                return {}
        name = f"attribution-{self.sessions}-{base[:12]}-{commit[:12]}"
        session_runner = self.builds.session((base, commit), name, self.deadline - time.monotonic(), forks=True)
        self.sessions += 1
        session = session_runner.session
        exact = all(self.builds.project.settings.is_deterministic(change.cell) for change in changes.values())
        steps: dict[str, _Step] = {}
        for _ in range(MOST_ROUNDS // ROUNDS):
            measured = {name: one for name, one in changes.items() if name not in steps or not steps[name].is_clear}
            if not measured or time.monotonic() > self.deadline:
                break
            cells = list(dict.fromkeys(change.cell for change in measured.values()))
            for _ in range(1 if exact else ROUNDS):
                session_runner.round(cells)
            for name, change in measured.items():
                rounds = [(old * parts[name], new) for old, new in session.rounds(change.key, base, commit)]
                steps[name] = self._step(change, rounds)
        self.builds.end_processes((commit,))
        self.remarks += Remarks(problems=tuple(session.sentences), loads=tuple(session.loads))
        return {name: step.is_new for name, step in steps.items()}

    def _step(self, change: Change, rounds: Rounds) -> _Step:
        if self.builds.project.settings.is_deterministic(change.cell):
            return _Step(_is_nearer(rounds[-1][1], change) if rounds else None, is_clear=True)
        usable = positive(rounds)
        if not usable:
            return _Step(None, is_clear=False)
        seen = self.thresholds.ratio(change.key, usable, LEVEL)
        assert change.ratio is not None  # None only for a deterministic metric that was zero
        halfway = math.sqrt(change.ratio)
        low, high = seen.low / halfway, seen.high / halfway
        if low < 1 < high:
            return _Step(None, is_clear=False)
        is_nothing = seen.low <= 1 <= seen.high
        is_whole = seen.low <= change.bounds[1] and change.bounds[0] <= seen.high
        return _Step((low >= 1) == (change.ratio > 1), is_clear=is_nothing or is_whole)

    def _gradual(
        self, found: Mapping[str, tuple[str, ...]], group: Mapping[str, Change], line: tuple[str, ...]
    ) -> set[str]:
        """Names of changes that accumulated over more commits than the bisection found.

        Bisection finds the commit at which a drift reaches half of its size. If the found commits alone do not show at
        least half of the change, others took part in it.
        """
        gradual = set()
        for commits in dict.fromkeys(commits for commits in found.values() if commits != line):
            changes = {name: group[name] for name, own in found.items() if own == commits}
            before = self._before(commits[0], next(iter(group.values())).base)
            sides = self._compared(before, commits[-1], changes, dict.fromkeys(changes, 1.0))
            gradual |= {name for name, is_new in sides.items() if not is_new}
        return gradual

    def _before(self, commit: str, base: str) -> str:
        """The parent of a commit; `base` if the commit began a history that was merged into that of `base`."""
        return self.past.repository.parent(commit) or base

    def _with_packages(self, change: Change) -> Change:
        """Add the packages that differ between the two sides of the commit, or of the whole range of commits."""
        before = self._before(change.commits[0], change.base) if change.commits else change.base
        after = change.commits[-1] if change.commits else self.past.head
        for commit in (before, after):
            late = time.monotonic() > self.deadline and commit not in self.builds.runners
            if late or self.builds.build(commit, self.deadline) is None:
                return change
        return replace(change, packages=self.builds.changed_packages(before, after, change.environment))


def _is_nearer(value: float, change: Change) -> bool:
    """Whether a counted value is nearer to a change's new value than to its old one, by ratio if all are positive."""
    old, new = change.before or 0.0, change.after or 0.0
    if min(old, new, value) > 0:
        old, new, value = math.log(old), math.log(new), math.log(value)
    return abs(value - new) < abs(value - old)
