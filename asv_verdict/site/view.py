"""One problem on one machine: what each choice costs over size, from the newest result of each cell."""

from __future__ import annotations

import ast
import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from asv_verdict.noise import Noise
from asv_verdict.results import Benchmark, Result
from asv_verdict.site.configuration import QUANTITIES, CostPage, Problem
from asv_verdict.site.crossovers import Curve, Measured, crossings, summary
from asv_verdict.site.provenance import provenance_of
from asv_verdict.site.sums import Sums

#: The values of a choice's parameters, as text.
Name = tuple[str, ...]
#: What is drawn: a quantity, and what it is divided by, or nothing.
Measure = tuple[str, str]


@dataclass(frozen=True)
class Point:
    """A value at a size, what it was measured with, and the cells that it is the sum of."""

    value: float
    noise: float
    result: Result
    cells: tuple[str, ...]


@dataclass(frozen=True)
class View:
    """One problem on one machine, with one value for each parameter that is no choice or size.

    Its environment is one, but for the variables that are choices.
    """

    page: CostPage
    problem: Problem
    benchmarks: Mapping[str, Benchmark]
    variant: Mapping[str, str]
    #: The environment without the variables that are choices.
    environment: str
    #: Of this machine and environment, newest first.
    results: Sequence[Result]
    #: By the full name of an environment.
    noises: Mapping[str, Noise]
    #: By the values of the variables that are choices: each cell that does not run there.
    reasons: Mapping[Name, Mapping[str, str]]

    @cached_property
    def time(self) -> Benchmark:
        """The benchmark whose parameters are those of the view."""
        return self.benchmarks[self.problem.time]

    @cached_property
    def sizes(self) -> list[str]:
        """As ASV writes them, in the order of the suite."""
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
        """The cells that are summed for a quantity of a choice at a size."""
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
        """By quantity, choice and size: the newest value."""
        found: dict[str, dict[Name, dict[float, Point]]] = {}
        for quantity in self.problem.benchmarks:
            for name, size in itertools.product(self.names, self.sizes):
                cells = self.cells(quantity, name, size)
                sums = self._sums[quantity, self._variables(name)]
                for result in sums.results if cells else ():
                    value = sums.of(result, name, cells)
                    # Nothing is no time and no memory, and has no place on a logarithmic axis; an error may be nothing.
                    if value is not None and math.isfinite(value) and (value > 0 or quantity == "error"):
                        noise = max(map(self.noises[result.environment].floor, cells))
                        point = Point(value, noise, result, cells)
                        found.setdefault(quantity, {}).setdefault(name, {})[float(as_text(size))] = point
                        break
        return found

    def curves(self, measure: Measure) -> dict[Name, dict[float, Point]]:
        """What is drawn of a measure; a ratio is of values of one result, where that has both."""
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
        """By quantity and the values of the variables that are choices."""
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
        """Whether it is one of those to choose from."""
        values = dict(zip(self.page.series, name, strict=False))
        return not self.page.unranked or any(values[key] != value for key, value in self.page.unranked.items())

    def as_json(self, commits: dict[str, int]) -> dict[str, Any]:
        """For the page. `commits` numbers commits, and gets those that are new."""
        used = {id(one.result): one.result for one in _all_points(self.points)}
        newest = sorted(used.values(), key=lambda result: -result.measured_at)
        return {
            "machine": newest[0].machine,
            "environment": self.environment,
            "variant": dict(self.variant),
            "measures": {
                "/".join(filter(None, measure)): self._measure(measure, commits)
                for measure in itertools.product(self.points, ("", *self.page.denominators))
                if measure[0] != "error" or not measure[1]  # errors have no ratio that means anything
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
        words = f"Least multiple of {measure[1]}" if measure[1] else f"Least {QUANTITIES[measure[0]].lower()}"
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
        """By choice and size: why it does not run, "" where it does, None where nobody has measured."""
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
    """Those that have a place on a logarithmic axis, as ASV writes them. Raises ValueError where one is no number."""
    return [size for size in parameter_values(benchmark)[problem.size] if 0 < float(as_text(size)) < math.inf]


def parameter_values(benchmark: Benchmark) -> dict[str, tuple[str, ...]]:
    """Of each parameter, as ASV writes them."""
    return dict(zip(benchmark.parameter_names, benchmark.parameters, strict=False))


def as_text(value: str) -> str:
    """A parameter's value, of which ASV keeps the representation, as people write it."""
    try:
        return str(ast.literal_eval(value))
    except (ValueError, SyntaxError):
        return value


def _measured(curve: Mapping[float, Point]) -> Curve:
    return {size: Measured(point.value, point.noise) for size, point in curve.items()}


def _all_points(points: Mapping[str, Mapping[Name, Mapping[float, Point]]]) -> Iterator[Point]:
    return (point for lines in points.values() for curve in lines.values() for point in curve.values())
