"""Deterministic metrics: they have no noise, so every difference is a change."""

from __future__ import annotations

import math

from asv_verdict.decide.changes import Judged, judged
from asv_verdict.decide.measurement import Measurement, Past, name_of
from asv_verdict.decide.screening import Candidate, counted_changes
from asv_verdict.measure.builds import Builds
from asv_verdict.model import Remarks, State
from asv_verdict.records.past_nights import is_counted_already
from asv_verdict.stats.ratio import Ratio


def counted(measurement: Measurement, builds: Builds, past: Past) -> Judged:
    """Changes of deterministic metrics that no earlier night has reported: at most one for each cell.

    If the packages differ as well, the difference is a note instead of a finding.
    """
    settings, head = builds.project.settings, measurement.head
    result, there = Judged(), set()
    for index, (baseline, base) in enumerate(measurement.baselines.items()):
        for metric in counted_changes(measurement.session, base, head, settings):
            if is_counted_already(past.nights, metric.key, past.line_since(base), metric.after):
                continue
            packages = builds.changed_packages(base, head, metric.key[0])
            if packages:
                # Many packages may have changed since the reference; earlier nights noted those differences.
                if index == 0:
                    note = (
                        f"{name_of(metric.key)} changed from {metric.before:g} at {base[:8]} to {metric.after:g}; "
                        f"the packages changed too: {', '.join(packages)}"
                    )
                    result += Judged(remarks=Remarks(notes=(note,)))
                continue
            if metric.key not in there:
                there.add(metric.key)
                # Only numbers above zero have a ratio; a count may also fall to zero.
                has_ratio = metric.before > 0 and metric.after >= 0
                exact = metric.after / metric.before if has_ratio else math.inf
                seen = Ratio(exact, exact, exact)
                candidate = Candidate(metric.key, base, head, 0.0, baseline, seen)
                rounds = [(metric.before, metric.after)]
                result += judged(candidate, State.CONFIRMED, seen, rounds, measurement, settings)
    return result
