"""Peak memory of one program, in a fresh process.

In a fork, the peak would also include pages of libraries that the parent has already loaded and the fork reads again.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import autodiff_kernels
from autodiff_kernels import Case
from benchmarks.clock import pin_to_core


def peak_bytes(case: Case) -> dict[str, int]:
    """{"peak_bytes": ...} of a fresh process, or {} if the system does not report it. RuntimeError on failure."""
    # The suite comes last on the path and the working directory is not on it, so the installed package is imported.
    code = (
        "import sys; sys.path.append(sys.argv[1]); from benchmarks.processes import die_with; "
        "die_with(int(sys.argv[2])); from benchmarks import peak; peak.print_own(sys.argv[3])"
    )
    command = [sys.executable, "-P", "-c", code, str(Path(__file__).parents[1]), str(os.getpid()), str(case)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(
            f"the process that measures memory ended with status {done.returncode}: {done.stderr[-500:]}"
        )
    found: dict[str, int] = json.loads(done.stdout)
    return found


def print_own(text: str) -> None:
    """Print the peak memory of this process for the case named `text`, as JSON."""
    print(json.dumps(_in_this_process(Case.parse(text))))


def _in_this_process(case: Case) -> dict[str, int]:
    """Peak resident memory of the build and the first call, above the memory of this process after its imports."""
    if not hasattr(autodiff_kernels, "preload"):
        return {}  # An older commit evaluates the oracle before the call, so the peak would include the oracle.
    # Do not evaluate the oracle: the program would reuse its freed memory and show no peak.
    import_module(f"autodiff_kernels.backends.{case.backend}")
    try:
        Path("/proc/self/clear_refs").write_text("5")  # reset the peak
        idle = _resident_bytes("VmRSS")
    except OSError:
        return {}
    pin_to_core(0)
    return {"peak_bytes": _peak_of_first_call(case) - idle}


def _peak_of_first_call(case: Case) -> int:
    """The peak after the first call and before the check, whose memory does not belong to the program."""
    if hasattr(autodiff_kernels, "first_call"):
        inputs = autodiff_kernels.measured_inputs(case)
        autodiff_kernels.first_call(autodiff_kernels.prepare(case, inputs), case, inputs)
        return _resident_bytes("VmHWM")
    # An older commit reads its clock last right after the first call.
    peaks: list[int] = []

    def gauge() -> float:
        peaks.append(_resident_bytes("VmHWM"))
        return 0.0

    autodiff_kernels.build(case, clock=gauge)
    return peaks[-1]


def _resident_bytes(field: str) -> int:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(field))
