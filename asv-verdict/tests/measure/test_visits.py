"""A session knows the value of each process, and the screening compares those that ran one right after the other."""

import math
import os
import random
import statistics
import sys
import tempfile
from types import SimpleNamespace

import pytest

from asv_verdict.asv_io.decoding import cell_names
from asv_verdict.decide.screening import Thresholds, screen
from asv_verdict.measure.session import Session, Visit
from asv_verdict.project import Settings
from asv_verdict.stats.noise import Noise
from asv_verdict.system import visits

KEY = ("env", "kernels.time_x")
SUITE = """
import json, os, pathlib

class Track:
    params = [1, 2]
    rounds = 2

    def track_size(self, size):
        return size * 10

class Time:
    rounds, repeat, number, warmup_time = 3, 2, 1, 0.0

    def time_nothing(self):
        pass

class Telling:
    '''Gives ASV the sum of all rounds so far, and tells the value of each.'''
    rounds = 3

    def setup_cache(self):
        pathlib.Path("count").write_text("0")

    def track_sum(self):
        count = int(pathlib.Path("count").read_text()) + 1
        pathlib.Path("count").write_text(str(count))
        pathlib.Path(os.environ["ASV_VERDICT_VALUE_FILE"]).write_text(json.dumps(100 + count))
        return count

class Failing:
    def track_nothing(self):
        raise ValueError
"""


@pytest.mark.slow
@pytest.mark.parametrize("forks", [True, False])
def test_each_process_of_a_cell_has_a_value(start, forks):
    session_runner = start(SUITE, forks=forks)
    cells = ["suite.Time.time_nothing", "suite.Telling.track_sum", "suite.Failing.track_nothing"]
    for _ in range(2):
        session_runner.round([*cells, "suite.Track.track_size(1)", "suite.Track.track_size(2)"])
    (found,) = session_runner.session.visits.values()
    (values,) = session_runner.session.values.values()
    assert found.keys() < values.keys()
    by_cell = {cell: [one.value for one in of_cell] for (_, cell), of_cell in found.items()}
    times = by_cell.pop("suite.Time.time_nothing")
    assert len(times) == 3
    assert all(0 < one < 0.1 for one in times)
    # ASV gives a tracked benchmark one process, whatever its rounds; it has one as well in a round of the session.
    assert by_cell.pop("suite.Telling.track_sum") == [101]
    assert by_cell == {"suite.Track.track_size(1)": [10], "suite.Track.track_size(2)": [20]}
    ended = [one.ended for of_cell in found.values() for one in of_cell]
    assert len(set(ended)) == len(ended)


@pytest.mark.parametrize(
    ("result", "told", "expected"),
    [
        ({"samples": [[3.0, 1.0, 2.0]], "result": [True]}, None, 2.0),
        ({"samples": [[3.0]], "result": [True]}, 5.0, 5.0),
        ({"samples": [None], "result": [7]}, None, 7.0),
        ({"samples": [[]], "result": [True]}, None, None),
        ({"samples": [None], "result": ["text"]}, None, None),
        ({"samples": [None], "result": [None]}, None, None),
        ({"samples": [["a", 1.0]], "result": [True]}, None, None),
        ({"samples": [None], "result": [math.nan]}, None, None),
        ({"samples": [None], "result": [10**400]}, None, None),
        ({"samples": None, "result": None}, None, None),
        ({"samples": [[3.0]], "result": [True], "errcode": 1}, 5.0, None),
    ],
)
def test_the_value_of_a_process_is_a_number_or_none(result, told, expected):
    assert visits.value_of(SimpleNamespace(**{"errcode": 0, **result}), told) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [("1.5", 1.5), ("", None), ("[1]", None), ("nan", None), ("NaN", None), ("true", None), ("[" * 10**5, None)],
)
def test_a_suite_tells_a_number_or_nothing(monkeypatch, tmp_path, text, expected):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setenv(visits.VARIABLE, "")  # which it was before comes back
    told = visits.ToldValue()
    with open(os.environ[visits.VARIABLE], "w") as file:
        file.write(text)
    assert told.read() == expected
    told.forget()
    assert told.read() is None


def test_a_cell_has_the_same_name_as_in_results():
    params = [["1", "'a'"], ["2", "3", "(4, 5)"]]
    names = [visits.name_of({"name": "m.f", "params": params}, index) for index in range(6)]
    assert names == cell_names("m.f", tuple(map(tuple, params)))
    assert visits.name_of({"name": "m.f", "params": []}, 0) == "m.f"


def test_the_module_needs_only_the_standard_library():
    with open(visits.__file__) as file:
        imported = [line.split()[1] for line in file if line.startswith(("import ", "from "))]
    assert {name.partition(".")[0] for name in imported} <= sys.stdlib_module_names


def _session(old, new, order=""):
    """A session of two commits whose processes took these times, in an order such as "noo": new, old, old.

    By default a process of the old commit follows each one of the new commit, or every second one.
    """
    session = Session(["old", "new"], {"old": {KEY: [min(old)]}, "new": {KEY: [min(new)]}})
    usual = ("nonn" * len(old))[: len(old) + len(new)] if len(new) > len(old) else "no" * len(old)
    times = {"old": iter(old), "new": iter(new)}
    session.visits = {"old": {KEY: []}, "new": {KEY: []}}
    for ended, letter in enumerate(order or usual):
        commit = {"o": "old", "n": "new"}[letter]
        session.visits[commit][KEY].append(Visit(float(ended), next(times[commit])))
    return session


@pytest.mark.parametrize(
    ("old", "new", "order", "adjacent"),
    [
        ([1, 2, 3], [10, 20, 30], "nonono", [(1, 10), (2, 20), (3, 30)]),
        ([1, 2, 3], [10, 20, 30], "onnoon", [(1, 10), (2, 20), (3, 30)]),
        ([1, 2], [10, 20, 30, 40], "nonnon", [(1, 10), (2, 30)]),
        ([1, 2], [10, 20, 30, 40], "onnonn", [(1, 10), (2, 30)]),
        ([10, 20, 30, 40], [1, 2], "onoono", [(10, 1), (30, 2)]),
        # The runs took no turns.
        ([1, 2, 3], [10, 20, 30], "ooonnn", []),
        # The third process of the old commit failed.
        ([1, 2, 4], [10, 20, 30, 40], "nononno", [(1, 10), (2, 20)]),
    ],
)
def test_each_process_of_the_side_with_fewer_has_an_adjacent_one(old, new, order, adjacent):
    session = _session(old, new, order)
    assert session.adjacent(KEY, "old", "new") == adjacent
    assert session.adjacent(("env", "another"), "old", "new") == []
    assert session.adjacent(KEY, "old", "another commit") == []


@pytest.mark.parametrize("noise", [0.02, 0.1])
def test_partners_do_not_depend_on_how_long_a_process_took(noise):
    """Otherwise a head of which each process may choose between two would look too fast."""
    generator = random.Random(0)
    changes = []
    for _ in range(2000):
        session, clock = Session([]), 0.0
        session.visits = {"old": {KEY: []}, "new": {KEY: []}}
        for number in range(16):
            value = math.exp(generator.gauss(0, noise))
            clock += value
            session.visits["old" if number % 2 else "new"][KEY].append(Visit(clock, value))
        pairs = session.adjacent(KEY, "old", "new")
        assert len(pairs) == 8
        changes.append(statistics.fmean(math.log(new / old) for old, new in pairs))
    assert abs(statistics.fmean(changes)) < 4 * statistics.stdev(changes) / math.sqrt(len(changes))


NOISE = Noise({KEY[1]: [0.04, -0.04] * 4}, {KEY[1]: [0.001, -0.001] * 4})
DRIFTING = Thresholds(Settings(), {"env": NOISE})
QUIET = Thresholds(Settings(), {"env": Noise(NOISE.adjacent, NOISE.differences)})
UNMEASURED = Thresholds(Settings(), {"env": Noise(NOISE.adjacent)})
#: The machine is 30 % faster for a while, in which only the new commit has its shortest time.
FASTER = [1.3, 1.3, 1.0, 1.3], [1.3, 1.3, 1.0, 0.9]
#: Three processes of the new commit are disturbed.
DISTURBED = [1.0, 1.0, 1.0, 1.0], [1.2, 1.0, 1.2, 1.2]
SLOWER = [1.3, 1.2, 1.1, 1.0], [1.365, 1.26, 1.155, 1.05]


@pytest.mark.parametrize(
    ("old", "new", "thresholds", "change"),
    [
        (*FASTER, DRIFTING, None),
        (*FASTER, QUIET, 0.9),
        (*DISTURBED, DRIFTING, 1.2),
        (*DISTURBED, QUIET, None),
        (*DISTURBED, UNMEASURED, None),
        (*SLOWER, DRIFTING, 1.05),
        (*SLOWER, QUIET, 1.05),
        # With fewer adjacent processes, the values count, and their noise.
        ([1.0, 1.0, 1.0], [1.2, 1.05, 1.05], DRIFTING, None),
        ([1.0, 1.0, 1.0], [1.2, 1.15, 1.15], DRIFTING, 1.15),
        # The direction is that of the less noisy ones.
        ([1.0, 1.3, 1.3, 1.3], [1.04, 1.352, 1.352, 0.99], DRIFTING, 1.04),
    ],
)
def test_the_values_or_the_adjacent_processes_make_a_candidate(old, new, thresholds, change):
    found = screen(_session(old, new), "old", "new", "previous", thresholds)
    assert [one.ratio.estimate for one in found] == ([] if change is None else [pytest.approx(change)])
    assert all(one.ratio.low < one.ratio.estimate < one.ratio.high for one in found)


def test_the_explained_part_is_taken_out_of_both():
    explained = SimpleNamespace(of=lambda ratio: 1.2, until="before")
    session = _session([1.0, 1.0, 1.0, 1.0], [1.2, 1.2, 1.21, 1.22])
    for thresholds in (DRIFTING, QUIET):
        assert screen(session, "old", "new", "previous", thresholds)
        assert not screen(session, "old", "new", "previous", thresholds, lambda key: explained)


def test_a_change_that_no_float_can_hold_is_a_candidate():
    session = _session([1e-200] * 4, [1e200] * 4)
    (found,) = screen(session, "old", "new", "previous", DRIFTING)
    assert math.isfinite(found.ratio.estimate)
