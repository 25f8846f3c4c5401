"""Cells whose comparison with the previous commit says little, since an earlier change may lie on either side of it."""

from __future__ import annotations

import math

from asv_verdict.asv_io.results import Unreadable, read_history
from asv_verdict.decide.measurement import Measurement, Past
from asv_verdict.decide.screening import Thresholds
from asv_verdict.decide.undecided import Undecided
from asv_verdict.measure.builds import Builds
from asv_verdict.measure.session import is_number
from asv_verdict.model import PREVIOUS, UNDECIDED, Change, Direction, State


def uncertain(measurement: Measurement, builds: Builds, thresholds: Thresholds, past: Past) -> list[Undecided]:
    """The undecided changes of these cells since the last commit whose level is known.

    A partial night may attribute a change to a range of commits that ends after the previous commit and begins before
    it. Any change that takes some of it back would count as its absence. So the cell is compared with the commit that
    this night judged, if the stored values differ by more than the threshold.
    """
    base = measurement.baselines.get(PREVIOUS)
    if base is None:
        return []
    candidates = {
        key: explained.until
        for key in measurement.expected
        if not thresholds.settings.is_deterministic(key[1])
        for explained in (past.explained(base, key),)
        if explained.is_uncertain and explained.until and explained.until not in measurement.baselines.values()
    }
    if not candidates:
        return []
    try:
        results = read_history(builds.project.results, builds.machine).results
    except Unreadable:
        return []
    stored = {(one.commit, one.environment): one for one in results}
    found = []
    for key, commit in candidates.items():
        environment, cell = key
        result = stored.get((commit, environment))
        before, after = result.values.get(cell) if result else None, measurement.on_head(key)
        if not is_number(before) or not is_number(after) or min(before, after) <= 0:
            continue
        ratio, threshold = after / before, thresholds.of(key, before)
        if abs(math.log(ratio)) > math.log1p(threshold):
            change = Change(
                cell=cell,
                environment=environment,
                baseline=UNDECIDED,
                effect=Direction.NONE.effect(ratio),
                state=State.INCONCLUSIVE,
                ratio=ratio,
                interval=(ratio, ratio),
                threshold=threshold,
                before=before,
                after=after,
                base=commit,
            )
            found.append(Undecided(change, measurement.head))
    return found
