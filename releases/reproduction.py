"""A finding as one file for an upstream issue: a few lines that call the library, both sets of versions, the ratio."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from pathlib import Path
from string import Template
from textwrap import indent

from asv_verdict.asv_io.results import Benchmark, benchmark_of, parameters_of
from releases.findings import Finding

HERE = Path(__file__).parent
_JAX = """
jax.config.update("jax_enable_x64", {double})
function, arguments = program({size}, "{dtype}")
arguments = [jax.device_put(argument) for argument in arguments]
lowered = jax.jit(function).lower(*arguments)
"""
_JAX_COMPILING = """
start = time.perf_counter()
lowered.compile()
return time.perf_counter() - start
"""
_JAX_CALL = """
compiled = lowered.compile()
run = lambda: compiled(*arguments).block_until_ready()
"""
_AUTOGRAD = """
function, arguments = program({size}, "{dtype}")
run = lambda: function(*arguments)
"""
_BEST_OF_CALLS = """
best, end = math.inf, time.perf_counter() + 2
while time.perf_counter() < end:
    start = time.perf_counter()
    run()
    best = min(best, time.perf_counter() - start)
return best
"""
#: The mode of a problem's kernel, if it is not reverse.
MODES = {"TimelineJacobian": "forward"}
#: Processes of each environment; the environments alternate.
ROUNDS = 5


def reproduction(
    finding: Finding,
    benchmark: Benchmark,
    pins: tuple[Mapping[str, str], Mapping[str, str]],
    file: str,
    python: str,
    processor: str,
) -> str | None:
    """The text of the file; None if the cell has no kernel, or is neither the time of a gradient nor of a compilation.

    `pins` are the installed versions before and after.
    """
    cell = finding.change.cell
    parameters = dict(zip(benchmark.parameter_names, parameters_of(cell, benchmark), strict=True))
    values = {name: ast.literal_eval(value) for name, value in parameters.items()}
    module, problem, _ = benchmark_of(cell).split(".")
    backend, stage = values.get("backend"), values.get("stage")
    kernel = HERE / "kernels" / str(backend) / f"{problem.lower()}.py"
    is_time = module == "gradients" or (module, stage) == ("stages", "compile")
    if not kernel.exists() or not is_time or values.get("mode") != MODES.get(problem, "reverse"):
        return None
    size, dtype = next(iter(values.values())), values["dtype"]
    body = (_JAX if backend == "jax" else _AUTOGRAD).format(size=size, dtype=dtype, double=dtype == "float64")
    if stage:
        body += _JAX_COMPILING
    else:
        body += (_JAX_CALL if backend == "jax" else "") + _BEST_OF_CALLS
    ratio, (low, high) = finding.change.ratio, finding.change.interval
    return Template((HERE / "reproduction.txt").read_text(encoding="utf-8")).substitute(
        title=f"{finding.before.name} → {finding.after.version}: {_what(cell)} takes {ratio:.2f} times as long.",
        old=_requirements(pins[0], str(backend)),
        new=_requirements(pins[1], str(backend)),
        python=python,
        file=file,
        ratio=f"{ratio:.2f} (99 % interval {low:.2f} to {high:.2f})",
        processor=processor,
        kernel=kernel.read_text(encoding="utf-8").removeprefix("import math\n\n"),  # the template has it
        measure=indent(re.sub(r"\n+", "\n", body).strip() + "\n", "    "),
        rounds=ROUNDS,
    )


def _what(cell: str) -> str:
    return f"the compilation in {cell}" if cell.startswith("stages.") else cell


def _requirements(pins: Mapping[str, str], backend: str) -> str:
    needed = ("jax", "jaxlib", "numpy", "scipy") if backend == "jax" else ("autograd", "numpy", "scipy")
    return " ".join(f"{name}=={pins[name]}" for name in needed)
