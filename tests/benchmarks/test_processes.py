"""Measured processes: their answers, their failures and their memory."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from benchmarks import clock, processes
from benchmarks.clock import pin_to_core
from benchmarks.processes import ProcessFailed, in_forked_process

ROOT = Path(__file__).parents[2]


def test_a_forked_process_answers_and_leaves_nothing_behind():
    mine = os.getpid()
    theirs, core = in_forked_process(lambda: (os.getpid(), pin_to_core(0)))
    assert theirs != mine
    assert core is None


def test_a_notimplementederror_of_a_process_is_raised_again():
    def unavailable() -> None:
        raise NotImplementedError("needs 25.6 GB")

    with pytest.raises(NotImplementedError, match=r"needs 25\.6 GB"):
        in_forked_process(unavailable)


@pytest.mark.parametrize(
    ("code", "message"),
    [
        (
            "raise ArithmeticError('the result is not the oracle\\'s')",
            "ArithmeticError: the result is not the oracle's",
        ),
        ("import faulthandler, os; faulthandler.disable(); os.abort()", "SIGABRT ended the measured process"),
        (
            "import os; os.kill(os.getpid(), 9)",
            "SIGKILL ended the measured process; the kernel sends SIGKILL when memory runs out",
        ),
        ("import os; os._exit(3)", "ended with status 3 and returned no result"),
        (
            "import resource as r; r.setrlimit(r.RLIMIT_AS, (2**32, 2**32)); import numpy; numpy.ones(2**31)",
            "MemoryError: Unable to allocate 16.0 GiB",
        ),
    ],
)
def test_the_error_of_a_failed_process_states_the_cause(code, message):
    with pytest.raises(ProcessFailed, match=message):
        in_forked_process(lambda: exec(code))


def test_a_process_that_takes_too_long_prints_its_traceback(monkeypatch, capfd):
    monkeypatch.setattr(processes, "SECONDS_UNTIL_TRACEBACK", 0.1)

    def waits_for_something() -> str:
        time.sleep(0.5)
        return "here"

    assert in_forked_process(waits_for_something) == "here"
    assert "in waits_for_something" in capfd.readouterr().err


@pytest.mark.skipif(sys.platform != "linux", reason="this system cannot tie a process to its parent")
def test_a_hanging_process_ends_with_its_parent(is_running, has_ended):
    code = (
        "import os, time; from benchmarks.processes import in_forked_process\n"
        "def hang():\n    print(os.getpid(), flush=True)\n    time.sleep(1000)\n"
        "in_forked_process(hang)"
    )
    with subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE, text=True) as parent:
        child = parent.stdout.readline().strip()
        assert is_running(child)
        parent.terminate()
    assert has_ended(child)


@pytest.mark.skipif(not Path("/proc/self/oom_score_adj").exists(), reason="this system has no such score")
def test_if_memory_runs_out_the_measured_process_is_killed_first():
    assert in_forked_process(lambda: Path("/proc/self/oom_score_adj").read_text()) == "1000\n"
    assert Path("/proc/self/oom_score_adj").read_text() != "1000\n"


def test_freed_memory_stays_with_the_process():
    """The process reuses its pages. If it returned them, each of these arrays would take 80 faults."""
    if sys.platform != "linux":
        pytest.skip("the C library is not glibc")

    def faults() -> int:
        import resource

        import numpy as np

        clock.keep_freed_memory()
        for _ in range(10):
            np.ones(40_000)
        before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
        for _ in range(100):
            np.ones(40_000)
        return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

    assert in_forked_process(faults) < 100
