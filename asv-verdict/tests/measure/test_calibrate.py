"""A/A runs: one commit measured twice, interleaved, and the file of pairs that a night reads."""

import json
import math
import re

import pytest

from asv_verdict.__main__ import main
from asv_verdict.measure.calibrate import measure_pairs
from asv_verdict.measure.commit_runner import OutOfTime
from asv_verdict.measure.pair_record import Conditions
from asv_verdict.measure.session import Visit
from asv_verdict.records.noise_floors import read_noise
from synthetic_results import ENVIRONMENT
from synthetic_suite import NOISE, FakeRunner

FAST, SLOW = "kernels.Fast.time_call(1, 'a')", "kernels.Slow.time_call(10)"


def test_a_pair_has_the_values_of_both_runs_its_conditions_and_its_processor(suite, pairs):
    commit = suite.commit()
    failed, (pair,) = pairs()
    assert failed == []
    assert pair.keys() == {
        *("started", "commit", "selection", "clock", "busy_processes", "interleaved", "slowed"),
        *("background_load", "measured_with", "versions", "values", "adjacent"),
    }
    assert pair["commit"] == commit
    assert pair["measured_with"]["cpu"]
    assert len(pair["background_load"]) == 2
    assert pair["versions"] == {"kernels.Fast.time_call": "1", "kernels.Slow.time_call": "1"}
    assert pair["values"].keys() == {cell for cell in suite.cells if "time_" in cell}, "counts have no noise"
    first, second = pair["values"][FAST]
    assert 0 < abs(math.log(second / first)) < 8 * NOISE


def test_a_pair_has_the_adjacent_processes_of_both_runs(suite, pairs, monkeypatch):
    suite.commit()
    run, processes = FakeRunner.run, []

    def visiting(self, *arguments):
        if self.process not in processes:
            processes.append(self.process)
        turn = processes.index(self.process)
        self.process.visits[ENVIRONMENT, FAST] = [Visit(2 * number + turn, 1.0 + turn) for number in range(4)]
        self.process.visits[ENVIRONMENT, SLOW] = [Visit(2 * number + turn, 1.0) for number in range(3)]
        return run(self, *arguments)

    monkeypatch.setattr(FakeRunner, "run", visiting)
    _, (pair,) = pairs()
    assert pair["adjacent"] == {FAST: [[1.0, 2.0]] * 4}, "three are too few"


def test_a_night_reads_the_pairs(suite, pairs):
    suite.commit()
    before = read_noise(suite.root / ".asv" / "noise", "desk", ENVIRONMENT, problems := [])
    pairs(3)
    after = read_noise(suite.root / ".asv" / "noise", "desk", ENVIRONMENT, problems)
    assert problems == []
    # The pairs of the fixture name no processor, so the measured ones replace them.
    assert (len(before.differences[FAST]), len(after.differences[FAST])) == (4, 3)


def test_the_runs_alternate_after_each_class_and_each_run_goes_first_equally_often(suite, pairs):
    suite.commit()
    measured = []

    class Runner(type(suite.runner(suite.project, "desk", suite.git("rev-parse", "HEAD")))):
        def run(self, results, pattern, seconds, *options):
            measured.append((results.name, re.search(r"Fast|Slow", pattern)[0]))
            return super().run(results, pattern, seconds, *options)

    pairs(2, make_runner=lambda *arguments: Runner(suite, *arguments))
    assert measured == [
        *(("a", "Fast"), ("b", "Fast"), ("b", "Slow"), ("a", "Slow")),
        *(("b", "Fast"), ("a", "Fast"), ("a", "Slow"), ("b", "Slow")),
    ]


def test_runs_that_are_not_interleaved_follow_each_other(suite):
    commit = suite.commit()
    failed = measure_pairs(
        suite.project,
        "desk",
        commit,
        lambda benchmarks: [FAST, SLOW],
        Conditions("all", interleaved=False, slowed=True),
        pairs=2,
        minutes=60,
        say=lambda sentence: None,
        make_runner=suite.runner,
        more_runs={"slowed": suite.runner},
    )
    assert failed == []
    assert [re.search("Fast|Slow", pattern)[0] for _, pattern in suite.runs] == ["Fast", "Slow"] * 6
    path = suite.root / ".asv" / "noise" / "desk" / f"{ENVIRONMENT}.json"
    first, second = json.loads(path.read_text())["pairs"][4:]
    for pair in (first, second):
        assert (pair["interleaved"], pair["slowed"]) == (False, True)
        assert [len(set(pair["values"][cell])) for cell in (FAST, SLOW)] == [3, 3]
    assert read_noise(path.parents[1], "desk", ENVIRONMENT, []).of(FAST) < 0.01, "a night leaves them out"


@pytest.mark.parametrize(
    ("expression", "count"),
    [("^kernels", 14), (r"^kernels\.Fast\.time_call\(1, ", 2), ("'a'", 6), (r"Slow.*\(10\)$", 1)],
)
def test_an_expression_matches_the_names_of_cells(suite, pairs, expression, count):
    suite.commit()
    _, (pair,) = pairs(selection=expression)
    assert len(pair["values"]) == count
    assert all(re.search(expression, cell) for cell in pair["values"])


def _command(suite, *options):
    return main(["calibrate", "--config", str(suite.root / "asv.conf.json"), "--machine", "desk", *options])


def test_the_command_measures_and_prints_the_tables(suite, monkeypatch, capsys):
    suite.commit(failing=[SLOW])
    arguments = {}

    def measured(project, machine, commit, selection, **options):
        arguments.update(machine=machine, commit=commit, selection=selection, **options)
        return [f"{SLOW} in run a"]

    monkeypatch.setattr("asv_verdict.__main__.calibrate", measured)
    assert _command(suite, "--bench", "^kernels", "--pairs", "2", "--minutes", "7.5") == 2
    said = capsys.readouterr().out
    assert (arguments["selection"], arguments["pairs"], arguments["minutes"]) == ("^kernels", 2, 7.5)
    assert arguments["commit"] == suite.git("rev-parse", "HEAD")
    assert said.startswith(f"{ENVIRONMENT}: 4 pairs on file\n\n| conditions | cells |")
    assert "| protocol, idle, interleaved | kernels | 56 | 100% |" in said
    assert said.endswith(f"broken: not measured:\n{SLOW} in run a\n")
    monkeypatch.setattr("asv_verdict.__main__.calibrate", lambda *arguments, **options: [])
    assert _command(suite) == 0


def test_no_pairs_means_the_tables_only(suite, monkeypatch, capsys):
    monkeypatch.setattr("asv_verdict.__main__.calibrate", pytest.fail)
    assert _command(suite, "--pairs", "0") == 0
    assert "4 pairs on file" in capsys.readouterr().out
    assert main(["calibrate", "--config", str(suite.root / "asv.conf.json"), "--machine", "new", "--pairs", "0"]) == 0
    assert "no pair is on file in" in capsys.readouterr().out


@pytest.mark.parametrize("options", [["--pairs", "-1"], ["--pairs", "two"], ["--minutes", "0"], ["--minutes", "nan"]])
def test_a_wrong_number_is_an_error(suite, options, capsys):
    with pytest.raises(SystemExit) as left:
        _command(suite, *options)
    assert left.value.code == 2
    assert f"{options[1]!r}: expected a" in capsys.readouterr().err


def test_a_build_that_takes_all_the_time_is_said(suite, pairs):
    head = suite.commit()

    class Runner(type(suite.runner(suite.project, "desk", head))):
        def build(self, results, seconds):
            raise OutOfTime(f"asv run took more than {seconds:g} seconds")

    failed, measured = pairs(minutes=1.0, make_runner=lambda *arguments: Runner(suite, *arguments))
    assert failed == [f"out of time: {head[:8]} was not built"]
    assert measured == []
