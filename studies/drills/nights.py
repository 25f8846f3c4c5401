"""Small repositories that ASV measures. Each night must give the expected verdict and name the commit at fault.

A night that noise left inconclusive runs a second time, as its report advises. Only the second one counts.
"""

from __future__ import annotations

from collections.abc import Sequence

from studies.drills.project import Ended, Project
from studies.drills.row import Outcome, Task
from studies.drills.stories import FIRST, STORIES, Night
from studies.drills.suite import cell

STATUSES = {"pass": 0, "regression": 1, "broken": 2, "inconclusive": 3}
#: The largest share of nights that a busy machine may leave inconclusive.
LARGEST_OPEN = 0.25


def run(task: Task) -> Outcome:
    """Run all stories, or only the first one if the drill is small."""
    stories = dict(list(STORIES.items())[: 1 if task.is_small else None])
    nights, repeated, still_open, failures = 0, 0, 0, []
    for number, (name, story) in enumerate(stories.items()):
        project = Project(task.folder / str(number)).begin()
        code = FIRST
        commits = [project.commit("Begin", code.files())]
        for night in (Night((), "pass"), *story):
            if night.commits:
                commits = []
            for change in night.commits:
                code = change(code)
                commits.append(project.commit(f"Change {len(commits)}", code.files()))
            ended = project.verdict("nightly")
            nights += 1
            if is_open(night, ended, commits) and faults(night, ended, commits):
                repeated += 1
                ended = project.verdict("nightly")
            found = faults(night, ended, commits)
            if found and is_open(night, ended, commits):
                still_open += 1
            else:
                failures += [f"{name}, {ended.word or 'no verdict'}: {sentence}" for sentence in found]
    if still_open > LARGEST_OPEN * nights:
        failures.append(f"{still_open} of {nights} nights are inconclusive: expected at most {LARGEST_OPEN:.0%}")
    tried = f"{len(stories)} small repositories with planted changes, {nights} nights"
    right = nights - still_open - len({sentence.partition(":")[0] for sentence in failures})
    result = f"{right} nights right, {still_open} inconclusive; {repeated} ran twice"
    return Outcome(tried, result, tuple(failures))


def is_open(night: Night, ended: Ended, commits: Sequence[str]) -> bool:
    """Whether noise explains each difference from the expected result, which is then no fault.

    Noise may leave a planted change inconclusive, or leave open which of several commits made it.
    """
    planted = {cell(name): commits[number] for name, number in {**night.slower, **night.faster}.items()}
    undecided = planted.keys() - ended.confirmed.keys()
    return (
        ended.status in (STATUSES[night.word], *([] if night.word == "broken" else [STATUSES["inconclusive"]]))
        and undecided <= ended.inconclusive
        and all(planted.get(name) in among for name, among in ended.confirmed.items())
        and not _unexpected_losses(night, ended)
    )


def faults(night: Night, ended: Ended, commits: Sequence[str]) -> list[str]:
    """A sentence for each difference between the expected and the actual result of a night."""
    found = []
    if (ended.word, ended.status) != (night.word, STATUSES[night.word]):
        found.append(f"status {ended.status}: expected {night.word}, status {STATUSES[night.word]}")
    expected = {cell(name): [commits[number]] for name, number in {**night.slower, **night.faster}.items()}
    if ended.confirmed != expected:
        found.append(f"confirmed changes by cell and commits {ended.confirmed}: expected {expected}")
    if ended.report.get("regressions") != len(night.slower):
        found.append(f"regressions = {ended.report.get('regressions')}: expected {len(night.slower)}")
    if _unexpected_losses(night, ended):
        found.append(f"missing cells {ended.report.get('missing')}: expected {list(night.missing)}")
    return found


def _unexpected_losses(night: Night, ended: Ended) -> bool:
    missing = ended.report.get("missing", [])
    named = all(any(cell(name) in sentence for sentence in missing) for name in night.missing)
    return len(missing) != len(night.missing) or not named
