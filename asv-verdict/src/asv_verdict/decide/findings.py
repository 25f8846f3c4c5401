"""What a run found: how many cells it measured, and the judged changes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from asv_verdict.decide.changes import Judged
from asv_verdict.model import Outcome, Remarks


@dataclass(frozen=True)
class Findings:
    """The numbers of expected and measured cells, the changes, and the sentences of all steps.

    `missing` has a sentence for each expected cell without a number; `left_out` names the cells not reached in time.
    """

    expected: int = 0
    measured: int = 0
    missing: tuple[str, ...] = ()
    judged: Judged = field(default_factory=Judged)
    remarks: Remarks = field(default_factory=Remarks)
    left_out: tuple[str, ...] = ()

    @property
    def outcome(self) -> Outcome:
        """The numbers of cells, the changes and the sentences together."""
        return Outcome(
            expected=self.expected,
            measured=self.measured,
            changes=list(self.judged.changes),
            missing=list(self.missing),
            undecided=_each_once(self.remarks.undecided),
            problems=_each_once(self.remarks.problems),
        )


def _each_once(sentences: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(sentences))
