"""The file with the pairs of identical runs from which the noise floors are computed."""

from __future__ import annotations

import json
import math
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path

from asv_verdict.asv_io.pairs import is_identical, is_positive, processor_of
from asv_verdict.asv_io.results import benchmark_of
from asv_verdict.stats.noise import Noise
from asv_verdict.stats.ratio import UNKNOWN_NOISE


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
        pairs = [pair for pair in json.loads(path.read_text(encoding="utf-8"))["pairs"] if is_identical(pair)]
        if not pairs:
            problems.append(unmeasured)
            return Noise()
        counting = (
            processor if processor is not None and processor in map(processor_of, pairs) else processor_of(pairs[-1])
        )
        if None not in (processor, counting) and counting != processor:
            problems.append(
                f"the noise floors of {machine} were measured on {counting}; the processor of this run is {processor}"
            )
        for pair in pairs:
            if processor_of(pair) != counting:
                continue
            for cell, (first, second) in pair["values"].items():
                if not is_positive(first) or not is_positive(second):
                    problems.append(
                        f"{path.name}: ignored the pair {first!r}, {second!r} of {cell}: expected two positive numbers"
                    )
                elif _is_current(benchmark_of(cell), pair.get("versions", {}), versions or {}):
                    differences[cell].append(math.log(second) - math.log(first))  # their ratio may overflow
    except FileNotFoundError:
        problems.append(unmeasured)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, ArithmeticError, RecursionError) as error:
        problems.append(
            f"the noise floors in {path.name} cannot be read ({error!r}); a noise of {UNKNOWN_NOISE:.0%} is assumed"
        )
        return Noise()
    return Noise(differences)


def _is_current(benchmark: str, measured: Mapping[str, str], listed: Mapping[str, str]) -> bool:
    """Whether a benchmark was measured in its listed version; True if one of the two versions is unknown."""
    versions = measured.get(benchmark), listed.get(benchmark)
    return None in versions or versions[0] == versions[1]
