"""The commits that a night compares head with."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from asv_verdict.model import PREVIOUS, REFERENCE, Change, Remarks, State
from asv_verdict.project import BadSetting, Settings
from asv_verdict.records.past_nights import Night
from asv_verdict.vcs.git import GitFailed
from asv_verdict.vcs.repository import Repository

SECONDS_OF_A_DAY = 86_400.0


def last_judged(nights: Sequence[Night], repository: Repository, head: str) -> str | None:
    """The last judged commit on the first-parent line before `head`."""
    line = set(repository.line(head))
    return next(
        (
            night.head
            for night in reversed(nights)
            if night.head in line and night.report.measured and night.head != head
        ),
        None,
    )


def baselines_of(
    settings: Settings, repository: Repository, head: str, last: str | None, changes: Iterable[Change] = ()
) -> dict[str, str]:
    """The commits of the baselines: the last judged one, and the reference if it differs.

    A reference on another line is replaced by its merge base with head, which lacks the changes of that line. If a
    night on head left `changes` against its reference inconclusive, that reference stays: a tag may have moved since.
    Raises BadSetting if the setting `reference` names no commit of this history.
    """
    reference = (
        _merge_base(settings.reference, repository, head)
        if settings.reference
        # A tag that moves to the newest commit each day, such as `nightly`, would hide a drift.
        else repository.last_tag(last or head) or repository.before(head, settings.reference_days * SECONDS_OF_A_DAY)
    )
    baselines = {PREVIOUS: last} if last else {}
    earlier = (one.base for one in changes if (one.state, one.baseline) == (State.INCONCLUSIVE, REFERENCE))
    reference = next(earlier, reference)
    if reference not in (head, last):
        baselines[REFERENCE] = reference
    return baselines


def _merge_base(reference: str, repository: Repository, head: str) -> str:
    try:
        return repository.merge_base(repository.commit(reference), head)
    except GitFailed as error:
        raise BadSetting(f"reference = {reference!r}: {error}") from None


def without_baseline(baselines: Mapping[str, str], nights: Sequence[Night], head: str) -> Remarks:
    """A note on the first night, or what a later one could not compare, if head has no baseline."""
    judged = [night.head for night in nights if night.head != head and night.report.measured]
    if baselines:
        return Remarks()
    if not judged:
        return Remarks(notes=("there is no baseline yet: this is the first night or the first commit",))
    sentence = (
        f"nothing was compared: the clone lacks {judged[-1][:8]}, the last judged commit, and all earlier ones; "
        "a shallow clone needs its history (`git fetch --unshallow`)"
    )
    return Remarks((sentence,))
