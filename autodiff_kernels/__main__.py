"""List, time and rank gradients of statistical models, explicit and automatic.

Each gradient is checked against a float64 oracle and then timed on one core with one BLAS thread.
"""

from __future__ import annotations

import argparse
import math
import os
import signal
import sys
from collections.abc import Iterable
from typing import Any, NoReturn

import numpy as np

from autodiff_kernels.accuracy import tolerance
from autodiff_kernels.cases import Case, InvalidCase, Unsupported
from autodiff_kernels.checking import WrongResult
from autodiff_kernels.matrix import cell_lines, support_matrix
from autodiff_kernels.modes import MODES
from autodiff_kernels.offers import BACKENDS, DTYPES
from autodiff_kernels.problems import PROBLEMS
from autodiff_kernels.programs import build
from autodiff_kernels.ranking import (
    RANKED_MODES,
    Cost,
    candidates,
    legend,
    measure,
    predicted_seconds,
    table,
    why_left_out,
)
from autodiff_kernels.release import version
from autodiff_kernels.terminal import about, duration, progress, replace_missing_characters, wrapped
from autodiff_kernels.timing import best_of_calls

SIZE_NAMES = tuple(dict.fromkeys(problem.size_name for problem in PROBLEMS.values()))


def main(arguments: list[str] | None = None) -> int:
    """Run one command. Returns 0 for success, 1 for a wrong result and 2 for a request that cannot be fulfilled."""
    return _run_command(_parser().parse_args(arguments))


def command() -> NoReturn:
    """Run as `autodiff-kernels` or `python -m autodiff_kernels`, then exit."""
    # A closed pipe, as in `list | head`, ends the command without an error message.
    if hasattr(signal, "SIGPIPE"):
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    replace_missing_characters()
    try:
        options = _parser().parse_args()
        if options.measures:
            _restart_on_one_core()
        if options.command is _compare:
            # Raise an exception, so that `compare` ends the process of the current case. `run` starts no process.
            signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
        sys.exit(_run_command(options))
    except KeyboardInterrupt:
        sys.exit(128 + signal.SIGINT)


def _run_command(options: argparse.Namespace) -> int:
    try:
        for line in options.command(options):
            print(line)
    except (ArithmeticError, InvalidCase, NotImplementedError, MemoryError, np.linalg.LinAlgError) as error:
        print(error, file=sys.stderr)
        return 1 if isinstance(error, WrongResult) else 2
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="autodiff-kernels", description=__doc__)
    parser.add_argument("--version", action="version", version=f"autodiff-kernels {version()}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    listing = _command(commands, "list", "print which cells run, and why the others do not")
    listing.add_argument("--problem", choices=PROBLEMS, metavar="PROBLEM", help=f"{_one_of(PROBLEMS)}; default: all")
    listing.add_argument("--backend", choices=BACKENDS, help="default: all")
    listing.add_argument("--mode", choices=MODES, metavar="MODE", help=f"{_one_of(MODES)}; default: all")
    listing.add_argument("--cells", action="store_true", help="print one line per cell, in the form that `run` accepts")
    listing.set_defaults(command=_list, measures=False)
    run = _command(commands, "run", "build one case, compare it with its oracle and time it")
    run.add_argument(
        "case",
        metavar="CASE",
        help="problem/backend/mode/size and options, for example mvn/jax/reverse/n=1000 or "
        "timeline/autograd/forward/m=400/formulation=cdf",
    )
    _add_seconds(run)
    run.set_defaults(command=_run, measures=True)
    _add_compare(_command(commands, "compare", "measure every backend and mode of a problem, and rank them"))
    return parser


def _command(commands: Any, name: str, purpose: str) -> argparse.ArgumentParser:
    """A command whose own help begins with the sentence that the list of commands shows."""
    description = f"{purpose[0].upper()}{purpose[1:]}."
    return commands.add_parser(name, help=purpose, description=description)


def _one_of(names: Iterable[str]) -> str:
    return f"one of {', '.join(names)}"


def _add_compare(compare: argparse.ArgumentParser) -> None:
    compare.add_argument("problem", choices=PROBLEMS, metavar="PROBLEM", help=_one_of(PROBLEMS))
    for name in SIZE_NAMES:
        owners = ", ".join(problem.name for problem in PROBLEMS.values() if problem.size_name == name)
        compare.add_argument(f"--{name}", type=_size, metavar="SIZE", help=f"the size {name}; required for {owners}")
    compare.add_argument("--dtype", choices=DTYPES, default=DTYPES[0], help=f"default: {DTYPES[0]}")
    compare.add_argument("--formulation", default="", help="default: the first one that `list` shows for the problem")
    compare.add_argument("--backend", choices=BACKENDS, action="append", help="repeatable; default: all")
    modes = f"{_one_of(RANKED_MODES)}; repeatable; default: all"
    compare.add_argument("--mode", choices=RANKED_MODES, action="append", metavar="MODE", help=modes)
    _add_seconds(compare)
    compare.set_defaults(command=_compare, measures=True)


def _add_seconds(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--seconds", type=_seconds, default=1.0, metavar="SECONDS", help="how long to time each case (default: 1)"
    )


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if not 0 < seconds < math.inf:
        raise argparse.ArgumentTypeError(f"{text!r}: expected a finite number above zero")
    return seconds


def _size(text: str) -> int:
    try:
        size = int(text)
    except ValueError:
        size = 0
    if size < 1:
        raise argparse.ArgumentTypeError(f"{text!r}: expected a whole number of at least 1")
    return size


def _list(options: argparse.Namespace) -> list[str]:
    filters = {name: getattr(options, name) for name in ("problem", "backend", "mode") if getattr(options, name)}
    return cell_lines(filters) if options.cells else support_matrix(filters)


def _run(options: argparse.Namespace) -> list[str]:
    case = Case.parse(options.case)
    program = build(case)
    best, calls, result = best_of_calls(program.run, options.seconds)
    stages = ", ".join(f"{stage} {duration(seconds)}" for stage, seconds in program.seconds.items())
    work = ", ".join(f"{name} {_count(name, count)}" for name, count in program.work().items())
    return [
        f"case        {case}",
        f"result      {_brief(np.asarray(result))}",
        f"error       {program.error:.1e} against the float64 oracle; the tolerance is {tolerance(case):.0e}",
        f"time        {duration(best)}, the best of {calls:,} calls",
        *_rate(case, best),
        f"build time  {stages.replace('_', ' ')}",
        *wrapped(f"work        {work.replace('_', ' ')}", indent=" " * 12),
    ]


def _rate(case: Case, seconds: float) -> list[str]:
    """A line with the rate; none for second derivatives and whole fits, because their operations are not counted."""
    if MODES[case.mode].is_second_order or case.is_fit:
        return []
    operations = case.form.operations(case.size)
    needed = operations.value if case.mode == "value" else operations.derivative
    return [f"rate        {needed / seconds / 1e9:.3g} GFlop/s, counting the {needed:,.0f} operations of the formula"]


def _compare(options: argparse.Namespace) -> list[str]:
    backends, modes = options.backend or list(BACKENDS), options.mode or ()
    cases = candidates(options.problem, _size_of_problem(options), options.dtype, options.formulation, backends, modes)
    reasons = {case: reason for case in cases if (reason := why_left_out(case))}
    running = [case for case in cases if case not in reasons]
    costs = []
    if any(case.mode != "value" for case in running):
        expected = about(predicted_seconds(len(running), options.seconds))
        print(f"measuring {len(running)} cases, one process each: {expected}", file=sys.stderr, flush=True)
        with progress(len(running)) as show:
            for case, found in zip(running, measure(running, options.seconds, show), strict=True):
                if isinstance(found, Cost):
                    costs.append(found)
                else:
                    reasons[case] = found
    if all(cost.case.mode == "value" for cost in costs):
        raise Unsupported("\n".join(f"{case}: {reason}" for case, reason in reasons.items()))
    missing = (f"not measured: {case.backend} {case.mode}: {reason}" for case, reason in reasons.items())
    return [*table(costs), "", *legend(), *(line for text in missing for line in wrapped(text, indent="  "))]


def _size_of_problem(options: argparse.Namespace) -> int:
    size_name = PROBLEMS[options.problem].size_name
    given = {name: getattr(options, name) for name in SIZE_NAMES if getattr(options, name) is not None}
    if unused := [f"--{name}" for name in given if name != size_name]:
        verb = "does" if len(unused) == 1 else "do"
        raise InvalidCase(f"{', '.join(unused)} {verb} not apply to {options.problem}: set its size with --{size_name}")
    if not given:
        raise InvalidCase(f"{options.problem} needs a size: add --{size_name} SIZE")
    size: int = given[size_name]
    return size


def _count(name: str, count: int) -> str:
    return f"{count:012x}" if name == "program_hash" else f"{count:,}"


def _brief(result: np.ndarray) -> str:
    with np.printoptions(precision=8, threshold=8, edgeitems=2):
        text = " ".join(str(result).split())
    return f"{text} shape {result.shape} {result.dtype}"


def _restart_on_one_core() -> None:
    """Restart this command on one core with one BLAS thread, as the suite does.

    NumPy's BLAS starts its threads when it is imported, so only a new process can limit them.
    """
    if "AUTODIFF_KERNELS_ONE_CORE" in os.environ:
        return
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    os.environ.update(AUTODIFF_KERNELS_ONE_CORE="1", OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1")
    # The original arguments restart the command as it was started: as a console script, or under `python -m cProfile`.
    os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])


if __name__ == "__main__":
    command()
