"""A finding as one program for an upstream issue: a few lines that call the library, both sets of versions, the ratio.

A row of summary.json holds all that the program needs. `python -m releases reproduce ID` prints or runs it.
"""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from string import Template
from tempfile import TemporaryDirectory
from textwrap import indent
from typing import Any

from asv_verdict.asv_io.benchmarks import Benchmark, parameters_of
from asv_verdict.asv_io.decoding import benchmark_of

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


def id_of(package: str, row: Mapping[str, Any]) -> str:
    """Eight digits by which `reproduce` finds a finding."""
    return sha256(f"{package} {row['before']} {row['after']} {row['cell']}".encode()).hexdigest()[:8]


def needs(cell: str, benchmark: Benchmark, pins: tuple[Mapping[str, str], Mapping[str, str]]) -> dict[str, Any] | None:
    """What the program of a cell needs besides its finding: the parameters, and the packages of both environments.

    None if the cell has no kernel, or is neither the time of a gradient nor of a compilation. `pins` are the installed
    versions before and after.
    """
    parameters = dict(zip(benchmark.parameter_names, parameters_of(cell, benchmark), strict=True))
    values = {name: ast.literal_eval(value) for name, value in parameters.items()}
    module, problem, _ = benchmark_of(cell).split(".")
    backend = str(values.get("backend"))
    is_time = module == "gradients" or (module, values.get("stage")) == ("stages", "compile")
    if not _kernel(problem, backend).exists() or not is_time or values.get("mode") != MODES.get(problem, "reverse"):
        return None
    return {"parameters": values, "requirements": [_requirements(each, backend) for each in pins]}


def reproduction(row: Mapping[str, Any], summary: Mapping[str, Any]) -> str:
    """The text of the program of a finding, which is a row of `summary`."""
    cell, values = row["cell"], row["needs"]["parameters"]
    backend, stage = values["backend"], values.get("stage")
    size, dtype = next(iter(values.values())), values["dtype"]
    body = (_JAX if backend == "jax" else _AUTOGRAD).format(size=size, dtype=dtype, double=dtype == "float64")
    if stage:
        body += _JAX_COMPILING
    else:
        body += (_JAX_CALL if backend == "jax" else "") + _BEST_OF_CALLS
    old, new = row["needs"]["requirements"]
    package, ratio, (low, high) = summary["package"], row["ratio"], row["interval"]
    kernel = _kernel(benchmark_of(cell).split(".")[1], backend).read_text(encoding="utf-8")
    return Template((HERE / "reproduction.txt").read_text(encoding="utf-8")).substitute(
        title=f"{package} {row['before']} → {row['after']}: {_what(cell)} takes {ratio:.2f} times as long.",
        old=old,
        new=new,
        python=".".join(summary["python"].split(".")[:2]),
        file=f"{package}-{id_of(package, row)}.py",
        ratio=f"{ratio:.2f} (99 % interval {low:.2f} to {high:.2f})",
        processor=summary["processor"],
        kernel=kernel.removeprefix("import math\n\n"),  # the template has it
        measure=indent(re.sub(r"\n+", "\n", body).strip() + "\n", "    "),
        rounds=ROUNDS,
    )


def run(row: Mapping[str, Any], summary: Mapping[str, Any]) -> int:
    """Install both sets of packages in a temporary folder, run the program, and return its exit status."""
    with TemporaryDirectory(prefix="reproduce-") as folder:
        program = Path(folder, "program.py")
        program.write_text(reproduction(row, summary), encoding="utf-8")
        pythons = []
        for name, requirements in zip(("old", "new"), row["needs"]["requirements"], strict=True):
            environment = Path(folder, name)
            subprocess.run([sys.executable, "-m", "venv", environment], check=True)
            pythons.append(environment / "bin" / "python")
            command = [pythons[-1], "-m", "pip", "install", "--quiet", *requirements.split()]
            if status := subprocess.run(command, check=False).returncode:
                return status
        threads = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
        return subprocess.run([pythons[0], program, pythons[1]], env=os.environ | threads, check=False).returncode


def _kernel(problem: str, backend: str) -> Path:
    return HERE / "kernels" / backend / f"{problem.lower()}.py"


def _what(cell: str) -> str:
    return f"the compilation in {cell}" if cell.startswith("stages.") else cell


def _requirements(pins: Mapping[str, str], backend: str) -> str:
    needed = ("jax", "jaxlib", "numpy", "scipy") if backend == "jax" else ("autograd", "numpy", "scipy")
    return " ".join(f"{name}=={pins[name]}" for name in needed)
