"""What a night starts with, and whether there is anything left to measure."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from msgspec.structs import replace

from asv_verdict.measure.builds import MakeRunner
from asv_verdict.measure.environments import expected_environments
from asv_verdict.model import Change, State, Verdict
from asv_verdict.project import Project
from asv_verdict.records.past_nights import Night, complete_nights, joined, past_nights
from asv_verdict.records.untold import findings_of, untold
from asv_verdict.vcs.repository import Repository, head_of, repository_of

#: Verdicts that hold until there is a new commit. After any other verdict, the next night measures head again.
DECIDED = (Verdict.PASS.word, Verdict.REGRESSION.word)


@dataclass(frozen=True)
class Start:
    """What a night starts with: the project, its commits and earlier nights, and how it measures and reports."""

    project: Project
    machine: str
    say: Callable[[str], None]
    make_runner: MakeRunner
    make_dashboard: Callable[[Project], None]
    repository: Repository
    head: str
    #: The names of the configured environments.
    environments: tuple[str, ...]
    nights: Sequence[Night]
    #: The nights that ended before their report was printed and stored (records/untold.py).
    forgotten: Sequence[Night]
    problems: tuple[str, ...]
    #: Seconds of the monotonic clock.
    seconds: float = field(default_factory=time.monotonic)
    date: str = field(default_factory=lambda: datetime.now(UTC).isoformat(timespec="seconds"))

    @property
    def changes_of_head(self) -> tuple[Change, ...]:
        """The changes that earlier nights on this head reported."""
        effect = self.project.settings.effect
        return tuple(
            replace(change, effect=effect(change)) for night in joined(self.of_head) for change in night.changes
        )

    @property
    def of_head(self) -> list[Night]:
        """The earlier nights on this head."""
        return [night for night in self.nights if night.head == self.head]

    @property
    def complete(self) -> list[Night]:
        """The nights that measured the whole selection in the configured environments."""
        return complete_nights(self.nights, self.environments)


def start_of(
    project: Project,
    machine: str,
    say: Callable[[str], None],
    make_runner: MakeRunner,
    make_dashboard: Callable[[Project], None],
) -> Start:
    """The start of a night, now.

    Raises GitFailed if there is no head, and BadSetting if the configuration has no environment.
    """
    repository = repository_of(project)
    head = head_of(project)
    environments = tuple(expected_environments(project))
    problems: list[str] = []
    nights = past_nights(project.folder, machine, problems)
    return Start(
        project=project,
        machine=machine,
        say=say,
        make_runner=make_runner,
        make_dashboard=make_dashboard,
        repository=repository,
        head=head,
        environments=environments,
        nights=nights,
        forgotten=untold(nights),
        problems=tuple(problems),
    )


def night_that_holds(start: Start, selection: str, *, is_partial: bool) -> Night | None:
    """The last complete night on head, if a new one could add nothing: it decided every candidate of the same cells."""
    said = next((night for night in reversed(start.complete) if night.head == start.head), None)
    if said is None or is_partial or said.report.verdict not in DECIDED:
        return None
    is_open = bool(said.report.undecided) or any(change.state is State.INCONCLUSIVE for change in said.changes)
    # A partial night since then may have found what the complete one did not.
    partial = [night for night in start.of_head if night.report.is_partial and night.number > said.number]
    is_open |= bool(findings_of(partial))
    same = (
        said.report.selection in (None, selection)
        and said.report.configuration in (None, start.project.configuration_name)
        and said.report.environments in (None, start.environments)
    )
    return said if same and not is_open else None
