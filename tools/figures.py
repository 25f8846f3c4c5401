"""The numbers in the sentences of the documents, each computed from the data of a table."""

from __future__ import annotations

import math
from typing import Any

from autodiff_kernels import Case
from tools import gpu_table, repeatability
from tools.blocks import FIGURES, Figure
from tools.documents import Table, load, render
from tools.highlights import JAX, finding
from tools.peers.contestants import FLOOR, OURS

Data = dict[str, Any]
INDEX = ("finding", "number", "command", "commit", "date")


def index(data: Data) -> list[Table]:
    """A row for each figure, with its provenance."""
    return [Table(INDEX, [_index_row(name, figure) for name, figure in FIGURES.items()])]


def _index_row(name: str, figure: Figure) -> list[str]:
    data = load(figure.data[0])
    if figure.layout.startswith("tools.figures:repeat"):
        data = repeatability.provenance(data)
    command, commit, date = figure.provenance or (data["command"], data["commit"], data["date"])
    return [f"[{figure.sentence}]({figure.page})", f"{render(name)}{figure.unit}", f"`{command}`", commit, date]


def index_shape() -> tuple[tuple[int, int], ...]:
    """A row for each figure."""
    return ((len(FIGURES), len(INDEX)),)


def _ratio(main: Data, problem: str, backend: str, mode: str, other: str = "explicit") -> str:
    """The time of `mode` over that of `other`, in a row of the main table."""
    (seconds,) = (row["seconds"] for row in main["rows"] if (row["problem"], row["backend"]) == (problem, backend))
    return f"{seconds[mode] / seconds[other]:.1f}"


_LARGE, _TIMELINE = "MVN log-density, n = 1000", "timeline Jacobian, 40,000 × 2"


def jax_reverse_over_explicit(main: Data) -> str:
    """MVN log-density, n = 1000."""
    return _ratio(main, _LARGE, "jax", "reverse")


def autograd_reverse_over_explicit(main: Data) -> str:
    """MVN log-density, n = 1000."""
    return _ratio(main, _LARGE, "autograd", "reverse")


def jax_custom_rule_over_explicit(main: Data) -> str:
    """MVN log-density, n = 1000."""
    return _ratio(main, _LARGE, "jax", "custom_rule")


def autograd_custom_rule_over_explicit(main: Data) -> str:
    """MVN log-density, n = 1000."""
    return _ratio(main, _LARGE, "autograd", "custom_rule")


def jax_forward_over_explicit(main: Data) -> str:
    """Timeline Jacobian, 40,000 × 2."""
    return _ratio(main, _TIMELINE, "jax", "forward")


def autograd_forward_over_explicit(main: Data) -> str:
    """Timeline Jacobian, 40,000 × 2."""
    return _ratio(main, _TIMELINE, "autograd", "forward")


def timeline_reverse_memory(main: Data) -> str:
    """The memory that JAX's reverse mode would need for the timeline Jacobian, 40,000 × 2; computed, not measured."""
    case = Case.parse("timeline/jax/reverse/m=40000")
    return f"{case.output_count**2 * case.parameter_count * 8 / 1e9:.1f} GB"


def _fit(modes: Data, backend: str) -> str:
    """Reverse mode over the custom rule, in a fit to 240 points. The custom rule must be the best mode of the row."""
    (table,) = (table for table in modes["tables"] if table["title"].startswith("Gaussian process fit"))
    (row,) = (row for row in table["rows"] if row[:3] == ["n = 240", backend, "custom rule"])
    others = dict(part.rsplit(" ", 1) for part in row[7].split(", "))
    return f"{float(others['reverse']) / float(row[4]):.1f}"


def fit_reverse_over_rule_jax(modes: Data) -> str:
    """Gaussian process fit to 240 points."""
    return _fit(modes, "jax")


def fit_reverse_over_rule_autograd(modes: Data) -> str:
    """Gaussian process fit to 240 points."""
    return _fit(modes, "autograd")


def fastest_peer_over_ours(peers: Data) -> str:
    """The fastest other library over the fastest program of this package, n = 1000."""
    others = [ratio for name, ratio in peers["ratios"]["1000"].items() if name not in OURS and name != FLOOR]
    return f"{min(others):.1f}"


def ours_over_roofline(peers: Data) -> str:
    """The fastest program of this package over the roofline, n = 1000."""
    seconds = peers["seconds"]["1000"]
    return f"{min(seconds[name] for name in OURS) / seconds[FLOOR]:.1f}"


def jax_matrix_slowest(releases: Data) -> str:
    """The largest slowdown of the float32 gradient of the RBF matrix: JAX 0.4.38 over 0.4.31."""
    return f"{finding(JAX[0])['ratio']:.2f}"


def _gpu_call(gpu: Data, mode: str) -> float:
    on_gpu, _ = gpu_table.results(gpu)
    (cell,) = (one for one in gpu_table.SUMMARY[:3] if repr(mode) in one.parameters)
    return on_gpu.values[f"gradients.{cell.problem}.time_gradient({', '.join(cell.parameters)})"] or math.nan


def gpu_reverse_over_explicit(gpu: Data) -> str:
    """MVN log-density on the H200, n = 16,384: reverse mode over the explicit gradient."""
    return f"{_gpu_call(gpu, 'reverse') / _gpu_call(gpu, 'explicit'):.1f}"


def gpu_explicit_over_roofline(gpu: Data) -> str:
    """MVN log-density on the H200, n = 16,384: the busy time of the explicit gradient over the roofline."""
    (table,) = gpu_table.summary_layout(gpu)
    return f"{float(table.rows[0][4]):.1f}"


def _percent(share: float) -> str:
    return f"{100 * share:.0f}"


def repeat_3(pairs: Data) -> str:
    """The percentage of values that agree within 3 %, over all pairs."""
    return _percent(repeatability.pooled(repeatability.all_of(pairs)).shares()[0])


def repeat_5(pairs: Data) -> str:
    """The percentage of values that agree within 5 %, over all pairs."""
    return _percent(repeatability.pooled(repeatability.all_of(pairs)).shares()[1])


def repeat_10(pairs: Data) -> str:
    """The percentage of values that agree within 10 %, over all pairs."""
    return _percent(repeatability.pooled(repeatability.all_of(pairs)).shares()[2])


def repeat_3_lowest(pairs: Data) -> str:
    """The percentage of values that agree within 3 %, in the worst row of the table."""
    return _percent(repeatability.lowest_and_highest(repeatability.all_of(pairs))[0].shares()[0])


def repeat_3_highest(pairs: Data) -> str:
    """The percentage of values that agree within 3 %, in the best row of the table."""
    return _percent(repeatability.lowest_and_highest(repeatability.all_of(pairs))[1].shares()[0])


def repeat_pairs(pairs: Data) -> str:
    """The number of stored pairs."""
    return str(repeatability.pooled(repeatability.all_of(pairs)).pairs)
