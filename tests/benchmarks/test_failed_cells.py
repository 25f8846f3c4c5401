"""ASV names a cell that fails and measures the others."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks import protocol

ROOT = Path(__file__).parents[2]

SUITE = '''
import ctypes, os, signal, sys, time
sys.path.append({root!r})
from benchmarks import protocol
from benchmarks.protocol import Replayed, samples_of_round

protocol.PROCESS_SECONDS = 0.01

def unavailable():
    raise NotImplementedError("not on this machine")

def hangs():
    with open({folder!r} + "/hanging", "a") as file:
        print(os.getpid(), file=file)
    signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())  # as in native code, which no handler interrupts
    time.sleep(1000)

def runs_out_of_memory():
    import numpy, resource
    resource.setrlimit(resource.RLIMIT_AS, (2**32, 2**32))
    return lambda: numpy.ones(2**31)

KINDS = {{
    "good": lambda: lambda: sum(range(1000)),
    "hangs": hangs,
    "crashes": lambda: lambda: ctypes.string_at(0),
    "killed": lambda: lambda: os.kill(os.getpid(), 9),
    "memory": runs_out_of_memory,
    "raises": lambda: lambda: 1 / 0,
    "unavailable": unavailable,
    "also good": lambda: lambda: sum(range(2000)),
}}

class Cell(Replayed):
    """How does ASV report a cell that fails?"""
    version = "1"
    timeout = 5
    params = [list(KINDS)]
    param_names = ["kind"]

    def setup(self, kind):
        self.take(samples_of_round(kind, KINDS[kind]) if self._samples is None else ())

    def time_cell(self, kind):
        self.replay()
'''


@pytest.fixture(scope="module")
def failed_run(tmp_path_factory):
    """The output of `asv run` for cells of which six cannot be measured, and the values that it stored."""
    folder = tmp_path_factory.mktemp("suite")
    (folder / "cells").mkdir()
    (folder / "cells" / "__init__.py").touch()
    (folder / "cells" / "fates.py").write_text(SUITE.format(root=str(ROOT), folder=str(folder)))
    configuration = {"version": 1, "project": "toy", "repo": str(ROOT), "benchmark_dir": "cells", "branches": ["HEAD"]}
    (folder / "asv.conf.json").write_text(json.dumps(configuration | {"environment_type": "existing"}))
    # A home of its own, where the machine's record lies.
    environment = {**os.environ, "HOME": str(folder), "OMP_NUM_THREADS": "1"}
    asv = [sys.executable, "-m", "asv"]
    subprocess.run([*asv, "machine", "--yes"], cwd=folder, env=environment, check=True, capture_output=True)
    head = subprocess.run(["git", "rev-parse", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    command = [*asv, "run", "--python=same", "--launch-method", "forkserver", "--show-stderr", "--record-samples"]
    done = subprocess.run(
        [*command, "--set-commit-hash", head.strip()], cwd=folder, env=environment, capture_output=True, text=True
    )
    (stored,) = (path for path in (folder / "results").glob("*/*.json") if path.name != "machine.json")
    result = json.loads(stored.read_text())
    row = dict(zip(result["result_columns"], result["results"]["fates.Cell.time_cell"], strict=False))
    values = dict(zip((name.strip("'") for name in row["params"][0]), row["result"], strict=True))
    return done, values, row, (folder / "hanging").read_text().split()


# On one worker, so that the suite runs once.
one_run = pytest.mark.xdist_group("failed_run")


@one_run
def test_a_run_measures_the_other_cells_after_a_failure(failed_run):
    done, values, row, _ = failed_run
    assert done.returncode == 2
    assert isinstance(values["good"], float)
    assert isinstance(values["also good"], float)
    given = sum(len(protocol.samples([[1.0]] * rounds)) for rounds in range(1, protocol.ROUNDS + 1))
    assert [len(samples) for samples in row["samples"] if samples] == [given] * 2


@one_run
@pytest.mark.parametrize(
    ("kind", "message"),
    [
        ("hangs", "hangs failed in an earlier process of this run: it exceeded its timeout"),
        ("crashes", "SIGSEGV ended the measured process"),
        ("killed", "SIGKILL ended the measured process; the kernel sends SIGKILL when memory runs out"),
        ("memory", "Unable to allocate 16.0 GiB"),
        ("raises", "ZeroDivisionError: division by zero"),
    ],
)
def test_a_failed_cell_is_named_with_its_reason(failed_run, kind, message):
    done, values, *_ = failed_run
    assert values[kind] is None
    assert message in done.stdout + done.stderr
    assert f"For parameters: '{kind}'" in done.stdout + done.stderr


@one_run
def test_an_unavailable_cell_is_not_a_failure(failed_run):
    _, values, *_ = failed_run
    assert values["unavailable"] != values["unavailable"], "NaN is n/a to ASV"


@one_run
def test_a_hanging_cell_leaves_no_process_behind(failed_run, is_running):
    *_, hanging = failed_run
    assert len(hanging) == 1, "it is not tried again in every round"
    assert not is_running(hanging[0])
