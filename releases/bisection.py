"""Which release changed a gradient? Bisect the releases between two measured ones that differ."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from asv_verdict.model import State
from releases.findings import Summary
from releases.table import Release

#: Measures some releases within a number of hours. What an earlier call measured is not measured again.
Measure = Callable[[Sequence[Release], float], Summary]


def bisected(
    measure: Measure,
    releases: Sequence[Release],
    chosen: Sequence[Release],
    hours: float,
    say: Callable[[str], None] = print,
) -> Summary:
    """Measure the `chosen` releases, then those that show between which neighbours of all `releases` a change lies.

    It ends when each confirmed change lies between neighbours, or after `hours`.
    """
    deadline = time.monotonic() + hours * 3600
    summary = measure(chosen, hours)
    while (added := middle_releases(summary, releases)) and (left := deadline - time.monotonic()) > 0:
        say(f"measuring {', '.join(one.name for one in added)}, which lie within confirmed changes")
        chosen = sorted({*chosen, *added})
        summary = measure(chosen, left / 3600)
    return summary


def middle_releases(summary: Summary, releases: Sequence[Release]) -> list[Release]:
    """For each confirmed change between neighbours of the measured releases, the middle one of those in between.

    Releases that could not be measured do not count.
    """
    found = set()
    for finding in summary.of(State.CONFIRMED):
        if summary.is_step(finding):
            first, last = releases.index(finding.before), releases.index(finding.after)
            between = [release for release in releases[first + 1 : last] if release not in summary.unmeasured]
            if between:
                found.add(between[len(between) // 2])
    return sorted(found)
