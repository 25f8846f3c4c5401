"""Peak memory of one program, in a process of its own.

And no fork of this one: there the pages of libraries that the parent had read would count when they are read again.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import autodiff_kernels
from autodiff_kernels import Case, build
from benchmarks.clock import pin_to_core


def peak_bytes(case: Case) -> dict[str, int]:
    """{"peak_bytes": ...} of a fresh process, or nothing where that is unknown. Raises RuntimeError where it fails."""
    # The suite comes last on the path and the working folder not at all, so that the package is the installed one.
    code = (
        "import sys; sys.path.append(sys.argv[1]); from benchmarks.processes import die_with; "
        "die_with(int(sys.argv[2])); from benchmarks import peak; peak.print_own(sys.argv[3])"
    )
    command = [sys.executable, "-P", "-c", code, str(Path(__file__).parents[1]), str(os.getpid()), str(case)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"the process that measures memory ended with {done.returncode}: {done.stderr[-500:]}")
    found: dict[str, int] = json.loads(done.stdout)
    return found


def print_own(text: str) -> None:
    """Print the peak of this process for the case that `text` is, as JSON."""
    print(json.dumps(_in_this_process(Case.parse(text))))


def _in_this_process(case: Case) -> dict[str, int]:
    """Peak resident memory of the making and the first call above that of this process after the imports."""
    if not hasattr(autodiff_kernels, "preload"):
        return {}  # An older commit evaluates the oracle before the call, and its memory would be in the peak.
    # Not the oracle with it: the program would use its freed memory again, and take nothing.
    import_module(f"autodiff_kernels.backends.{case.backend}")
    try:
        Path("/proc/self/clear_refs").write_text("5")  # the peak begins anew
        idle = _resident_bytes("VmRSS")
    except OSError:
        return {}
    peaks = [idle]

    def gauge() -> float:
        peaks.append(_resident_bytes("VmHWM"))
        return 0.0

    pin_to_core(0)
    build(case, clock=gauge)
    # The last reading was before the check, whose own memory is not the program's.
    return {"peak_bytes": peaks[-1] - idle}


def _resident_bytes(field: str) -> int:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(field))
