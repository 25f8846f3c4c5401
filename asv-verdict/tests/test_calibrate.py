"""A/A runs: one commit measured twice, interleaved, and the file of pairs that a night reads."""

import json
import math
import re

import pytest

from asv_verdict.__main__ import main
from asv_verdict.asv_io.results import Unreadable
from asv_verdict.measure import calibrate as calibrate_module
from asv_verdict.measure.calibrate import Conditions, calibrate, measure_pairs
from asv_verdict.measure.commit_runner import AsvFailed, OutOfTime
from asv_verdict.project import BadSetting
from asv_verdict.records.noise_floors import read_noise
from asv_verdict.system.lock import Busy, only_run
from synthetic_suite import ENVIRONMENT, NOISE

FAST, SLOW = "kernels.Fast.time_call(1, 'a')", "kernels.Slow.time_call(10)"


@pytest.fixture
def pairs(suite):
    """Measures pairs of the newest commit; returns what was not measured, and the pairs that were added."""
    path = suite.root / ".asv" / "noise" / "desk" / f"{ENVIRONMENT}.json"
    before = json.loads(path.read_text())["pairs"]

    def measure(count=1, selection="", minutes=60.0, make_runner=suite.runner, say=lambda sentence: None):
        head = suite.git("rev-parse", "HEAD")
        failed = calibrate(
            suite.project, "desk", head, selection, pairs=count, minutes=minutes, say=say, make_runner=make_runner
        )
        after = json.loads(path.read_text())["pairs"]
        assert after[: len(before)] == before, "no pair is removed"
        return failed, after[len(before) :]

    return measure


def test_a_pair_has_the_values_of_both_runs_its_conditions_and_its_processor(suite, pairs):
    commit = suite.commit()
    failed, (pair,) = pairs()
    assert failed == []
    assert pair.keys() == {
        *("started", "commit", "selection", "clock", "busy_processes", "interleaved", "slowed"),
        *("background_load", "measured_with", "versions", "values"),
    }
    assert pair["commit"] == commit
    assert pair["measured_with"]["cpu"]
    assert len(pair["background_load"]) == 2
    assert pair["versions"] == {"kernels.Fast.time_call": "1", "kernels.Slow.time_call": "1"}
    assert pair["values"].keys() == {cell for cell in suite.cells if "time_" in cell}, "counts have no noise"
    first, second = pair["values"][FAST]
    assert 0 < abs(math.log(second / first)) < 8 * NOISE


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


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ("NoSuch", r"'NoSuch' matches no cell of \w{8} that has noise; the commit has 16 cells, such as kernels\.Fast"),
        ("track_equations", "'track_equations' matches no cell of .* that has noise"),
        ("time_(", r"'time_\(': expected a regular expression"),
    ],
)
def test_an_expression_without_a_noisy_cell_is_an_error(suite, pairs, expression, message):
    suite.commit()
    with pytest.raises(BadSetting, match=message):
        pairs(selection=expression)


def test_a_cell_that_fails_is_named_and_the_others_are_kept(suite, pairs):
    suite.commit(failing=[SLOW], not_applicable=[FAST])
    failed, (pair,) = pairs()
    assert failed == [f"{SLOW} in run {run} of {ENVIRONMENT}" for run in "ab"], "a skipped cell did not fail"
    assert len(pair["values"]) == 12


def test_a_cell_that_fails_has_its_reason(suite, pairs):
    head = suite.commit(failing=[SLOW])

    class Runner(type(suite.runner(suite.project, "desk", head))):
        def run(self, results, pattern, seconds, *options):
            super().run(results, pattern, seconds, *options)
            return {SLOW: "ValueError: no data"}

    failed, _ = pairs(make_runner=lambda *arguments: Runner(suite, *arguments))
    assert failed == [f"{SLOW} in run {run} of {ENVIRONMENT}: ValueError: no data" for run in "ab"]


SLOW_IN_B = [f"kernels.Slow.time_call({size}) in run b of {ENVIRONMENT}" for size in (10, 20)]


@pytest.mark.parametrize(("runs", "not_measured"), [("b", SLOW_IN_B), ("ab", [f"all cells in {ENVIRONMENT}"])])
def test_a_run_in_which_asv_fails_repeats_no_value_of_the_pair_before(suite, pairs, runs, not_measured):
    suite.commit()
    head = suite.git("rev-parse", "HEAD")

    class Runner(type(suite.runner(suite.project, "desk", head))):
        def run(self, results, pattern, seconds, *options):
            if results.parent.name == "round-1" and results.name in runs:
                raise AsvFailed(f"asv run of {self.commit[:8]} exited with status 1: no space left")
            return super().run(results, pattern, seconds, *options)

    failed, (pair,) = pairs(2, "Slow", make_runner=lambda *arguments: Runner(suite, *arguments))
    assert len(pair["values"]) == 2
    assert failed == [*not_measured, f"asv run of {head[:8]} exited with status 1: no space left"]


def test_an_environment_that_asv_does_not_measure_is_named(suite, pairs):
    suite.commit()
    configuration = json.loads((suite.root / "asv.conf.json").read_text())
    (suite.root / "asv.conf.json").write_text(json.dumps({**configuration, "pythons": ["3.11", "3.99"]}))
    failed, added = pairs()
    assert failed == ["all cells in virtualenv-py3.99"]
    assert len(added) == 1


def test_a_cell_that_measures_zero_has_no_ratio_and_is_left_out(suite, pairs):
    suite.commit(values={SLOW: 0.0, FAST: -1.0})
    failed, (pair,) = pairs()
    assert failed == []
    assert not {SLOW, FAST} & pair["values"].keys()
    read_noise(suite.root / ".asv" / "noise", "desk", ENVIRONMENT, problems := [])
    assert problems == []


def test_at_the_time_limit_complete_pairs_are_kept(suite, pairs, monkeypatch):
    suite.commit()
    clock, said = [0.0], []
    monkeypatch.setattr(calibrate_module.time, "monotonic", lambda: clock[0])

    class Runner(type(suite.runner(suite.project, "desk", suite.git("rev-parse", "HEAD")))):
        def run(self, results, pattern, seconds, *options):
            clock[0] += 60.0
            return super().run(results, pattern, seconds, *options)

    def measured(minutes):
        return pairs(3, minutes=minutes, make_runner=lambda *arguments: Runner(suite, *arguments), say=said.append)

    failed, added = measured(5.0)
    assert failed == []
    assert [len(pair["values"]) for pair in added] == [14, 12], "the second pair has one class"
    assert said[-1] == "out of time: 1 of 3 pairs are complete"
    failed, added = measured(1.0)
    assert failed == ["out of time: 0 of 3 pairs are complete"]


def test_a_damaged_file_of_pairs_is_named_before_anything_is_measured(suite, pairs):
    suite.commit()
    path = suite.root / ".asv" / "noise" / "desk" / f"{ENVIRONMENT}.json"
    for damaged in ("{", "[]", '{"pairs": 3}', '{"pairs": [3]}', "[" * 100_000):
        path.write_text(damaged)
        with pytest.raises(Unreadable, match=r"virtualenv-py3\.11\.json"):
            pairs()
        assert path.read_text() == damaged
    assert suite.runs == []


def test_nothing_is_measured_while_another_run_holds_the_lock(suite, pairs):
    suite.commit()
    with only_run(suite.project.folder / "lock"), pytest.raises(Busy):
        pairs()


def test_a_configuration_that_a_killed_run_has_left_is_removed(suite, pairs):
    suite.commit()
    left = suite.root / "asv.conf.verdict-0123456789ab.json"
    left.touch()
    pairs()
    assert not left.exists()
    assert not (suite.project.folder / "calibration").exists()


def test_a_commit_that_does_not_build_is_an_error(suite, pairs):
    suite.commit(builds=False)
    with pytest.raises(BadSetting, match=r"does not build: .* no matching distribution"):
        pairs()


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
