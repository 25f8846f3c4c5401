"""`make bench`: its measurements, its messages, its exit statuses, and that it leaves no process behind."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.selections import SELECTIONS
from tools import bench

ROOT = Path(__file__).parents[2]
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
    (tmp_path / "table.py").write_text("import sys; print('the table of', *sys.argv[1:])")
    (tmp_path / "benchmarks").mkdir()
    (tmp_path / "benchmarks" / "__init__.py").touch()
    (tmp_path / "benchmarks" / "gpu.py").write_text("print('whether there is a GPU')")

    def answers(*found):
        (tmp_path / "answers").write_text(json.dumps(found))

    def calls():
        return [json.loads(line) for line in (tmp_path / "calls").read_text().splitlines()]

    answers()
    return answers, calls


def test_a_night_is_measured_published_and_reported(fake, capfd):
    _, calls = fake
    assert bench.main(["nightly", "--machine", "desk", "--then", "table"]) == 0
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


def test_nothing_runs_after_the_measurement_of_a_gpu(fake, capsys):
    with pytest.raises(SystemExit):
        bench.main(["gpu", "--machine", "desk", "--then", "table"])
    assert "--then does not apply to gpu, which publishes nothing" in capsys.readouterr().err


def test_a_failed_cell_is_named_with_its_reason_and_the_others_are_published(fake, capfd):
    answers, calls = fake
    answers(["run", 2, FAILED], ["fingerprints", 2, FAILED])
    assert bench.main(["nightly", "--machine", "desk", "--then", "table"]) == 2
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


@pytest.mark.parametrize("what", ["nightly", "full", "all-cores", "gpu"])
def test_problems_are_an_error_for_any_other_selection(fake, capsys, what):
    with pytest.raises(SystemExit) as stopped:
        bench.main([what, "--machine", "desk", "--problems", "GPFit"])
    assert stopped.value.code == 2
    assert f"--problems does not apply to {what}: it selects the problems of `sizes`" in capsys.readouterr().err


def test_a_folder_that_cannot_hold_the_log_is_named(fake):
    (bench.ROOT / ".asv").write_text("no folder")
    with pytest.raises(
        SystemExit, match=r"^\.asv/logs/full-[-\d]+\.log cannot be written: Not a directory; ASV's output"
    ):
        bench.main(["full", "--machine", "desk"])


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
sys.argv[1:] = ["full", "--machine", "desk"]
bench.command()
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


@pytest.mark.skipif(sys.platform != "linux", reason="this system cannot tie a process to its parent")
@pytest.mark.skipif(shutil.which("make") is None, reason="this machine has no make")
def test_killing_make_ends_asv_and_its_processes(tmp_path, is_running, has_ended):
    (tmp_path / "stubborn.py").write_text(STUBBORN.format(folder=str(tmp_path)))
    (tmp_path / "run.py").write_text(RUN)
    (tmp_path / "Makefile").write_text(f'all:\n\t@exec "{sys.executable}" "{tmp_path}/run.py" "{tmp_path}"\n')
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = ["make", "-C", tmp_path, "--no-print-directory"]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as make:
        assert [make.stdout.readline()[:5] for _ in range(3)] == ["ASV's", "ASV b", "  0% "]
        child = (tmp_path / "child").read_text().strip()
        assert is_running(child)
        make.kill()
        assert has_ended(child)
