"""Named selections of cells: `python -m benchmarks.selections nightly` prints the expression for `asv run --bench`.

The rows of benchmarks/table/ say which of their cells a selection holds. ASV starts a process for each selected cell,
even for one that is then skipped. Other cells cost no time.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from hashlib import sha256
from typing import Any, NamedTuple

from benchmarks.quantities import ANY_BACKEND, OF_GPU, PARTS, STAGES
from benchmarks.rows import MODES, Pick, Row, pick
from benchmarks.table import ROWS


class Cells(NamedTuple):
    """Cells of one benchmark: every combination of the allowed values, a list for each parameter."""

    benchmark: str
    allowed: Sequence[Sequence[Any]]

    @property
    def pattern(self) -> str:
        """The expression that matches their names in ASV."""
        values = ("(" + "|".join(re.escape(repr(value)) for value in each) + ")" for each in self.allowed)
        return rf"^{re.escape(self.benchmark)}\({', '.join(values)}\)$"


class Selection(NamedTuple):
    """A named set of cells, by the expressions that match their names."""

    patterns: tuple[str, ...]

    @property
    def version(self) -> str:
        """Eight digits of a hash, which change with the cells."""
        return sha256("\n".join(sorted(self.patterns)).encode()).hexdigest()[:8]


def _cells(row: Row, benchmark: str, choice: Pick, **further: list[Any]) -> Cells:
    """The cells of `choice`; `further` are parameters that the benchmark has after those of the row."""
    values = {**further, **choice.values}
    return Cells(benchmark, [values[name] for name in (*row.parameters, *further)])


def _placed(row: Row, selection: str) -> Iterator[Cells]:
    """The cells that a selection of the CPU holds of a row."""
    place = row.places[selection]
    for choice in place.time:
        yield _cells(row, f"gradients.{row.name}.{row.method}", choice)
    for choice in place.stages:
        yield _cells(row, f"stages.{row.name}.time_stage", choice, stage=STAGES)
    for choice in place.costs:
        for quantity in choice.quantities:
            yield _cells(row, f"costs.{row.name}.track_{quantity}", choice)


def _on_gpu(row: Row) -> Iterator[Cells]:
    """JAX on a GPU: a call, its parts, memory, error and distance to the roofline."""
    for on_jax in (Pick({"backend": ["jax"], **choice.values}) for choice in row.places["gpu"].time):
        yield _cells(row, f"gradients.{row.name}.{row.method}", on_jax)
        yield _cells(row, f"device.{row.name}.time_part", on_jax, part=PARTS)
        for quantity in OF_GPU:
            yield _cells(row, f"costs.{row.name}.track_{quantity}", on_jax)


def _over_sizes(row: Row) -> Iterator[Cells]:
    """Time, memory and error at every size of the page, and the build time at the smallest and the largest.

    Build time hardly depends on the size.
    """
    assert row.page
    (size, *others), sizes = row.parameters, list(row.page.sizes)
    every = pick(**{size: sizes, **{name: row.parameters[name] for name in others}, "mode": MODES, "dtype": "float64"})
    yield _cells(row, f"gradients.{row.name}.{row.method}", every)
    for quantity in ANY_BACKEND:
        yield _cells(row, f"costs.{row.name}.track_{quantity}", every)
    ends = Pick({**every.values, size: [sizes[0], sizes[-1]]})
    yield _cells(row, f"stages.{row.name}.time_stage", ends, stage=STAGES)


def _patterns(cells: Iterable[Cells]) -> tuple[str, ...]:
    return tuple(each.pattern for each in cells)


def _of_rows(selection: str) -> tuple[str, ...]:
    return _patterns(each for row in ROWS.values() if selection in row.places for each in _placed(row, selection))


_WATCHED = (r"^fingerprints\.", r"^controls\.")

SELECTIONS: Mapping[str, Selection] = {
    # Cells for the main questions, at most 100 timed ones. They cover every problem, backend, mode and dtype.
    "nightly": Selection((*_WATCHED, *_of_rows("nightly"))),
    # Cells for a release of JAX, autograd or NumPy, at most 20 timed ones: kernels whose time has changed in a release.
    "releases": Selection((*_WATCHED, *_of_rows("releases"))),
    # Cells of the page "Gradient cost": every size, backend and mode in float64.
    "sizes": Selection(_patterns(each for row in ROWS.values() if row.page for each in _over_sizes(row))),
    # Cells for a GPU: sizes that fill it, both dtypes, and one size so small that dispatch dominates. Two rounds take
    # at most ten minutes.
    "gpu": Selection(
        (r"^rates\.", *_patterns(each for row in ROWS.values() if "gpu" in row.places for each in _on_gpu(row))),
    ),
    # A few of these cells on the CPU of the same machine, for a second line in the plots.
    "beside-gpu": Selection(_of_rows("beside-gpu")),
    # All cells of the CPU; this takes many hours.
    "full": Selection((r"^(?!device\.|rates\.)",)),
}


def expression(name: str) -> str:
    """The regular expression of a selection for `asv run --bench`. Raises SystemExit for an unknown name."""
    if name not in SELECTIONS:
        raise SystemExit(f"unknown selection {name!r}; allowed: {', '.join(SELECTIONS)}")
    return "|".join(SELECTIONS[name].patterns)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        raise SystemExit(f"usage: python -m benchmarks.selections {{{','.join(SELECTIONS)}}}")
    print(expression(sys.argv[1]))
