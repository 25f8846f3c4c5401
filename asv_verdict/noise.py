"""How far identical runs of each cell differ: from a file of pairs."""

from __future__ import annotations

import json
import math
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from asv_verdict.ratios import UNKNOWN_NOISE, noise_of
from asv_verdict.results import benchmark_of

#: No cell is taken for quieter than this: a pair that happens to agree to the digit proves little.
LEAST_NOISE = 0.003
#: A floor in standard deviations of the difference: were the noise normal, 9 of 10 would be below.
DEVIATIONS_OF_FLOOR = 1.645


@dataclass(frozen=True)
class Noise:
    """For each cell the logarithms of the ratios of identical runs."""

    differences: Mapping[str, list[float]] = field(default_factory=dict)

    def of(self, cell: str) -> float:
        """The standard deviation of a round's logarithm.

        A cell of few pairs is taken for at least as noisy as most; one of none for as noisy as is usual.
        """
        own = self.differences.get(cell, [])
        typical = self._typical
        if not own:
            return max(typical, UNKNOWN_NOISE)
        weight = len(own) / (len(own) + 2)
        return max(LEAST_NOISE, math.sqrt(weight * noise_of(own) ** 2 + (1 - weight) * typical**2))

    def floor(self, cell: str) -> float:
        """The difference below which most identical runs are, as a fraction."""
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
    """The pairs of `folder`/MACHINE/ENVIRONMENT.json that were measured idle and interleaved.

    The file is {"pairs": [{"values": {cell: [first, second]}, ...}]}; a pair that was measured under load, one after
    the other, or with something changed says so in `busy_processes`, `interleaved`, `slowed` or `clock`, and is left
    out. So is what was measured by another version of a benchmark (`versions`) than the one in `versions`: that is no
    noise of today's numbers. Of pairs that were measured on several processors (`measured_with.cpu`) those of
    `processor` count; where there is none of it, those of the newest pair's, which is said.
    """
    path = folder / machine / f"{environment}.json"
    unmeasured = f"no noise floors were measured for {machine}, so usual ones are assumed"
    differences: defaultdict[str, list[float]] = defaultdict(list)
    try:
        pairs = [pair for pair in json.loads(path.read_text(encoding="utf-8"))["pairs"] if _is_plain(pair)]
        if not pairs:
            problems.append(unmeasured)
            return Noise()
        counted = processor if processor is not None and processor in map(_processor, pairs) else _processor(pairs[-1])
        if None not in (processor, counted) and counted != processor:
            problems.append(f"the noise floors of {machine} were measured on {counted}, and it is {processor} tonight")
        for pair in pairs:
            if _processor(pair) != counted:
                continue
            for cell, (first, second) in pair["values"].items():
                if not _is_positive(first) or not _is_positive(second):
                    problems.append(
                        f"the noise floors in {path.name} hold {first!r} and {second!r} for {cell}: left out"
                    )
                elif _is_current(benchmark_of(cell), pair.get("versions", {}), versions or {}):
                    differences[cell].append(math.log(second / first))
    except FileNotFoundError:
        problems.append(unmeasured)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        problems.append(f"the noise floors in {path.name} cannot be read ({error!r}), so usual ones are assumed")
        return Noise()
    return Noise(differences)


def _is_positive(value: object) -> bool:
    return isinstance(value, int | float) and math.isfinite(value) and value > 0


def _processor(pair: Mapping[str, Any]) -> str | None:
    return (pair.get("measured_with") or {}).get("cpu")


def _is_current(benchmark: str, measured: Mapping[str, str], listed: Mapping[str, str]) -> bool:
    """Whether the version by which a benchmark was measured is the listed one, as far as both are known."""
    versions = measured.get(benchmark), listed.get(benchmark)
    return None in versions or versions[0] == versions[1]


def _is_plain(pair: Mapping[str, object]) -> bool:
    return (
        not pair.get("busy_processes")
        and not pair.get("slowed")
        and pair.get("interleaved", True) is True
        and pair.get("clock", "protocol") == "protocol"
    )
