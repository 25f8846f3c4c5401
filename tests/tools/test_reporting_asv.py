"""The progress of ASV: the events that it reports, the line that shows them, and that it leaves no process behind."""

import io
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tools import bench, reporting_asv
from tools.progress import Progress

ROOT = Path(__file__).parents[2]


class Terminal(io.StringIO):
    def isatty(self):
        return True


def _progress(stream, seconds):
    progress = Progress(stream, "ASV waits", clock=lambda: seconds[0])
    progress.take({"total": 10})
    for number in range(4):
        progress.take({"begins": f"gradients.A.time_gradient({number})"})
        seconds[0] += 45
        progress.take({"ends": f"gradients.A.time_gradient({number})", "failure": None})
    return progress


def test_a_terminal_has_one_line_that_is_overwritten():
    stream = Terminal()
    progress = _progress(stream, [0.0])
    assert "\n" not in stream.getvalue()
    assert stream.getvalue().endswith("\r\x1b[K 40%  gradients.A.time_gradient(3)  4 min left")
    progress.clear()
    assert stream.getvalue().endswith("\r\x1b[K")


def test_a_file_gets_a_line_at_intervals():
    stream = io.StringIO()
    _progress(stream, [0.0])
    assert stream.getvalue().splitlines() == [
        "  0%  gradients.A.time_gradient(0)",
        " 20%  gradients.A.time_gradient(1)  6 min left",
        " 40%  gradients.A.time_gradient(3)  4 min left",
    ]


def test_a_long_line_is_cut_in_its_middle(monkeypatch):
    monkeypatch.setenv("COLUMNS", "40")
    stream = Terminal()
    _progress(stream, [0.0])
    last = stream.getvalue().rpartition("\x1b[K")[2]
    assert len(last) == 39
    assert last.startswith(" 40%  gradients.A")
    assert last.endswith("4 min left")


def test_before_the_first_cell_the_line_says_what_asv_does():
    assert Progress(io.StringIO(), "ASV waits").line() == "ASV waits"


@pytest.mark.parametrize(
    ("output", "reason"),
    [
        ("For parameters: 1\nTraceback:\n  File x\n    y\nValueError: no", "ValueError: no"),
        (
            "Traceback:\n  File x\nProcessFailed: Out of memory\nThe GPU: held",
            "ProcessFailed: Out of memory The GPU: held",
        ),
        ("some output\n\nasv: benchmark timed out (timeout 5s)", "asv: benchmark timed out (timeout 5s)"),
        ("", "its process ended with status -9 and printed nothing"),
    ],
)
def test_the_reason_of_a_failure_is_its_exception(output, reason):
    assert reporting_asv.failure(output, -9) == reason


SUITE = """
import time
class Cell:
    params = [["good", "raises", "sleeps"]]
    def track_cell(self, kind):
        if kind == "sleeps":
            open({folder!r} + "/sleeping", "w").close()
            time.sleep(600)
        return 1 if kind == "good" else 1 / 0
def track_other():
    return 2
"""


@pytest.fixture
def toy(tmp_path):
    """Starts ASV on a suite with a good cell, one that raises and one that sleeps; returns its process and events."""
    (tmp_path / "cells").mkdir()
    (tmp_path / "cells" / "__init__.py").touch()
    (tmp_path / "cells" / "toy.py").write_text(SUITE.format(folder=str(tmp_path)))
    configuration = {"version": 1, "project": "toy", "repo": str(ROOT), "benchmark_dir": "cells", "branches": ["HEAD"]}
    (tmp_path / "asv.conf.json").write_text(json.dumps(configuration | {"environment_type": "existing"}))
    environment = {**os.environ, "HOME": str(tmp_path), "PYTHONPATH": str(ROOT)}
    asv = [sys.executable, "-m", "asv"]
    subprocess.run([*asv, "machine", "--yes"], cwd=tmp_path, env=environment, check=True, capture_output=True)

    def start(pattern):
        reading, writing = os.pipe()
        command = [sys.executable, "-m", "tools.reporting_asv", str(writing), "run", "--python=same", "--dry-run"]
        process = subprocess.Popen(
            [*command, "--launch-method", "forkserver", "--bench", pattern],
            cwd=tmp_path,
            env=environment,
            pass_fds=[writing],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        os.close(writing)
        return process, os.fdopen(reading)

    return start


def test_asv_reports_each_cell_and_why_it_failed(toy):
    process, events = toy("good|raises|other")
    with events:
        told = [json.loads(line) for line in events]
    assert process.wait() == 2
    good, raises = ("toy.Cell.track_cell('good')", "toy.Cell.track_cell('raises')")
    assert [event for event in told if "warning" not in event] == [
        {"total": 3},
        {"begins": good},
        {"ends": good, "failure": None},
        {"begins": raises},
        {"ends": raises, "failure": "ZeroDivisionError: division by zero"},
        {"begins": "toy.track_other()"},
        {"ends": "toy.track_other()", "failure": None},
    ]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_terminating_asv_leaves_no_process(toy, has_ended, number):
    process, events = toy("sleeps")
    with events:
        for line in events:
            if "begins" in line:
                break
        members = bench.session_of(process.pid)
        assert len(members) > 1
        process.send_signal(number)
        assert process.wait() != 0
    assert all(has_ended(member) for member in members)
