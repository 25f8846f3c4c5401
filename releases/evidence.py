"""The deterministic metrics of a program whose time has changed: evidence that does not depend on a clock."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from asv_verdict.asv_io.benchmarks import Benchmark, parameters_of
from asv_verdict.asv_io.decoding import benchmark_of
from asv_verdict.measure.session import Key, Session, is_number
from asv_verdict.project import Settings

#: The unit of a metric that identifies a program and has no magnitude.
HASH = "hash"


@dataclass(frozen=True)
class Evidence:
    """A deterministic metric of the timed program, before and after. Its cell may have another size."""

    cell: str
    unit: str
    before: float
    after: float

    @property
    def quantity(self) -> str:
        """The name of the quantity, such as `instructions` for `costs.X.track_instructions(...)`."""
        name = benchmark_of(self.cell).rpartition(".")[2]
        return name.partition("_")[2].replace("_", " ")

    @property
    def has_changed(self) -> bool:
        """Whether the metric differs before and after."""
        return self.before != self.after

    @property
    def words(self) -> str:
        """Such as `instructions 41 → 52`."""
        if self.unit == HASH:
            return "same program" if self.before == self.after else "different program"
        if self.before == self.after:
            return f"{self.quantity} {self.after:g}, unchanged"
        return f"{self.quantity} {self.before:g} → {self.after:g}"


def evidence_of(
    key: Key, base: str, head: str, session: Session, benchmarks: Mapping[str, Benchmark], settings: Settings
) -> list[Evidence]:
    """The deterministic metrics with the same problem, backend, mode and dtype as the timed cell `key`."""
    environment, cell = key
    found = []
    for other_environment, other in session.values[head]:
        if environment != other_environment or not settings.is_deterministic(other):
            continue
        if _kin(other, benchmarks) != _kin(cell, benchmarks):
            continue
        before, after = (_first_number(session.values[commit].get((environment, other), ())) for commit in (base, head))
        if is_number(before) and is_number(after):
            found.append(Evidence(other, benchmarks[benchmark_of(other)].unit, before, after))
    return found


def _kin(cell: str, benchmarks: Mapping[str, Benchmark]) -> tuple[str, ...]:
    """A key shared by all cells of a program: the problem, and all parameters except the first, which is the size."""
    benchmark = benchmarks[benchmark_of(cell)]
    return (benchmark.name.split(".")[-2], *parameters_of(cell, benchmark)[1:])


def _first_number(values: Iterable[float | None]) -> float:
    return next((value for value in values if is_number(value)), math.nan)
