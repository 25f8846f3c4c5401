"""Command line: what runs (`list`), one case (`run CASE`), and which gradient to use (`compare PROBLEM --n SIZE`)."""

from __future__ import annotations

import argparse
import math
import os
import signal
import sys
import time
from typing import Any

import numpy as np

from autodiff_kernels.accuracy import tolerance
from autodiff_kernels.cases import Case, InvalidCase, Unsupported
from autodiff_kernels.matrix import cell_lines, support_matrix
from autodiff_kernels.modes import MODES
from autodiff_kernels.offers import BACKENDS, DTYPES
from autodiff_kernels.problems import PROBLEMS
from autodiff_kernels.programs import Program, WrongResult, build
from autodiff_kernels.ranking import Cost, candidates, measure, table, why_left_out


def main(arguments: list[str] | None = None) -> int:
    """Run one command; 0 when it did what was asked, 2 for a bad request, 1 for a wrong result."""
    options = _parser().parse_args(arguments)
    try:
        for line in options.command(options):
            print(line)
    except (InvalidCase, Unsupported, WrongResult, MemoryError) as error:
        print(error, file=sys.stderr)
        return 1 if isinstance(error, WrongResult) else 2
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m autodiff_kernels", description=__doc__)
    commands = parser.add_subparsers(required=True)
    listing = commands.add_parser("list", help="the support matrix: which cells run, which do not and why")
    listing.add_argument("--problem", choices=PROBLEMS)
    listing.add_argument("--backend", choices=BACKENDS)
    listing.add_argument("--mode", choices=MODES)
    listing.add_argument("--cells", action="store_true", help="one line a cell, as `run` takes it, with its reason")
    listing.set_defaults(command=_list)
    run = commands.add_parser("run", help="build one case, check it and time it")
    run.add_argument(
        "case", help="for example mvn/jax/reverse/n=1000 or timeline/autograd/forward/m=400/formulation=cdf"
    )
    run.add_argument("--seconds", type=float, default=1.0, help="how long to repeat the call (default 1)")
    run.set_defaults(command=_run)
    compare = commands.add_parser("compare", help="measure every backend and mode of a problem now, and rank them")
    compare.add_argument("problem", choices=PROBLEMS)
    for name in dict.fromkeys(problem.size_name for problem in PROBLEMS.values()):
        owners = ", ".join(problem.name for problem in PROBLEMS.values() if problem.size_name == name)
        compare.add_argument(f"--{name}", type=int, metavar="SIZE", help=f"the size of {owners}")
    compare.add_argument("--dtype", choices=DTYPES, default=DTYPES[0])
    compare.add_argument("--formulation", default="", help="default: the first that the problem has")
    compare.add_argument("--backend", choices=BACKENDS, action="append", help="default: all; may be given twice")
    compare.add_argument("--seconds", type=float, default=1.0, help="how long to repeat each call (default 1)")
    compare.set_defaults(command=_compare)
    return parser


def _list(options: argparse.Namespace) -> list[str]:
    filters = {name: getattr(options, name) for name in ("problem", "backend", "mode") if getattr(options, name)}
    return cell_lines(filters) if options.cells else support_matrix(filters)


def _run(options: argparse.Namespace) -> list[str]:
    case = Case.parse(options.case)
    program = build(case)
    calls, best, result = _best_of(program, options.seconds)
    stages = ", ".join(f"{stage} {_duration(seconds)}" for stage, seconds in program.seconds.items())
    work = ", ".join(f"{name} {_count(name, count)}" for name, count in program.work().items())
    return [
        f"case      {case}",
        f"result    {_brief(np.asarray(result))}",
        f"error     {program.error:.1e} against the float64 oracle; {tolerance(case):.0e} is allowed",
        f"time      {_duration(best)}, the best of {calls:,} calls",
        *_rate(case, best),
        f"before    {stages.replace('_', ' ')}",
        f"work      {work.replace('_', ' ')}",
    ]


def _rate(case: Case, seconds: float) -> list[str]:
    """A line where the operations are counted, which they are of the value and the first derivative."""
    if MODES[case.mode].is_second_order or (case.definition.fits and case.mode != "value"):
        return []
    operations = case.form.operations(case.size)
    needed = operations.value if case.mode == "value" else operations.derivative
    return [f"rate      {needed / seconds / 1e9:.3g} GFlop/s of the {needed:,.0f} operations that the formula needs"]


def _compare(options: argparse.Namespace) -> list[str]:
    size_name = PROBLEMS[options.problem].size_name
    size = getattr(options, size_name)
    if size is None:
        raise InvalidCase(f"the size of {options.problem} is {size_name}; add --{size_name} NUMBER")
    cases = candidates(options.problem, size, options.dtype, options.formulation, options.backend or list(BACKENDS))
    reasons = {case: reason for case in cases if (reason := why_left_out(case))}
    running = [case for case in cases if case not in reasons]

    def tell(number: int, case: Case) -> None:
        print(f"{number} of {len(running)}: {case}", file=sys.stderr, flush=True)

    costs = []
    for case, found in zip(running, measure(running, options.seconds, tell), strict=True):
        if isinstance(found, Cost):
            costs.append(found)
        else:
            reasons[case] = found
    if not costs:
        raise Unsupported("\n".join(f"{case}: {reason}" for case, reason in reasons.items()))
    return [
        *table(costs, _duration),
        "",
        "time: the shortest call; memory: the peak of making and first call; before: all that comes before the first",
        "result, with a first call; pays after: calls from which it is cheaper than what is cheapest for one call",
        *(f"not measured: {case.backend} {case.mode}: {reason}" for case, reason in reasons.items()),
    ]


def _best_of(program: Program, seconds: float) -> tuple[int, float, Any]:
    """Call `program` for `seconds`, at least once; return how often, the shortest call and the last result."""
    calls, best, result = 0, math.inf, None
    deadline = time.perf_counter() + seconds
    while calls == 0 or time.perf_counter() < deadline:
        start = time.perf_counter()
        result = program.run()
        best = min(best, time.perf_counter() - start)
        calls += 1
    return calls, best, result


def _count(name: str, count: int) -> str:
    return f"{count:012x}" if name == "program_hash" else f"{count:,}"


def _brief(result: np.ndarray) -> str:
    with np.printoptions(precision=8, threshold=8, edgeitems=2):
        text = " ".join(str(result).split())
    return f"{text} shape {result.shape} {result.dtype}"


def _duration(seconds: float) -> str:
    for unit, scale in (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6)):
        if seconds >= scale:
            return f"{seconds / scale:.3g} {unit}"
    return f"{seconds / 1e-9:.3g} ns"


def _restart_on_one_core() -> None:
    """Start this command again on one core with one BLAS thread, as the suite measures.

    NumPy's BLAS has made its threads by the time this module runs, so nothing less than a new process will do.
    """
    if "AUTODIFF_KERNELS_ONE_CORE" in os.environ:
        return
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    os.environ.update(AUTODIFF_KERNELS_ONE_CORE="1", OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1")
    os.execv(sys.executable, [sys.executable, "-m", "autodiff_kernels", *sys.argv[1:]])


if __name__ == "__main__":
    # A reader that has seen enough, as in `list | head`, ends the command in silence.
    if hasattr(signal, "SIGPIPE"):
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    _restart_on_one_core()
    sys.exit(main())
