"""One problem on one machine: the cost of each choice over size, from the newest result of each cell."""

from __future__ import annotations

import ast
import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from asv_verdict.asv_io.benchmarks import Benchmark
from asv_verdict.asv_io.results import Result
from asv_verdict.site.configuration import QUANTITIES, CostPage, Problem
from asv_verdict.site.crossovers import Curve, Measured, crossings, summary
from asv_verdict.site.provenance import provenance_of
from asv_verdict.site.sums import Sums
from asv_verdict.stats.noise import Noise

#: The values of a choice's parameters, as text.
Name = tuple[str, ...]
#: A quantity and its denominator, which may be empty.
Measure = tuple[str, str]


@dataclass(frozen=True)
class Point:
    """A value at a size, its result, and the cells that add up to it."""

    value: float
    noise: float
    result: Result
    cells: tuple[str, ...]


@dataclass(frozen=True)
class View:
    """One problem on one machine, with one value for each parameter that is neither size nor part of a choice.

    All results have the same environment, apart from the variables that identify a choice.
    """

    page: CostPage
    problem: Problem
    benchmarks: Mapping[str, Benchmark]
    variant: Mapping[str, str]
    #: The environment without the variables that identify a choice.
    environment: str
    #: The results of this machine and environment, newest first.
    results: Sequence[Result]
    #: The noise floors, by ASV's full name of an environment.
    noises: Mapping[str, Noise]
    #: By the values of the variables that identify a choice: the cells that do not run, with the reason.
    reasons: Mapping[Name, Mapping[str, str]]

    @cached_property
    def time(self) -> Benchmark:
        """The benchmark whose parameters are those of the view."""
        return self.benchmarks[self.problem.time]

    @cached_property
    def sizes(self) -> list[str]:
        """The sizes in ASV's notation, in the order of the suite."""
        return sizes_of(self.time, self.problem)

    @cached_property
    def names(self) -> list[Name]:
        """All choices, measured or not."""
        values = [map(as_text, parameter_values(self.time)[name]) for name in self.page.series]
        variables = sorted({self._variables_of(result) for result in self.results})
        return [(*parameters, *others) for parameters in itertools.product(*values) for others in variables]

    def _variables_of(self, result: Result) -> Name:
        return tuple(result.variables.get(variable, "") for variable in self.page.environment_series)

    def _variables(self, name: Name) -> Name:
        return name[len(self.page.series) :]

    def cells(self, quantity: str, name: Name, size: str) -> tuple[str, ...]:
        """The cells to add up for a quantity of a choice at a size."""
        benchmark = self.benchmarks.get(self.problem.benchmarks.get(quantity, ""))
        if benchmark is None:
            return ()
        fixed = {**dict(zip(self.page.series, name, strict=False)), self.problem.size: as_text(size), **self.variant}
        allowed = [
            [value for value in values if fixed.get(parameter, as_text(value)) == as_text(value)]
            for parameter, values in parameter_values(benchmark).items()
        ]
        return tuple(f"{benchmark.name}({', '.join(combination)})" for combination in itertools.product(*allowed))

    @cached_property
    def points(self) -> dict[str, dict[Name, dict[float, Point]]]:
        """The newest value by quantity, choice and size."""
        found: dict[str, dict[Name, dict[float, Point]]] = {}
        for quantity in self.problem.benchmarks:
            for name, size in itertools.product(self.names, self.sizes):
                cells = self.cells(quantity, name, size)
                sums = self._sums[quantity, self._variables(name)]
                for result in sums.results if cells else ():
                    value = sums.of(result, name, cells)
                    # A time or a memory of zero is wrong and does not fit a logarithmic axis; an error may be zero.
                    if value is not None and math.isfinite(value) and (value > 0 or quantity == "error"):
                        noise = max(map(self.noises[result.environment].floor, cells))
                        point = Point(value, noise, result, cells)
                        found.setdefault(quantity, {}).setdefault(name, {})[float(as_text(size))] = point
                        break
        return found

    def curves(self, measure: Measure) -> dict[Name, dict[float, Point]]:
        """The curves of a measure. Both values of a ratio come from one result if it has both."""
        quantity, denominator = measure
        found = self.points.get(quantity, {})
        if not denominator:
            return found
        ratios: dict[Name, dict[float, Point]] = {}
        for name, curve in found.items():
            other = self._denominator(name, denominator)
            below = found.get(other, {})
            for size, point in curve.items():
                if size in below:
                    same = self._sums[quantity, self._variables(name)].of(point.result, other, below[size].cells)
                    value = point.value / (same or below[size].value)
                    ratio = Point(value, max(point.noise, below[size].noise), point.result, point.cells)
                    ratios.setdefault(name, {})[size] = ratio
        return ratios

    @cached_property
    def _sums(self) -> dict[tuple[str, Name], Sums]:
        """Sums by quantity and the values of the variables that identify a choice."""
        return {
            (quantity, variables): Sums(
                [result for result in self.results if self._variables_of(result) == variables],
                self.reasons.get(variables, {}),
                {
                    name: [cells for size in self.sizes if (cells := self.cells(quantity, name, size))]
                    for name in self.names
                    if self._variables(name) == variables
                },
            )
            for quantity in self.problem.benchmarks
            for variables in set(map(self._variables, self.names))
        }

    def _denominator(self, name: Name, denominator: str) -> Name:
        values = self.page.denominators[denominator]
        parameters = (values.get(parameter, own) for parameter, own in zip(self.page.series, name, strict=False))
        return (*parameters, *self._variables(name))

    def is_ranked(self, name: Name) -> bool:
        """Whether the page ranks this choice."""
        values = dict(zip(self.page.series, name, strict=False))
        return not self.page.unranked or any(values[key] != value for key, value in self.page.unranked.items())

    def as_json(self, commits: dict[str, int]) -> dict[str, Any]:
        """The view's part of cost.json. `commits` numbers the commits; new ones are added."""
        used = {id(one.result): one.result for one in _all_points(self.points)}
        newest = sorted(used.values(), key=lambda result: -result.measured_at)
        return {
            "machine": newest[0].machine,
            "environment": self.environment,
            "variant": dict(self.variant),
            "measures": {
                "/".join(filter(None, measure)): self._measure(measure, commits)
                for measure in itertools.product(self.points, ("", *self.page.denominators))
                if measure[0] != "error" or not measure[1]  # a ratio of errors means nothing
            },
            "support": self._support(),
            "noise_is_measured": any(
                cell in self.noises[one.result.environment].differences
                for one in _all_points(self.points)
                for cell in one.cells
            ),
            "provenance": provenance_of(newest, self.page.packages),
        }

    def _measure(self, measure: Measure, commits: dict[str, int]) -> dict[str, Any]:
        curves = self.curves(measure)
        ranked = {" ".join(name): _measured(curve) for name, curve in curves.items() if self.is_ranked(name)}
        is_error = measure[0] == "error"
        words = f"Lowest {QUANTITIES[measure[0]].lower()}{f' as a multiple of {measure[1]}' if measure[1] else ''}"
        return {
            "unit": self.benchmarks[self.problem.benchmarks[measure[0]]].unit if not measure[1] else "",
            "lines": [
                {
                    "name": list(name),
                    "ranked": self.is_ranked(name),
                    "points": [
                        [
                            size,
                            point.value,
                            point.noise,
                            commits.setdefault(point.result.commit, len(commits)),
                            point.cells[0],
                        ]
                        for size, point in sorted(curve.items())
                    ],
                }
                for name, curve in curves.items()
            ],
            "words": "" if is_error else summary(ranked, self.problem.size, words),
            "crossings": [
                {**vars(crossing), "sentence": crossing.sentence(self.problem.size)}
                for crossing in ([] if is_error else crossings(ranked))
            ],
        }

    def _support(self) -> list[dict[str, Any]]:
        """By choice and size: "" if it was timed, the reason if it does not run, None if it was not measured."""
        times = self.points.get("time", {})
        rows = []
        for name in self.names:
            states: list[str | None] = []
            reasons = self.reasons.get(self._variables(name), {})
            for size in self.sizes:
                reason = next((reasons[cell] for cell in self.cells("time", name, size) if cell in reasons), None)
                states.append("" if float(as_text(size)) in times.get(name, {}) else reason)
            rows.append({"name": list(name), "ranked": self.is_ranked(name), "states": states})
        return rows


def sizes_of(benchmark: Benchmark, problem: Problem) -> list[str]:
    """The sizes that fit a logarithmic axis, in ASV's notation. Raises ValueError if one is not a number."""
    return [size for size in parameter_values(benchmark)[problem.size] if 0 < float(as_text(size)) < math.inf]


def parameter_values(benchmark: Benchmark) -> dict[str, tuple[str, ...]]:
    """The values of each parameter, in ASV's notation."""
    return dict(zip(benchmark.parameter_names, benchmark.parameters, strict=False))


def as_text(value: str) -> str:
    """A parameter's value as text, from its Python representation, which ASV stores."""
    try:
        return str(ast.literal_eval(value))
    except (ValueError, SyntaxError):
        return value


def _measured(curve: Mapping[float, Point]) -> Curve:
    return {size: Measured(point.value, point.noise) for size, point in curve.items()}


def _all_points(points: Mapping[str, Mapping[Name, Mapping[float, Point]]]) -> Iterator[Point]:
    return (point for lines in points.values() for curve in lines.values() for point in curve.values())
