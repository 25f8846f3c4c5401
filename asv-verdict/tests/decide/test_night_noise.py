"""A night learns the noise of its machine from the cells that did not change."""

import json
import math
import shutil

import pytest

from asv_verdict.asv_io.pairs import read_pairs
from asv_verdict.decide.candidates import CandidateRounds
from asv_verdict.measure.session import Visit
from asv_verdict.records.night_noise import NIGHTS, add_night_noise, join_night_noise, night_noise_file
from asv_verdict.records.noise_floors import read_noise
from branches import git
from reading_reports import confirmed
from synthetic_results import ENVIRONMENT
from synthetic_suite import FakeRunner

SLOW = "kernels.Slow.time_call(20)"


@pytest.fixture
def unmeasured(suite):
    """A repository whose noise nobody has measured."""
    shutil.rmtree(suite.root / ".asv" / "noise")
    return suite


def _file(suite):
    return night_noise_file(suite.project.folder, "desk", ENVIRONMENT)


def _is_assumed(report):
    return any("a noise of 2% is assumed" in note for note in report.notes)


def test_only_the_first_comparison_assumes_a_noise(unmeasured):
    unmeasured.commit()
    assert _is_assumed(unmeasured.night())
    unmeasured.commit()
    assert _is_assumed(unmeasured.night())
    unmeasured.commit()
    assert not _is_assumed(unmeasured.night())
    pairs = read_pairs(_file(unmeasured))
    assert [len(pair["values"]) for pair in pairs] == [14, 14], "the timed cells"
    noise = read_noise(unmeasured.root, "desk", ENVIRONMENT, [], nights=_file(unmeasured))
    assert 0.001 < noise.of(SLOW) < 0.02


def test_a_changed_cell_teaches_nothing_and_a_dismissed_one_does(unmeasured, monkeypatch):
    first = unmeasured.commit()
    unmeasured.night()
    second = unmeasured.commit("Slow", {"Slow.*20": 1.5})
    value = type(unmeasured).value
    screened = []

    def disturbed(self, cell, commit):
        """One cell is slower in the round of all cells, and not again."""
        found = value(self, cell, commit)
        if cell == "kernels.Slow.time_call(10)" and commit.hash == second and not screened:
            screened.append(cell)
            return found * 1.3
        return found

    monkeypatch.setattr(type(unmeasured), "value", disturbed)
    report = unmeasured.night()
    assert SLOW in confirmed(report)
    (pair,) = read_pairs(_file(unmeasured))
    assert SLOW not in pair["values"]
    before, after = pair["values"]["kernels.Slow.time_call(10)"]
    assert after / before > 1.2
    assert pair["commits"] == [first, second]


def test_a_night_stores_the_adjacent_processes(unmeasured, monkeypatch):
    run = FakeRunner.run

    def visiting(self, *arguments):
        turn = list(unmeasured.commits).index(self.commit)
        self.process.visits[ENVIRONMENT, SLOW] = [Visit(2 * number + turn, 1.0 + number) for number in range(4)]
        return run(self, *arguments)

    monkeypatch.setattr(FakeRunner, "run", visiting)
    for _ in range(2):
        unmeasured.commit()
        unmeasured.night()
    (pair,) = read_pairs(_file(unmeasured))
    assert pair["adjacent"] == {SLOW: [[1.0, 1.0], [2.0, 2.0], [3.0, 3.0], [4.0, 4.0]]}
    noise = read_noise(unmeasured.root, "desk", ENVIRONMENT, [], nights=_file(unmeasured))
    assert noise.adjacent[SLOW] == [0.0]


def test_an_undecided_cell_teaches_nothing(unmeasured, monkeypatch):
    unmeasured.commit()
    unmeasured.night()
    unmeasured.commit("Slow", {"Slow.*20": 1.5})
    monkeypatch.setattr(CandidateRounds, "seconds_left", 0.0)
    unmeasured.night()
    (pair,) = read_pairs(_file(unmeasured))
    assert SLOW not in pair["values"]


def _pair(number):
    return {"started": f"2026-01-{number + 1:02}T00:00:00", "values": {"a": [1.0, 1.0 + number / 1000]}}


def test_the_newest_pairs_are_kept_once(tmp_path):
    path = tmp_path / "desk" / "env.json"
    add_night_noise(path, [_pair(number) for number in range(28)])
    add_night_noise(path, [_pair(number) for number in range(20, 31)])
    assert read_pairs(path) == [_pair(number) for number in range(31 - NIGHTS, 31)]


def test_the_noise_of_two_machines_is_joined(tmp_path):
    here, there = tmp_path / "here", tmp_path / "there"
    add_night_noise(here / "desk" / "env.json", [_pair(1), _pair(3)])
    add_night_noise(there / "desk" / "env.json", [_pair(2), _pair(3)])
    (here / "desk" / "other.json").write_text("[" * 100_000)
    (sentence,) = join_night_noise(here, there)
    assert sentence.startswith("cannot store the noise of nights in other.json: ")
    assert read_pairs(there / "desk" / "env.json") == [_pair(1), _pair(2), _pair(3)]


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"pairs": 5}', '{"pairs": [5]}', '{"pairs": [{"values": {"a": 5}}]}', "[" * 10**5]
)
def test_a_damaged_file_is_named_and_stays_as_it_is(unmeasured, text):
    unmeasured.commit()
    unmeasured.night()
    path = _file(unmeasured)
    path.parent.mkdir(parents=True)
    path.write_text(text)
    unmeasured.commit()
    report = unmeasured.night()
    assert any(f"the noise floors in {path.name} cannot be read" in note for note in report.notes)
    assert _is_assumed(report)
    if not text.endswith("5}}]}"):
        assert path.read_text() == text
        assert any("the noise of this night was not stored" in problem for problem in report.outcome.problems)


def test_damaged_noise_of_nights_hides_no_measured_noise(suite, tmp_path):
    path = tmp_path / "env.json"
    path.write_text("{")
    problems = []
    noise = read_noise(suite.root / ".asv/noise", "desk", ENVIRONMENT, problems, nights=path)
    assert noise.is_measured(SLOW)
    (problem,) = problems
    assert "assumed" not in problem


def test_the_noise_of_nights_is_on_the_results_branch(suite, remote):
    (suite.root / "asv_verdict.toml").write_text('results_branch = "asv-results"\nresults_remote = "origin"\n')
    suite.night()
    suite.commit()
    suite.night()
    name = f"night-noise/desk/{ENVIRONMENT}.json"
    stored = json.loads(git(remote, "show", f"asv-results:{name}"))
    assert all(math.isfinite(value) for value in stored["pairs"][0]["values"][SLOW])


def test_measured_noise_of_a_cell_counts_alone(suite):
    """A drift of 1 % a night looks like noise."""
    before = read_noise(suite.root / ".asv/noise", "desk", ENVIRONMENT, [])
    drift = {"values": {SLOW: [1.0, 1.05], "kernels.New.time_x": [1.0, 1.05]}}
    add_night_noise(_file(suite), [{"started": str(number), **drift} for number in range(8)])
    after = read_noise(suite.root / ".asv/noise", "desk", ENVIRONMENT, [], nights=_file(suite))
    assert after.of(SLOW) == pytest.approx(before.of(SLOW), rel=0.1)
    assert after.of("kernels.New.time_x") > 0.02


def test_disturbed_nights_hide_no_change_of_ten_percent(suite):
    path = _file(suite)
    add_night_noise(path, [{"started": str(number), "values": {"new": [1.0, 2.1]}} for number in range(8)])
    noise = read_noise(suite.root / ".asv/noise", "desk", ENVIRONMENT, [], nights=path)
    assert 0.04 < noise.floor("new") < 0.06
