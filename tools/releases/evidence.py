"""What stands beside a change of time and needs no clock: the work of the program, as it is counted."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from asv_verdict.results import Benchmark, benchmark_of, parameters_of
from asv_verdict.settings import Settings
from asv_verdict.sitting import Key, Sitting, is_number

#: The unit of what tells one program from another, and has no size.
HASH = "hash"


@dataclass(frozen=True)
class Evidence:
    """Another quantity of the same program, before and after. `cell` names its size, which may be another one."""

    cell: str
    unit: str
    before: float
    after: float

    @property
    def quantity(self) -> str:
        """`instructions` of `costs.X.track_instructions(...)`."""
        name = benchmark_of(self.cell).rpartition(".")[2]
        return name.partition("_")[2].replace("_", " ")

    @property
    def has_changed(self) -> bool:
        """Whether it is not the same before and after."""
        return self.before != self.after

    @property
    def words(self) -> str:
        """`instructions 41 → 52`."""
        if self.unit == HASH:
            return "the same program" if self.before == self.after else "another program"
        if self.before == self.after:
            return f"{self.quantity} {self.after:g} as before"
        return f"{self.quantity} {self.before:g} → {self.after:g}"


def evidence_of(
    key: Key, base: str, head: str, sitting: Sitting, benchmarks: Mapping[str, Benchmark], settings: Settings
) -> list[Evidence]:
    """What is counted of the same problem, backend, mode and precision as the cell that is timed."""
    environment, cell = key
    found = []
    for other_environment, other in sitting.values[head]:
        if environment != other_environment or not settings.is_exact(other):
            continue
        if _kin(other, benchmarks) != _kin(cell, benchmarks):
            continue
        before, after = (_first_number(sitting.values[commit].get((environment, other), ())) for commit in (base, head))
        if is_number(before) and is_number(after):
            found.append(Evidence(other, benchmarks[benchmark_of(other)].unit, before, after))
    return found


def _kin(cell: str, benchmarks: Mapping[str, Benchmark]) -> tuple[str, ...]:
    """What two benchmarks of one program share: the problem, and the parameters but its size, which comes first."""
    benchmark = benchmarks[benchmark_of(cell)]
    return (benchmark.name.split(".")[-2], *parameters_of(cell, benchmark)[1:])


def _first_number(values: Iterable[float | None]) -> float:
    return next((value for value in values if is_number(value)), math.nan)
