"""The inputs of each decision: the session with head and its baselines, and the reports of earlier nights."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from asv_verdict.asv_io.benchmarks import Benchmark
from asv_verdict.measure.session import Key, Session, is_number
from asv_verdict.model import Change
from asv_verdict.records.past_nights import Explained, Night, explained_part
from asv_verdict.vcs.repository import Repository


@dataclass(frozen=True)
class Measurement:
    """Head and its baselines, measured in one session. `baselines` maps the name of each baseline to its commit."""

    head: str
    baselines: Mapping[str, str]
    benchmarks: Mapping[str, Benchmark]
    expected: tuple[Key, ...]
    session: Session

    def on_head(self, key: Key) -> float | None:
        """The value of a cell on head: NaN if the cell was skipped, None if it failed or was not reached."""
        return self.session.latest(self.head, key)

    def bases_with(self, key: Key) -> list[str]:
        """The baselines on which a cell has a number."""
        return [base for base in self.baselines.values() if is_number(self.session.latest(base, key))]

    @property
    def environments(self) -> list[str]:
        """The environments of the expected cells."""
        return list(dict.fromkeys(environment for environment, _ in self.expected))


@dataclass(frozen=True)
class Past:
    """The commits before `head` and the earlier nights, oldest first, that judged them."""

    repository: Repository
    head: str
    nights: Sequence[Night] = ()

    @cached_property
    def _lines(self) -> dict[str, Sequence[str]]:
        return {}

    def line_since(self, base: str) -> Sequence[str]:
        """The commits after `base`, up to and including head."""
        if base not in self._lines:
            self._lines[base] = self.repository.line(self.head, since=base)
        return self._lines[base]

    def explained(self, base: str, key: Key) -> Explained:
        """The changes of a cell since `base` that earlier nights confirmed."""
        return explained_part(self.nights, key, self.line_since(base))

    def explained_at(self, commit: str, change: Change) -> float:
        """The explained part of a change that `commit` has already; other earlier changes may have come after it."""
        if change.explained == 1:
            return 1.0
        there = explained_part(self.nights, change.key, self.repository.line(commit, since=change.base))
        return change.explained * there.factor / self.explained(change.base, change.key).factor


def name_of(key: Key) -> str:
    """A cell and its environment, as text."""
    environment, cell = key
    return f"{cell} in {environment}"
