"""A function in a process of its own: its result, its exceptions, and that an interruption leaves no process."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from autodiff_kernels.fresh_process import NoAnswer, in_fresh_process
from autodiff_kernels.memory import PeakGauge

ROOT = Path(__file__).parents[2]
#: `compare` with a case that sleeps. The process of the case writes its number.
COMPARE = """
import sys, time
from autodiff_kernels import __main__, ranking

def sleeps(case, seconds):
    import os
    print(os.getpid(), flush=True)
    time.sleep(600)

if __name__ == "__main__":
    ranking.cost_of = sleeps
    __main__._restart_on_one_core = lambda: None
    sys.argv[1:] = ["compare", "rbf", "--d", "1"]
    __main__.command()
"""


def test_the_process_is_another_one_and_returns_the_result():
    assert in_fresh_process(os.getpid) != os.getpid()
    assert in_fresh_process(max, 2, 3, prepare=PeakGauge) == 3


def test_an_exception_of_the_function_is_raised_here():
    with pytest.raises(ZeroDivisionError):
        in_fresh_process(divmod, 1, 0)


def test_a_process_that_ends_without_a_result_is_named_so():
    with pytest.raises(NoAnswer):
        in_fresh_process(os._exit, 3)


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="this system does not tell which processes run")
@pytest.mark.parametrize("group", [False, True], ids=["the command", "its process group"])
@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_an_interrupted_comparison_ends_quietly_without_a_process(
    tmp_path, is_running, has_ended, number, status, group
):
    script = tmp_path / "compare.py"
    script.write_text(COMPARE)
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(
        [sys.executable, script],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        case = process.stdout.readline().strip()
        assert is_running(case)
        (os.killpg if group else os.kill)(process.pid, number)
        output, errors = process.communicate(timeout=60)
    assert process.returncode == status
    assert output == ""
    assert [line.split()[0] for line in errors.splitlines()] == ["measuring", "1"], errors
    assert has_ended(case)
