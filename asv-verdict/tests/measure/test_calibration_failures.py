"""What a calibration says of cells, commits and files that fail, and that it keeps the rest."""

import json

import pytest

from asv_verdict.asv_io.results import Unreadable
from asv_verdict.measure import calibrate as calibrate_module
from asv_verdict.measure.commit_runner import AsvFailed
from asv_verdict.project import BadSetting
from asv_verdict.records.noise_floors import read_noise
from asv_verdict.system.lock import Busy, only_run
from synthetic_results import ENVIRONMENT

FAST, SLOW = "kernels.Fast.time_call(1, 'a')", "kernels.Slow.time_call(10)"


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
