"""`make bench`: its measurements, its messages, its exit statuses, and that it leaves no process behind."""

import io
import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.selections import SELECTIONS
from tools import bench, reporting_asv
from tools.progress import Progress

ROOT = Path(__file__).parent.parent
#: An ASV that records its call. A file has the events that it reports and its exit status.
FAKE = """
import json, os, sys
from pathlib import Path
folder, descriptor, *arguments = sys.argv[1:]
with open(folder + "/calls", "a") as calls:
    print(json.dumps(arguments), file=calls)
print("a line of ASV")
pattern = arguments[-1]
for text, status, events in json.loads(Path(folder, "answers").read_text()):
    if text in (arguments[0], pattern) or text in pattern:
        with os.fdopen(int(descriptor), "w") as stream:
            for event in events:
                print(json.dumps(event), file=stream)
        raise SystemExit(status)
"""
FAILED = [{"total": 2}, {"begins": "a(1)"}, {"ends": "a(1)", "failure": None}, {"begins": "a(2)"}]
FAILED += [{"ends": "a(2)", "failure": "ZeroDivisionError: division by zero"}]


@pytest.fixture
def fake(tmp_path, monkeypatch):
    """Replaces ASV by a synthetic one. Returns a function that sets its answers, and one that reads the calls to it."""
    (tmp_path / "fake.py").write_text(FAKE)
    monkeypatch.setattr(bench, "ASV", (sys.executable, str(tmp_path / "fake.py"), str(tmp_path)))
    monkeypatch.setattr(bench, "ROOT", tmp_path)
    monkeypatch.setattr(bench.signal, "signal", lambda *_: None)
    monkeypatch.setattr(bench.asv_runs, "write_configuration", lambda name, **_: tmp_path / f"asv.conf.{name}.json")
    (tmp_path / "tools").mkdir()
    (tmp_path / "benchmarks").mkdir()
    (tmp_path / "tools" / "table.py").write_text("import sys; print('the table of', *sys.argv[1:])")
    (tmp_path / "benchmarks" / "gpu.py").write_text("print('whether there is a GPU')")

    def answers(*found):
        (tmp_path / "answers").write_text(json.dumps(found))

    def calls():
        return [json.loads(line) for line in (tmp_path / "calls").read_text().splitlines()]

    answers()
    return answers, calls


def test_a_night_is_measured_published_and_reported(fake, capfd):
    _, calls = fake
    assert bench.main(["nightly", "--machine", "desk"]) == 0
    run, publish = calls()
    pattern = "|".join(SELECTIONS["nightly"].patterns)
    assert run == ["run", "HEAD^!", "--config", str(bench.SETTINGS), "--machine", "desk", *run[6:9], pattern]
    assert run[6:9] == ["--record-samples", "--show-stderr", "--bench"]
    assert publish == ["publish"]
    said = capfd.readouterr().out.splitlines()
    assert said[0] == "whether there is a GPU"
    (log,) = (bench.ROOT / ".asv" / "logs").iterdir()
    assert said[1] == f"ASV's output is in .asv/logs/{log.name}."
    assert log.read_text() == "a line of ASV\n" * 2
    assert said[-2:] == ["the table of desk", "The dashboard is in .asv/html; `make preview` shows it."]


def test_a_failed_cell_is_named_with_its_reason_and_the_others_are_published(fake, capfd):
    answers, calls = fake
    answers(["run", 2, FAILED], ["fingerprints", 2, FAILED])
    assert bench.main(["nightly", "--machine", "desk"]) == 2
    assert [call[0] for call in calls()] == ["run", "publish"]
    said = capfd.readouterr().out
    assert "failed: a(2): ZeroDivisionError: division by zero\n" in said
    assert "the table of desk" in said
    assert "The dashboard is in .asv/html" in said


@pytest.mark.parametrize("events", [[{"warning": "No benchmarks selected"}], []])
def test_any_other_failure_ends_at_once_with_asvs_message(fake, capfd, events):
    answers, calls = fake
    answers(["fingerprints", 1, events])
    assert bench.main(["nightly", "--machine", "desk"]) == 1
    assert [call[0] for call in calls()] == ["run"]
    said = capfd.readouterr().out.splitlines()
    assert said[-2:] == [events[0]["warning"] if events else "a line of ASV", "asv run ended with status 1."]


def test_a_dashboard_that_cannot_be_built_sets_the_status(fake, capfd):
    answers, _ = fake
    answers(["publish", 1, [{"warning": "npm was not found"}]])
    assert bench.main(["full", "--machine", "desk"]) == 1
    said = capfd.readouterr().out
    assert "npm was not found\n" in said
    assert "asv publish ended with status 1." in said
    assert "The dashboard is in" not in said


def test_sizes_are_measured_one_problem_at_a_time(fake):
    answers, calls = fake
    answers(["GPFit\\.)", 2, FAILED])
    assert bench.main(["sizes", "--machine", "desk", "--problems", "GPFit", "RBFKernel"]) == 2
    first, _, second, _ = calls()
    sizes = "|".join(SELECTIONS["sizes"].patterns)
    assert [first[-1], second[-1]] == [rf"^(?=\w+\.{name}\.)(?:{sizes})" for name in ("GPFit", "RBFKernel")]
    cell = "costs.GPFit.track_error(60, 'jax', 'value', 'float64')"
    assert [bool(re.search(call[-1], cell)) for call in (first, second)] == [True, False]


def test_the_error_for_an_unknown_problem_lists_the_known_ones(capsys):
    with pytest.raises(SystemExit):
        bench.main(["sizes", "--machine", "desk", "--problems", "MVN"])
    assert "invalid choice: 'MVN' (choose from 'MVNLogDensity'" in capsys.readouterr().err.replace("from M", "from 'M")


def test_every_problem_of_the_sizes_is_measured_by_default():
    found = re.findall(r"gradients\\\.(\w+)", "|".join(SELECTIONS["sizes"].patterns))
    assert sorted(bench.PROBLEMS) == sorted(set(found))


def test_all_cores_have_their_own_configuration(fake, monkeypatch):
    monkeypatch.setattr("os.sched_getaffinity", lambda process: set(range(8)))
    assert bench.main(["all-cores", "--machine", "desk"]) == 0
    assert fake[1]()[0][3].endswith("asv.conf.all-cores.json")


@pytest.mark.parametrize(
    ("reason", "statuses", "expected"),
    [(None, (0, 0), 0), (None, (2, 0), 2), (None, (0, 1), 1), ("nvidia-smi finds none", (0, 0), 1)],
)
def test_a_gpu_is_measured_before_the_processor(fake, monkeypatch, capfd, reason, statuses, expected):
    answers, calls = fake
    monkeypatch.setattr(bench.asv_runs, "why_no_gpu", lambda: reason)
    answers(["rates", statuses[0], []], ["RBFKernel", statuses[1], []])
    assert bench.main(["gpu", "--machine", "desk"]) == expected
    configurations = [Path(call[3]).name for call in calls()]
    assert configurations == ["asv.conf.installed-cuda.json", "asv.conf.installed-cpu.json"][bool(reason) :]
    assert all("rounds=2" in call for call in calls())
    assert bool(reason) == ("There is no GPU to measure on" in capfd.readouterr().out)


def test_a_python_with_jax_and_asv_alone_can_measure_a_gpu():
    others = "{'matplotlib', 'pypi_simple', 'tomlkit', 'uv', 'scipy', 'jsonschema', 'mpmath', 'playwright', 'nox'}"
    code = f"import sys, tools.bench, tools.machine, tools.reporting_asv; print(sorted({others} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


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
        members = bench._session(process.pid)
        assert len(members) > 1
        process.send_signal(number)
        assert process.wait() != 0
    assert all(has_ended(member) for member in members)


#: An ASV that ignores SIGTERM and SIGINT, with a child in a process group of its own.
STUBBORN = """
import signal, subprocess, sys, time
for number in (signal.SIGTERM, signal.SIGINT):
    signal.signal(number, signal.SIG_IGN)
child = subprocess.Popen(["sleep", "600"], process_group=0)
print(child.pid, file=open({folder!r} + "/child", "w"), flush=True)
with open(int(sys.argv[1]), "w", closefd=False) as events:
    print('{{"total": 1}}', '{{"begins": "a"}}', sep="\\n", file=events)
time.sleep(600)
"""
RUN = """
import sys
from pathlib import Path
from tools import bench, progress
progress.PAUSE = 0.0
bench.ROOT, bench.PATIENCE = Path(sys.argv[1]), 0.1
bench.ASV = (sys.executable, sys.argv[1] + "/stubborn.py")
try:
    bench.main(["full", "--machine", "desk"])
except KeyboardInterrupt:
    sys.exit(130)
"""


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="this system does not tell the session of a process")
@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_terminating_the_command_ends_asv_and_its_processes(tmp_path, has_ended, number, status):
    (tmp_path / "stubborn.py").write_text(STUBBORN.format(folder=str(tmp_path)))
    command = [sys.executable, "-c", RUN, str(tmp_path)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline().startswith("ASV's output is in")
        assert process.stdout.readline() == "ASV builds HEAD and lists its cells\n"
        assert process.stdout.readline().startswith("  0%")
        process.send_signal(number)
        assert process.wait() == status
    assert has_ended((tmp_path / "child").read_text().strip())
