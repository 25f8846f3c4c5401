"""The noise floor of each cell, from a file with pairs of identical runs."""

from __future__ import annotations

import json
import math
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from asv_verdict.asv_io.results import benchmark_of
from asv_verdict.stats.ratio import UNKNOWN_NOISE, noise_of

#: The smallest noise of a cell: a pair that agrees to the digit by chance proves little.
LEAST_NOISE = 0.003
#: The fewest pairs with which the noise of a cell counts as measured. Fewer too often miss one of two speeds.
LEAST_PAIRS = 4
#: The noise floor in standard deviations: if the noise is normal, 9 of 10 differences lie below it.
DEVIATIONS_OF_FLOOR = 1.645


@dataclass(frozen=True)
class Noise:
    """The noise of one environment: for each cell the logarithms of the ratios of identical runs."""

    differences: Mapping[str, list[float]] = field(default_factory=dict)

    def of(self, cell: str) -> float:
        """The standard deviation of the logarithm of one round's ratio.

        With few pairs, the median over all cells counts as well. Without pairs, the noise is at least UNKNOWN_NOISE.
        """
        own = self.differences.get(cell, [])
        typical = self._typical
        if not own:
            return max(typical, UNKNOWN_NOISE)
        weight = len(own) / (len(own) + 2)
        return max(LEAST_NOISE, math.sqrt(weight * noise_of(own) ** 2 + (1 - weight) * typical**2))

    def is_measured(self, cell: str) -> bool:
        """Whether a cell has enough pairs to show whether it has two speeds."""
        return len(self.differences.get(cell, ())) >= LEAST_PAIRS

    def floor(self, cell: str) -> float:
        """The noise floor as a fraction: most identical runs differ by less."""
        return math.expm1(DEVIATIONS_OF_FLOOR * self.of(cell))

    @property
    def _typical(self) -> float:
        found = [noise_of(differences) for differences in self.differences.values() if differences]
        return float(np.median(found)) if found else UNKNOWN_NOISE


def read_noise(
    folder: Path,
    machine: str,
    environment: str,
    problems: list[str],
    versions: Mapping[str, str] | None = None,
    processor: str | None = None,
) -> Noise:
    """The noise from the pairs in `folder`/MACHINE/ENVIRONMENT.json that were measured interleaved on an idle machine.

    The file is {"pairs": [{"values": {cell: [first, second]}, ...}]}. A pair with background load (`busy_processes`), a
    pair that was not `interleaved`, and one with an artificial slowdown (`slowed`) or another `clock` are left out. So
    are values of another version of a benchmark than the one in `versions`. Only pairs of `processor` count. If there
    are none, the pairs of the newest pair's processor count instead, and `problems` says so.
    """
    path = folder / machine / f"{environment}.json"
    unmeasured = f"no noise floors were measured on {machine}; a noise of {UNKNOWN_NOISE:.0%} is assumed"
    differences: defaultdict[str, list[float]] = defaultdict(list)
    try:
        pairs = [pair for pair in json.loads(path.read_text(encoding="utf-8"))["pairs"] if _is_plain(pair)]
        if not pairs:
            problems.append(unmeasured)
            return Noise()
        counting = processor if processor is not None and processor in map(_processor, pairs) else _processor(pairs[-1])
        if None not in (processor, counting) and counting != processor:
            problems.append(
                f"the noise floors of {machine} were measured on {counting}; tonight's processor is {processor}"
            )
        for pair in pairs:
            if _processor(pair) != counting:
                continue
            for cell, (first, second) in pair["values"].items():
                if not _is_positive(first) or not _is_positive(second):
                    problems.append(
                        f"{path.name}: ignored the pair {first!r}, {second!r} of {cell}: expected two positive numbers"
                    )
                elif _is_current(benchmark_of(cell), pair.get("versions", {}), versions or {}):
                    differences[cell].append(math.log(second / first))
    except FileNotFoundError:
        problems.append(unmeasured)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        problems.append(
            f"the noise floors in {path.name} cannot be read ({error!r}); a noise of {UNKNOWN_NOISE:.0%} is assumed"
        )
        return Noise()
    return Noise(differences)


def _is_positive(value: object) -> bool:
    return isinstance(value, int | float) and math.isfinite(value) and value > 0


def _processor(pair: Mapping[str, Any]) -> str | None:
    return (pair.get("measured_with") or {}).get("cpu")


def _is_current(benchmark: str, measured: Mapping[str, str], listed: Mapping[str, str]) -> bool:
    """Whether a benchmark was measured in its listed version; True if one of the two versions is unknown."""
    versions = measured.get(benchmark), listed.get(benchmark)
    return None in versions or versions[0] == versions[1]


def _is_plain(pair: Mapping[str, object]) -> bool:
    return (
        not pair.get("busy_processes")
        and not pair.get("slowed")
        and pair.get("interleaved", True) is True
        and pair.get("clock", "protocol") == "protocol"
    )
