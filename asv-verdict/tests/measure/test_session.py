"""Progress messages during a session."""

import io
import json
import math
import re
import subprocess
import time

import pytest

from asv_verdict.measure.asv_process import AsvProcess
from asv_verdict.measure.commit_runner import AsvFailed, NothingSelected
from asv_verdict.measure.forking import FORKING
from asv_verdict.measure.groups import groups_of, pattern_of
from asv_verdict.measure.session_runner import SAME_FAILURES, SessionRunner
from asv_verdict.system.text import Progress, Speaker
from synthetic_results import ENVIRONMENT, result_file
from synthetic_suite import WholeRuns

CELLS = [*(f"counts.A.track_x({n})" for n in range(10)), "times.B.time_x", "times.C.time_x", "times.D.time_x"]


class Runner(WholeRuns):
    """Takes a minute for a timed class and a second for a counted one."""

    commit = "c"

    def __init__(self, clock):
        self.clock, self.process = clock, AsvProcess()

    def run(self, results, pattern, seconds):
        self.clock[0] += 60.0 if "time_" in pattern else 1.0
        return {}


def test_the_time_left_is_estimated_from_cells_of_the_same_kind(tmp_path, monkeypatch):
    clock = [0.0]
    monkeypatch.setattr(time, "monotonic", lambda: clock[0])
    said = []
    session_runner = SessionRunner([Runner(clock)], tmp_path / "session", 3600.0, said.append)
    assert session_runner.round(CELLS)
    assert session_runner.session.seconds == [1.0 + 3 * 60.0]
    assert [re.search(r"\((.*) left( in this round)?\)", sentence)[1] for sentence in said] == [
        "at most 60 minutes",
        "at most 60 minutes",
        "2 minutes",
        "1 minute",
    ]
    session_runner.round(CELLS)
    assert "session, round 2, class 1 of 4 (3 minutes left in this round): counts.A, 10 cells" in said
    session_runner.round(CELLS[:1])
    assert said[-1] == "session, round 3, class 1 of 1 (less than a minute left in this round): counts.A, 1 cell"


#: The longest argument of a command on Linux, in bytes.
MAX_ARG_STRLEN = 131_072


@pytest.mark.parametrize(
    "cells",
    [
        [f"times.Large.time_x({n}, 'float64')" for n in range(20_000)],
        [f"times.Large.time_x('{'long ' * 200}{n}')" for n in range(500)],
        [f"times.Large.time_x('µ{'é' * 40}{n}')" for n in range(2_000)],
    ],
    ids=["many cells", "long parameters", "letters of two bytes"],
)
def test_a_large_class_is_split_into_commands_that_linux_accepts(cells):
    groups = groups_of(cells)
    assert [cell for group in groups for cell in group] == cells
    assert len(groups) > 1
    for group in groups:
        pattern = pattern_of(group)
        assert len(pattern.encode()) < MAX_ARG_STRLEN
        subprocess.run(["true", pattern], check=True)


def test_a_class_that_fits_is_measured_by_one_command():
    assert groups_of(CELLS) == [CELLS[:10], *([cell] for cell in CELLS[10:])]


class Failing(WholeRuns):
    """Fails with these sentences, one after the other; "" succeeds."""

    commit = "0123456789"

    def __init__(self, sentences, kind=AsvFailed):
        self.kind = kind
        self.sentences = iter(sentences)
        self.runs, self.process = 0, AsvProcess()

    def run(self, results, pattern, seconds):
        self.runs += 1
        if sentence := next(self.sentences):
            raise self.kind(sentence)
        return {}


CLASSES = [f"times.C{n}.time_x" for n in range(16)]


def test_a_run_that_fails_in_the_same_way_is_not_repeated(tmp_path):
    runner = Failing(["asv exited with status 1: no such folder"] * 32)
    session_runner = SessionRunner([runner], tmp_path, 3600.0, lambda sentence: None)
    session_runner.round(CLASSES)
    session_runner.round(CLASSES)
    assert runner.runs == SAME_FAILURES
    last = session_runner.session.sentences[-1]
    assert last == "01234567 is not run again: asv failed 2 times in the same way"


@pytest.mark.parametrize("sentences", [["a", "b"] * 8, ["a", ""] * 8])
def test_runs_that_fail_differently_or_now_and_then_are_repeated(tmp_path, sentences):
    runner = Failing(sentences)
    SessionRunner([runner], tmp_path, 3600.0, lambda sentence: None).round(CLASSES)
    assert runner.runs == len(CLASSES)


def test_a_commit_that_lacks_two_classes_is_measured_on_the_others(tmp_path):
    runner = Failing(["asv exited with status 1: No benchmarks selected"] * 2 + [""] * 14, NothingSelected)
    SessionRunner([runner], tmp_path, 3600.0, lambda sentence: None).round(CLASSES)
    assert runner.runs == len(CLASSES)


def test_another_commit_is_still_measured(tmp_path):
    broken, whole = Failing(["a"] * 16), Failing([""] * 16)
    whole.commit = "head"
    SessionRunner([broken, whole], tmp_path, 3600.0, lambda sentence: None).round(CLASSES)
    assert (broken.runs, whole.runs) == (SAME_FAILURES, 16)


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.mark.parametrize("kind", [Terminal, io.StringIO])
def test_on_a_terminal_each_line_of_progress_replaces_the_one_before(kind, monkeypatch):
    monkeypatch.setenv("COLUMNS", "20")
    stream = kind()
    monkeypatch.setattr("sys.stderr", stream)
    say = Speaker()
    for sentence in ("building", Progress("round 1, class 1 of 2"), Progress("round 2\x1b[2J"), "done", "published"):
        say(sentence)
    if kind is Terminal:
        shown = "building\n\r\x1b[Kround 1, class 1 o…\r\x1b[Kround 2\\x1b[2J\ndone\npublished\n"
    else:
        shown = "building\nround 1, class 1 of 2\nround 2\\x1b[2J\ndone\npublished\n"
    assert stream.getvalue() == shown


class ForkingRunner(WholeRuns):
    """Measures 10 in a forked process and 20 otherwise. Forks of the commit `fails` fail in its third run."""

    def __init__(self, commit, fails):
        self.commit, self.fails, self.process, self.runs = commit, fails, AsvProcess(), 0

    def run(self, results, pattern, seconds, *options):
        self.runs += 1
        is_forked = options == FORKING
        if is_forked and self.fails and self.runs > 2:
            return {"counts.A.track_x": "no thread"}
        path = results / "desk" / f"{self.commit}-{ENVIRONMENT}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        values = {"counts.A.track_x": [[10.0 if is_forked else 20.0], [], "1"]}
        path.write_text(json.dumps(result_file(self.commit, 1, values)))
        return {}


def test_a_cell_is_measured_only_on_its_commits(tmp_path):
    runners = {commit: ForkingRunner(commit, fails=False) for commit in ("base", "other", "head")}
    session_runner = SessionRunner(list(runners.values()), tmp_path / "session", 60.0, str)
    cell = "counts.A.track_x"
    session_runner.round([cell], {cell: {"base", "head"}})
    session_runner.round([cell])
    assert {commit: runner.runs for commit, runner in runners.items()} == {"base": 2, "other": 1, "head": 2}
    session = session_runner.session
    assert session.rounds((ENVIRONMENT, cell), "base", "head") == [(20, 20), (20, 20)]
    assert session.rounds((ENVIRONMENT, cell), "other", "head") == [(20, 20)]


class _OfTwoCells(ForkingRunner):
    """Measures one cell of a benchmark with two; ASV writes NaN for the other."""

    def run(self, results, pattern, seconds, *options):
        path = results / "desk" / f"{self.commit}-{ENVIRONMENT}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        before = json.loads(path.read_text())["results"]["counts.A.track_x"][0] if path.exists() else [math.nan] * 2
        cells = ("counts.A.track_x(1)", "counts.A.track_x(2)")
        both = [1.0 if re.search(pattern, cell) else old for cell, old in zip(cells, before, strict=True)]
        path.write_text(json.dumps(result_file(self.commit, 1, {"counts.A.track_x": [both, [["1", "2"]], "1"]})))
        return {}


def test_two_cells_of_a_benchmark_may_be_measured_on_different_commits(tmp_path):
    runners = [_OfTwoCells(commit, fails=False) for commit in ("base", "other", "head")]
    session_runner = SessionRunner(runners, tmp_path / "session", 60.0, str, forks=True)
    one, two = "counts.A.track_x(1)", "counts.A.track_x(2)"
    session_runner.round([one, two], {one: {"base", "head"}, two: {"other", "head"}})
    session = session_runner.session
    assert session.rounds((ENVIRONMENT, one), "base", "head") == [(1, 1)]
    assert session.rounds((ENVIRONMENT, two), "other", "head") == [(1, 1)]


def test_a_value_of_a_forked_process_is_compared_with_none_of_another(tmp_path):
    runners = [ForkingRunner("base", fails=False), ForkingRunner("head", fails=True)]
    session_runner = SessionRunner(runners, tmp_path / "session", 60.0, str, forks=True)
    for _ in range(4):
        session_runner.round(["counts.A.track_x"])
    key = (ENVIRONMENT, "counts.A.track_x")
    assert session_runner.session.rounds(key, "base", "head") == [(10, 10), (10, 10), (20, 20)]
    assert not SessionRunner(runners, tmp_path / "next", 60.0, str, forks=True).forks
