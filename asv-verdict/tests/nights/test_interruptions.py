"""Interrupted nights: a second run, a killed run, a full disk, a clock that jumps."""

import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from asv_verdict.compare import compare
from asv_verdict.model import Verdict
from asv_verdict.system import supervised
from asv_verdict.system.lock import Busy
from reading_reports import confirmed, first_line
from synthetic_results import results_of

HOLD = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from asv_verdict.measure.commit_runner import AsvFailed
from asv_verdict.system.lock import only_run
with only_run(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def other_run(suite):
    """Another process that holds the lock."""
    command = [sys.executable, "-c", HOLD, str(suite.project.folder / "lock"), str(Path(__file__).parents[3])]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "held\n"
    yield process
    process.kill()
    process.communicate()


def test_a_second_night_does_not_start_while_the_first_runs(suite, other_run):
    suite.commit()
    with pytest.raises(Busy, match="another run holds the lock"):
        suite.night()
    assert suite.runs == []


def test_a_killed_run_leaves_no_lock_and_the_next_night_is_normal(suite, other_run):
    head = suite.commit()
    other_run.kill()
    other_run.wait()
    (suite.root / "asv.conf.verdict-0123.json").write_text("{}")
    (suite.project.folder / "reports" / "000007-deadbeef").mkdir(parents=True)
    assert suite.night().outcome.verdict is Verdict.PASS
    assert not (suite.root / "asv.conf.verdict-0123.json").exists()
    assert (suite.project.folder / "reports" / f"000008-{head[:8]}" / "report.json").exists()


#: Like ASV: the command starts a benchmark process with a process group of its own, and waits for it or leaves it.
RUN = """
import signal, sys
from pathlib import Path
from types import SimpleNamespace
from asv_verdict.measure import asv_process
signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
told, script, ignored, seconds = sys.argv[1:]
asv_process.ASV_HOST = Path(script)
project = SimpleNamespace(root=Path("."), configuration_name="asv.conf.json", configuration={})
process = asv_process.AsvProcess()
process.run(project, Path(told), {"ignored": ignored}, float(seconds), "run")
process.close()
Path(told + ".returned").touch()
"""
COMMAND = """
import json, subprocess, sys, time
from pathlib import Path
ignored = json.loads(sys.stdin.readline())["values"]["ignored"]
benchmark = "import signal, time; signal.signal(signal.%s, signal.SIG_IGN); time.sleep(600)"
started = subprocess.Popen([sys.executable, "-c", benchmark % ignored], start_new_session=True,
                           stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
draft = Path(sys.argv[1] + ".draft")
draft.write_text(str(started.pid))
draft.rename(sys.argv[1])
time.sleep(0 if ignored == "SIGHUP" else 600)
print('{"status": 0}', flush=True)
sys.stdin.read()
"""
only_linux = pytest.mark.skipif(sys.platform != "linux", reason="only Linux lets a process adopt orphans")


@pytest.fixture
def measuring(tmp_path):
    """Starts a process that runs COMMAND; returns it and the id of the benchmark process."""
    runs = []

    def start(ignored="SIGINT", seconds=600):
        told = tmp_path / "process"
        (tmp_path / "command.py").write_text(COMMAND)
        command = [sys.executable, "-c", RUN, str(told), str(tmp_path / "command.py"), ignored, str(seconds)]
        runs.append(subprocess.Popen(command, stderr=subprocess.DEVNULL))
        while not told.exists():
            assert runs[0].poll() is None or told.exists()
            time.sleep(0.05)
        return runs[0], int(told.read_text())

    yield start
    for run in runs:
        run.kill()
        run.wait()


@only_linux
@pytest.mark.parametrize("kind", [signal.SIGTERM, signal.SIGKILL, signal.SIGINT])
def test_a_killed_run_leaves_no_benchmark_process(measuring, is_running, has_ended, kind):
    run, benchmark = measuring()
    assert is_running(benchmark)
    run.send_signal(kind)
    run.wait()
    assert has_ended(benchmark)


@only_linux
def test_a_run_at_its_deadline_leaves_no_benchmark_process(measuring, has_ended):
    run, benchmark = measuring(seconds=2)
    run.wait()
    assert has_ended(benchmark)


@only_linux
def test_a_command_that_returns_leaves_no_benchmark_process(measuring, has_ended, tmp_path):
    run, benchmark = measuring("SIGHUP")
    assert run.wait() == 0
    assert (tmp_path / "process.returned").exists()
    assert has_ended(benchmark)


#: Its main thread ends. So it is a zombie, which still runs, and its child process still has it as its parent.
WITHOUT_MAIN_THREAD = """
import ctypes, subprocess, threading, time
print(subprocess.Popen(["sleep", "600"]).pid, flush=True)
threading.Thread(target=time.sleep, args=(600,)).start()
ctypes.CDLL(None).pthread_exit(None)
"""


@only_linux
def test_a_process_whose_main_thread_has_ended_is_ended_with_its_children(has_ended):
    """A process of several threads passes through this state when it is killed."""
    command = [sys.executable, "-I", supervised.__file__, str(os.getpid()), ""]
    with subprocess.Popen(
        [*command, sys.executable, "-c", WITHOUT_MAIN_THREAD], stdout=subprocess.PIPE, text=True
    ) as supervisor:
        child = int(supervisor.stdout.readline())
        parent = int(Path(f"/proc/{child}/stat").read_text().rpartition(")")[2].split()[1])
        while Path(f"/proc/{parent}/stat").read_text().rpartition(")")[2].split()[0] != "Z":
            time.sleep(0.05)
        supervisor.terminate()
    assert has_ended(child)
    assert has_ended(parent)


def test_a_full_disk_changes_no_earlier_result(suite, monkeypatch):
    suite.commit()
    suite.night()
    before = results_of(suite)
    suite.commit()
    replace = os.replace

    def full(source, target):
        if ".asv/results" in str(target):
            raise OSError(28, "No space left on device")
        replace(source, target)

    monkeypatch.setattr("asv_verdict.system.files.os.replace", full)
    report = suite.night()
    assert any("No space left on device" in problem for problem in report.outcome.problems)
    assert {path: path.read_bytes() for path in before} == before
    assert not list((suite.root / ".asv/results").rglob(".*draft"))
    monkeypatch.undo()
    suite.commit()
    assert suite.night().outcome.verdict is Verdict.PASS


def test_a_full_disk_at_the_end_of_a_night_does_not_prevent_the_verdict(suite, monkeypatch):
    (suite.root / "asv_verdict.toml").write_text('results_branch = "results"\n')
    suite.commit()
    replace = os.replace

    def full(source, target):
        if "branch" in Path(target).parts or Path(target).name in ("report.json", "desk.json"):
            raise OSError(28, "No space left on device")
        replace(source, target)

    monkeypatch.setattr("asv_verdict.system.files.os.replace", full)
    report = suite.night()
    assert first_line(report) == "pass: 16 of 16 expected cells measured"
    assert sum("No space left on device" in problem for problem in report.outcome.problems) == 2


def test_the_order_of_nights_survives_a_clock_that_jumps_back(suite, monkeypatch):
    suite.commit()
    suite.night()
    monkeypatch.setenv("GIT_COMMITTER_DATE", "1999-01-01T00:00:00Z")
    culprit = suite.commit("Slow, long ago", {"Slow.*20": 1.2})
    monkeypatch.setattr("time.time", lambda: 0.0)
    assert confirmed(suite.night())["kernels.Slow.time_call(20)"].commits == (culprit,)
    suite.commit()
    report = suite.night()
    assert report.outcome.verdict is Verdict.PASS
    assert suite.night().notes == ["no new commit: this report repeats the last one"]


def test_a_full_disk_does_not_hide_the_result_of_a_comparison(suite, monkeypatch):
    base, head = suite.commit(), suite.commit("Slow", {"Slow.*20": 1.5})

    def full(folder, content):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("asv_verdict.report.report.replace_whole", full)
    report, text = compare(suite.project, "desk", base, head, say=lambda sentence: None, make_runner=suite.runner)
    assert report.outcome.verdict is Verdict.REGRESSION
    assert "cannot save this report: " in text


@pytest.mark.parametrize("date", ["-100 +0000", "0 +0000", "99999999999999 +0000"])
def test_a_date_that_git_cannot_write_stops_no_night(suite, date):
    parent = suite.commit()
    suite.night()
    tree, author = suite.git("rev-parse", "HEAD^{tree}"), f"a <a@b.c> {date}"
    raw = f"tree {tree}\nparent {parent}\nauthor {author}\ncommitter {author}\n\nImport\n"
    command = ["git", "-C", str(suite.root), "hash-object", "-t", "commit", "-w", "--literally", "--stdin"]
    odd = subprocess.run(command, input=raw, capture_output=True, text=True, check=True).stdout.strip()
    suite.git("update-ref", "refs/heads/main", odd)
    suite.commits[odd] = replace(suite.commits[parent], hash=odd, date=1)
    assert suite.night().outcome.verdict is Verdict.PASS
    culprit = suite.commit("Slow", {"Slow.*20": 1.5})
    assert confirmed(suite.night())["kernels.Slow.time_call(20)"].commits == (culprit,)
