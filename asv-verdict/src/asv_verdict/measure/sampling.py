"""How much of a cell is measured: what the suite says for a value that is stored, and less for one that is compared.

A commit that has a stored value keeps it, so a new value is compared and then forgotten. It comes from fewer processes.

A confirming round takes still less, because only rounds show whether a ratio holds: a quarter of the suite's processes,
at least one, and more only if they take little time beside what the round itself takes, such as its imports. It takes
only as many samples in each process as pay: fewer if `setup` or a call takes long, or if processes differ more than the
samples within one of them.
"""

from __future__ import annotations

import contextlib
import json
import math
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from statistics import fmean, median, variance
from typing import Any

from asv_verdict.asv_io.benchmarks import Benchmark

#: The most processes of a value that is only compared (docs/decisions/how-a-time-is-measured.md).
PROCESSES_OF_COMPARED = 4
#: A round of a confirmation takes one of this number of the suite's processes.
SHARE_OF_PROCESSES = 4
#: The fewest rounds from which the scatter between processes is computed.
LEAST_ROUNDS = 4
#: The largest ratio of the scatter within a process to that between processes, and its inverse the smallest: a few
#: rounds do not show more.
LARGEST_RATIO = 4.0
#: A round takes fewer samples only if the same variance then takes this much less time.
LEAST_GAIN = 1.5
#: The variance of a median of many normal numbers, times their number, divided by their own variance.
VARIANCE_OF_MEDIAN = math.pi / 2


@dataclass(frozen=True)
class Sampling:
    """The processes for a value, and the samples in each of them; 0 stands for the suite's own number.

    `share` is the part of the suite's own processes.
    """

    processes: int = 0
    samples: int = 0
    share: float = 1.0

    @property
    def options(self) -> tuple[str, ...]:
        """The options of `asv run`."""
        numbers = {"rounds": self.processes, "repeat": self.samples}
        return tuple(word for name, number in numbers.items() if number for word in ("-a", f"{name}={number}"))


def of_compared(benchmark: Benchmark) -> Sampling:
    """The sampling of a value that is compared and not stored."""
    processes = min(PROCESSES_OF_COMPARED, benchmark.processes)
    if processes == benchmark.processes:
        return Sampling()
    return Sampling(processes, share=processes / benchmark.processes)


@dataclass(frozen=True)
class _Cost:
    """Seconds that a round, a process and one more sample take, and the suite's own number of samples in a process."""

    round: float
    process: float
    sample: float
    samples: int

    def of_process(self, samples: int) -> float:
        """Seconds of a process with this number of samples."""
        return self.process + samples * self.sample


@dataclass
class Plan:
    """The sampling of each benchmark in the rounds of a session, learned from the rounds so far."""

    benchmarks: Mapping[str, Benchmark]
    _costs: dict[str, _Cost] = field(default_factory=dict)
    #: The variances of the logarithms of the samples within a process, by benchmark.
    _within: defaultdict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    #: The logarithms of the values of the rounds, by benchmark, and by commit and place of the cell.
    _values: defaultdict[str, defaultdict[tuple[str, int], list[float]]] = field(
        default_factory=lambda: defaultdict(lambda: defaultdict(list))
    )

    def of(self, benchmark: str) -> Sampling:
        """The sampling of the next round."""
        return Sampling(self._processes(benchmark), self._samples(benchmark))

    def rounds_of_value(self, benchmark: str) -> float:
        """The number of rounds that take as many processes as a stored value."""
        return self._own_processes(benchmark) / self._processes(benchmark)

    def learn(self, path: Path, seconds: Mapping[str, float]) -> None:
        """Add a result file of ASV with the samples of a round, and the seconds that each cell took.

        The processes of the round were forked: others import the suite, which would pass for the time of `setup`.
        """
        # A benchmark may return anything.
        with contextlib.suppress(OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
            content = json.loads(path.read_text(encoding="utf-8"))
            for name, row in content["results"].items():
                columns = dict(zip(content["result_columns"], row, strict=False))
                took = [seconds[cell] for cell in self.benchmarks[name].cells if cell in seconds]
                self._learn(name, content["commit_hash"] + content["env_name"], columns, fmean(took) if took else 0.0)

    def _learn(self, name: str, commit: str, columns: Mapping[str, Any], seconds: float) -> None:
        samples, counts, values = (columns.get(one) or [] for one in ("samples", "stats_number", "result"))
        measured = [
            (own, count)
            for own, count in zip(samples, counts, strict=False)
            if own and count and all(math.isfinite(sample) and sample > 0 for sample in own)
        ]
        if not measured:
            return
        for place, value in enumerate(values):
            if value is not None and math.isfinite(value) and value > 0:
                self._values[name][commit, place].append(math.log(value))
        for own, _ in measured:
            if len(own) > 1:
                self._within[name].append(variance(list(map(math.log, own))))
        if name not in self._costs:
            processes = self._processes(name)
            runs = len(measured) * processes
            own_samples = max(1, round(fmean(len(own) for own, _ in measured) / processes))
            timed = sum(sum(own) * count for own, count in measured) / runs
            duration = columns.get("duration")
            warm_up = self.benchmarks[name].warmup_time
            other = max(0.0, float(duration) / runs - timed - warm_up) if isinstance(duration, int | float) else 0.0
            # ASV calls `setup` before the warm-up, and again before each sample.
            setup = other / (own_samples + 1)
            cost = _Cost(0.0, warm_up + setup, timed / own_samples + setup, own_samples)
            self._costs[name] = replace(cost, round=max(0.0, seconds - processes * cost.of_process(own_samples)))

    def _processes(self, benchmark: str) -> int:
        """The number of processes with the smallest variance in a given time, if rounds differ as processes do."""
        own = self._own_processes(benchmark)
        pays = 0
        if cost := self._costs.get(benchmark):
            samples = self._samples(benchmark) or cost.samples
            pays = round(math.sqrt(cost.round / cost.of_process(samples)))
        return min(own, max(1, own // SHARE_OF_PROCESSES, pays))

    def _own_processes(self, benchmark: str) -> int:
        return self.benchmarks[benchmark].processes if benchmark in self.benchmarks else 1

    def _samples(self, benchmark: str) -> int:
        """The number of samples that yields the smallest variance in a given time (Cochran 1977, section 10.6).

        It is 0, for the suite's own number, unless fewer samples pay.
        """
        cost = self._costs.get(benchmark)
        if cost is None:
            return 0
        within = self._ratio(benchmark)
        # Its part of the time of a round, if that has few processes.
        process = cost.process + cost.round / max(1, self._own_processes(benchmark) // SHARE_OF_PROCESSES)

        def variance_by_time(samples: int) -> float:
            return (1 + within / samples) * (process + samples * cost.sample)

        best = max(1, round(math.sqrt(process / cost.sample * within)))
        return best if variance_by_time(best) * LEAST_GAIN <= variance_by_time(cost.samples) else 0

    def _ratio(self, benchmark: str) -> float:
        """The variance within a process divided by that between processes; 1 if it is unknown."""
        series = [values for values in self._values[benchmark].values() if len(values) >= LEAST_ROUNDS]
        if not series or not self._within[benchmark]:
            return 1.0
        within = median(self._within[benchmark])
        samples = max(1, self._costs[benchmark].samples if benchmark in self._costs else 1)
        between = median(map(variance, series)) - VARIANCE_OF_MEDIAN * within / samples
        if between <= within / LARGEST_RATIO:
            return LARGEST_RATIO
        return max(within / between, 1 / LARGEST_RATIO)
