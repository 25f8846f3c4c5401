"""Coverage: cells without a number, cells that could not be compared, benchmarks that may measure nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from asv_verdict.decide.insensitive import insensitive
from asv_verdict.decide.measurement import Measurement, name_of
from asv_verdict.decide.screening import Thresholds, without_ratio
from asv_verdict.measure.session import Key, is_number
from asv_verdict.model import Remarks, baseline_in_words
from asv_verdict.project import Settings
from asv_verdict.records.accepted import Accepted, is_gone_with_consent
from asv_verdict.stats.noise import Noise


@dataclass(frozen=True)
class Coverage:
    """The cells that head has to measure, and a sentence for each of them that has no number."""

    expected: tuple[Key, ...]
    missing: tuple[str, ...]
    remarks: Remarks


def coverage(
    measurement: Measurement,
    before: frozenset[Key] = frozenset(),
    failing: Mapping[Key, str] | None = None,
    entries: Sequence[Accepted] = (),
) -> Coverage:
    """Compare the numbers of head with the cells of its suite and with `before`, those that earlier nights measured.

    `failing` holds the cells that no night has measured, each with the first commit on which it failed; `entries` may
    accept that a cell left the suite or is skipped.
    """
    works = any(is_number(measurement.on_head(key)) for key in measurement.expected)
    expected, missing, notes = [], [], []
    for key in measurement.expected:
        value, bases = measurement.on_head(key), measurement.bases_with(key)
        is_new = not bases and key not in before
        is_skipped = value is not None and not is_number(value)
        if is_skipped and (is_new or is_gone_with_consent(key[1], entries)):
            continue  # a skipped cell is expected only if a night has measured it, and nobody has accepted the loss
        first = (failing or {}).get(key, measurement.head)
        if value is None and works and is_new and first != measurement.head and not _is_late(measurement, key):
            since = f"; it first failed on {first[:8]}" if first else ""
            notes.append(f"{name_of(key)} is not expected, since no earlier commit has a number{since}")
            continue
        expected.append(key)
        if not is_number(value):
            reason = measurement.session.why(measurement.head, key[1])
            failed = f"failed{reason}" if reason else "failed, was not reached, or returned no finite number"
            why = failed if value is None else "is skipped (n/a) on head"
            since = f"; it has a number on {bases[0][:8]}" if bases else ""
            missing.append(f"{name_of(key)} {why}{since}")
    rest = sorted(key for key in before - set(expected) if not is_gone_with_consent(key[1], entries))
    lost = [key for key in rest if key[0] in measurement.environments]
    missing += [f"{name_of(key)} was measured before and is no longer in the suite" for key in lost]
    notes += _of_other_environments(key[0] for key in rest if key not in lost)
    return Coverage((*expected, *lost), tuple(missing), Remarks(notes=tuple(notes)))


def _is_late(measurement: Measurement, key: Key) -> bool:
    return key[1] in measurement.session.left_out


def _of_other_environments(environments: Iterable[str]) -> list[str]:
    """A note for each environment that tonight's configuration lacks: another one of the project may have it."""
    return [
        f"cells that were measured before in {environment}: {count}; they are not expected, since tonight's "
        "configuration of ASV lacks this environment"
        for environment, count in Counter(environments).items()
    ]


def uncompared(
    measurement: Measurement,
    settings: Settings,
    *,
    before: frozenset[Key] = frozenset(),
    unjudged: frozenset[Key] = frozenset(),
    may_be_new: bool = True,
    each_alone: bool = False,
) -> Remarks:
    """Name the cells that have a number on head but not on a baseline, and changed cells that have no ratio.

    A cell that failed on a baseline yields only a note if `may_be_new`, and if it is new or has a number on another
    baseline. It is new if earlier nights did not measure it (`before`). A cell in `unjudged`, which no night has
    measured since the reference, has to be compared with every baseline. If no cell has a number on a baseline, one
    sentence covers all cells unless `each_alone`; it is a problem if another baseline has numbers.
    """
    session = measurement.session

    def is_lost(key: Key, base: str) -> bool:
        missing = not is_number(session.latest(base, key))
        return missing and key in before and (key in unjudged or not measurement.bases_with(key))

    there = [key for key in measurement.expected if is_number(measurement.on_head(key))]
    undecided: list[str] = []
    problems: list[str] = []
    notes: list[str] = []
    for baseline, base in measurement.baselines.items():
        against = baseline_in_words(baseline)
        # A cell that the base skips has not failed, and yet an earlier night may have measured it.
        lost = [key for key in there if session.latest(base, key) is None or is_lost(key, base)]
        if there and len(lost) == len(there) and not each_alone:
            others = [other for other in measurement.baselines.values() if other != base]
            is_alone = not any(is_number(session.latest(other, key)) for other in others for key in there)
            (undecided if is_alone else problems).append(
                f"no cell was compared with {against}: {base[:8]} has no numbers"
            )
            continue
        for key in lost:
            failed = "failed" if session.latest(base, key) is None else "is skipped (n/a)"
            why = "was not reached in time" if _is_late(measurement, key) else failed
            is_open = _is_late(measurement, key) or not may_be_new or is_lost(key, base)
            (undecided if is_open else notes).append(
                f"{name_of(key)} {why} on {base[:8]}, so it was not compared with {against}{session.why(base, key[1])}"
            )
    return Remarks((*undecided, *_changed_without_ratio(measurement, settings)), tuple(problems), tuple(notes))


def _changed_without_ratio(measurement: Measurement, settings: Settings) -> Iterator[str]:
    """A sentence for each cell that has changed from or to a value that is not above zero."""
    session, earlier = measurement.session, list[str]()
    for base in measurement.baselines.values():
        for one in without_ratio(session, base, measurement.head, settings):
            # An earlier night has judged what lies between two baselines.
            if not any(is_number(session.latest(other, one.key)) for other in earlier):
                yield (
                    f"{name_of(one.key)} changed from {one.before:g} at {base[:8]} to {one.after:g}; "
                    "the change has no ratio, because one of the values is not above zero"
                )
        earlier.append(base)


def without_reaction(measurement: Measurement, thresholds: Thresholds) -> Remarks:
    """Name the benchmarks that do not react to a parameter on head."""
    notes: list[str] = []
    for environment in measurement.environments:
        values = {cell: measurement.on_head((name, cell)) for name, cell in measurement.expected if name == environment}
        noise = thresholds.noise.get(environment, Noise())
        notes += insensitive(measurement.benchmarks.values(), values, noise.floor)
    return Remarks(notes=tuple(notes))
