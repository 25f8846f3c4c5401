"""The measurement protocol: clocks, batches, cores, processes and budget, and what ASV makes of a cell that fails."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from benchmarks import clock, protocol
from benchmarks.clock import ReplayClock, best_call, clock_of_work, fitting_clock, pin_to_core
from benchmarks.processes import ProcessFailed, in_forked_process
from benchmarks.protocol import BATCHES, samples_of_round

ROOT = Path(__file__).parent.parent


class FakeTime:
    """A clock that calls advance by hand."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def _program(now: FakeTime, durations: list[float]):
    remaining = iter(durations)

    def run() -> None:
        now.now += next(remaining)

    return run


# --- The clock and the batch ---


def test_a_batch_is_its_shortest_call():
    now = FakeTime()
    assert best_call(_program(now, [0.5, 0.25, 0.5]), 1.0, now, now) == 0.25
    assert now.now == 1.25, "as many calls as the budget takes"


def test_a_long_program_is_called_once():
    now = FakeTime()
    assert best_call(_program(now, [30.0]), 1.0, now, now) == 30.0


def test_a_failing_program_fails():
    def run() -> None:
        raise ArithmeticError("wrong")

    with pytest.raises(ArithmeticError, match="wrong"):
        best_call(run, 1.0)


def test_processor_time_leaves_out_the_time_of_others():
    """A program that waits takes no processor time, so the clocks differ in what a sleeping call costs."""
    assert best_call(lambda: time.sleep(0.05), 0.01, time.process_time) < 0.02
    assert best_call(lambda: time.sleep(0.05), 0.01, time.perf_counter) >= 0.05


@pytest.mark.parametrize(("threads", "expected"), [("1", time.process_time), ("2", time.perf_counter)])
def test_processor_time_is_for_long_programs_on_one_core(monkeypatch, threads, expected):
    monkeypatch.setenv("OMP_NUM_THREADS", threads)
    assert fitting_clock(lambda: time.sleep(2e-3)) is expected
    assert fitting_clock(lambda: None) is time.perf_counter
    assert clock_of_work() is expected


def test_work_of_a_gpu_is_timed_by_the_wall_clock(monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    assert fitting_clock(lambda: time.sleep(2e-3), "gpu") is time.perf_counter
    assert clock_of_work("gpu") is time.perf_counter


def test_the_clock_of_asv_moves_only_when_it_is_told_to():
    replay = ReplayClock()
    before = replay.now()
    time.sleep(0.001)
    assert replay.now() == before
    replay.advance(12.5)
    assert replay.now() - before == 12.5


# --- The core ---


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="this system has no affinity")
@pytest.mark.parametrize("threads", ["1", "2"])
def test_pin_leaves_one_core_unless_all_are_asked_for(threads):
    code = """
import os
from benchmarks.clock import CORES, pin_to_core
for index in (0, 1, -1, len(CORES)):
    pin_to_core(index)
    one = os.environ["OMP_NUM_THREADS"] == "1"
    assert os.sched_getaffinity(0) == ({CORES[index % len(CORES)]} if one else {*CORES})
"""
    subprocess.run([sys.executable, "-c", code], env={**os.environ, "OMP_NUM_THREADS": threads}, check=True)


# --- Processes ---


def test_a_forked_process_answers_and_leaves_nothing_behind():
    mine = os.getpid()
    theirs, core = in_forked_process(lambda: (os.getpid(), pin_to_core(0)))
    assert theirs != mine
    assert core is None


def test_what_is_not_available_in_a_process_is_not_available():
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
        ("import faulthandler, os; faulthandler.disable(); os.abort()", "the measured process was ended by SIGABRT"),
        ("import os; os.kill(os.getpid(), 9)", "ended by SIGKILL; the kernel does that when memory runs out"),
        ("import os; os._exit(3)", "ended with status 3 and no answer"),
        (
            "import resource as r; r.setrlimit(r.RLIMIT_AS, (2**32, 2**32)); import numpy; numpy.ones(2**31)",
            "MemoryError: Unable to allocate 16.0 GiB",
        ),
    ],
)
def test_a_process_that_fails_says_how(code, message):
    with pytest.raises(ProcessFailed, match=message):
        in_forked_process(lambda: exec(code))


@pytest.mark.skipif(not Path("/proc/self/oom_score_adj").exists(), reason="this system has no such score")
def test_where_memory_runs_out_the_measured_process_goes_first():
    assert in_forked_process(lambda: Path("/proc/self/oom_score_adj").read_text()) == "1000\n"
    assert Path("/proc/self/oom_score_adj").read_text() != "1000\n"


def test_memory_that_is_freed_stays_with_the_process():
    """The same pages again and again: a process that returned them would take 80 faults for each of these arrays."""
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


# --- Samples and budget ---


def _rounds(monkeypatch, folder, batches_of_rounds):
    """What each round gives to ASV, where the forked processes measured these batches."""
    monkeypatch.chdir(folder)
    answers = iter(batches_of_rounds)
    monkeypatch.setattr(protocol, "in_forked_process", lambda batches: next(answers))
    return [samples_of_round("cell", lambda: None) for _ in batches_of_rounds]


def test_a_round_that_is_not_the_last_gives_one_sample_and_the_last_the_best_of_all(monkeypatch, tmp_path):
    rounds = [[5.0, 6.0, 7.0], [1.0, 9.0, 9.0], [3.0, 3.0, 8.0], [9.0, 9.0, 9.0]]
    assert len(rounds) == protocol.ROUNDS
    assert _rounds(monkeypatch, tmp_path, rounds) == [[6.0], [6.0], [3.0], [1.0, 3.0, 7.0]]


def test_a_round_with_fewer_batches_counts_for_those_it_has(monkeypatch, tmp_path):
    assert _rounds(monkeypatch, tmp_path, [[5.0, 6.0], [4.0], [7.0, 7.0, 7.0], [8.0]])[-1] == [4.0, 6.0, 7.0]


def test_each_round_makes_the_program_in_a_process_of_its_own_and_times_it_in_batches(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "made").mkdir()
    monkeypatch.setattr(protocol, "PROCESS_SECONDS", 0.0)

    def make():
        (tmp_path / "made" / str(os.getpid())).touch()
        return lambda: None

    given = [samples_of_round("cell", make) for _ in range(protocol.ROUNDS)]
    assert [len(samples) for samples in given] == [1] * (protocol.ROUNDS - 1) + [BATCHES]
    assert all(sample > 0 for samples in given for sample in samples)
    made = [int(path.name) for path in (tmp_path / "made").iterdir()]
    assert len(made) == protocol.ROUNDS
    assert os.getpid() not in made


def test_rounds_take_turns_on_the_cores(monkeypatch, tmp_path):
    cores = []
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(protocol, "in_forked_process", lambda batches: cores.append(batches.args[-1]) or [1.0])
    for _ in range(protocol.ROUNDS):
        samples_of_round("cell", lambda: None)
    assert cores == [0, 1, 2, 3]


def test_a_cell_that_failed_is_not_tried_in_the_next_round(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(protocol, "in_forked_process", lambda batches: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        protocol.samples_of_round("cell", lambda: None)
    with pytest.raises(RuntimeError, match="cell failed in an earlier process of this run: ZeroDivisionError"):
        protocol.samples_of_round("cell", lambda: None)


def test_a_cell_that_is_unavailable_is_so_in_each_round(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)

    def unavailable(batches):
        raise NotImplementedError("no rule")

    monkeypatch.setattr(protocol, "in_forked_process", unavailable)
    for _ in range(protocol.ROUNDS):
        with pytest.raises(NotImplementedError, match="no rule"):
            protocol.samples_of_round("cell", lambda: None)


def _batches(durations, seconds=1.0, longest=4.0, batches=3):
    """The best of each batch, and how many calls there were, of a program whose calls last so long in turn."""
    now = FakeTime()
    left = iter(durations)
    calls = []

    def run():
        calls.append(next(left))
        now.now += calls[-1]

    return clock.best_of_each_batch(run, batches, seconds, longest, clock=now, wall=now), len(calls)


def test_calls_are_dealt_to_the_batches_in_turn():
    found, calls = _batches([0.25, 0.125, 0.25, 0.0625, 0.25, 0.125])
    assert (found, calls) == ([0.0625, 0.125, 0.125], 6)


def test_a_disturbance_of_half_of_the_time_spoils_no_batch():
    found, _ = _batches([0.125] * 3 + [0.03125] * 30)
    assert found == [0.03125] * 3


def test_every_batch_has_a_call_before_the_time_is_over():
    assert _batches([1.0, 0.5, 0.25, 9.0]) == ([1.0, 0.5, 0.25], 3)


def test_long_calls_make_fewer_batches_and_at_least_one():
    assert _batches([3.0, 2.0, 9.0]) == ([3.0, 2.0], 2)
    assert _batches([60.0, 9.0]) == ([60.0], 1)


def test_asv_is_told_how_many_samples_there_are():
    benchmark = protocol.Replayed()
    benchmark.take([1.0, 2.0])
    benchmark.take([5.0, 6.0, 7.0])
    assert benchmark.repeat == 2
    for sample in (1.0, 2.0, 1.0):
        before = benchmark.timer()
        benchmark.replay()
        assert benchmark.timer() - before == sample


# --- ASV: a cell that fails is named, and the others go on ---

SUITE = '''
import ctypes, os, sys, time
sys.path.append({root!r})
from benchmarks import protocol
from benchmarks.protocol import Replayed, samples_of_round

protocol.PROCESSES, protocol.PROCESS_SECONDS = 2, 0.01

def unavailable():
    raise NotImplementedError("not on this machine")

def runs_out_of_memory():
    import numpy, resource
    resource.setrlimit(resource.RLIMIT_AS, (2**32, 2**32))
    return lambda: numpy.ones(2**31)

KINDS = {{
    "good": lambda: lambda: sum(range(1000)),
    "hangs": lambda: lambda: time.sleep(1000),
    "crashes": lambda: lambda: ctypes.string_at(0),
    "killed": lambda: lambda: os.kill(os.getpid(), 9),
    "memory": runs_out_of_memory,
    "raises": lambda: lambda: 1 / 0,
    "unavailable": unavailable,
    "also good": lambda: lambda: sum(range(2000)),
}}

class Cell(Replayed):
    """What becomes of a cell that does not end as it should?"""
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
    """The output of `asv run` over cells of which six cannot be measured, and the values that it stored."""
    folder = tmp_path_factory.mktemp("suite")
    (folder / "cells").mkdir()
    (folder / "cells" / "__init__.py").touch()
    (folder / "cells" / "fates.py").write_text(SUITE.format(root=str(ROOT)))
    configuration = {"version": 1, "project": "toy", "repo": str(ROOT), "benchmark_dir": "cells", "branches": ["HEAD"]}
    (folder / "asv.conf.json").write_text(json.dumps(configuration | {"environment_type": "existing"}))
    # A home of its own, where the machine's record lies.
    environment = {**os.environ, "HOME": str(folder), "OMP_NUM_THREADS": "1"}
    asv = [sys.executable, "-m", "asv"]
    subprocess.run([*asv, "machine", "--yes"], cwd=folder, env=environment, check=True, capture_output=True)
    head = subprocess.run(["git", "rev-parse", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    command = [*asv, "run", "--python=same", "--launch-method", "spawn", "--show-stderr", "--record-samples"]
    done = subprocess.run(
        [*command, "--set-commit-hash", head.strip()], cwd=folder, env=environment, capture_output=True, text=True
    )
    (stored,) = (path for path in (folder / "results").glob("*/*.json") if path.name != "machine.json")
    result = json.loads(stored.read_text())
    row = dict(zip(result["result_columns"], result["results"]["fates.Cell.time_cell"], strict=False))
    return done, dict(zip((name.strip("'") for name in row["params"][0]), row["result"], strict=True)), row


# On one worker, so that the suite runs once.
one_run = pytest.mark.xdist_group("failed_run")


@one_run
def test_a_run_with_failed_cells_goes_on_and_says_so(failed_run):
    done, values, row = failed_run
    assert done.returncode == 2
    assert isinstance(values["good"], float)
    assert isinstance(values["also good"], float)
    assert [len(samples) for samples in row["samples"] if samples] == [protocol.ROUNDS - 1 + BATCHES] * 2


@one_run
@pytest.mark.parametrize(
    ("kind", "message"),
    [
        ("hangs", "hangs failed in an earlier process of this run: it did not end in the time that it has"),
        ("crashes", "the measured process was ended by SIGSEGV"),
        ("killed", "the measured process was ended by SIGKILL; the kernel does that when memory runs out"),
        ("memory", "Unable to allocate 16.0 GiB"),
        ("raises", "ZeroDivisionError: division by zero"),
    ],
)
def test_a_failed_cell_is_named_with_its_reason(failed_run, kind, message):
    done, values, _ = failed_run
    assert values[kind] is None
    assert message in done.stdout + done.stderr
    assert f"For parameters: '{kind}'" in done.stdout + done.stderr


@one_run
def test_an_unavailable_cell_is_not_a_failure(failed_run):
    _, values, _ = failed_run
    assert values["unavailable"] != values["unavailable"], "NaN is n/a to ASV"


@one_run
def test_a_hanging_cell_leaves_no_process_behind(failed_run):
    listed = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout
    assert "fates.Cell.time_cell" not in listed
