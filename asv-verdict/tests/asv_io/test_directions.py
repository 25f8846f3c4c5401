"""The direction of a cell: whether a smaller number is better follows from kind, unit and settings."""

from pathlib import Path

import pytest

from asv_verdict.asv_io.benchmarks import Benchmark
from asv_verdict.model import Direction, Verdict
from asv_verdict.project import NAME, Settings, read_settings

TIME = Benchmark("b.time_x", "time", "seconds", "1")
HASH = Benchmark("b.track_hash", "track", "hash", "1")


def test_the_direction_follows_from_the_unit_unless_it_is_set():
    assert Settings().direction("b.time_x", TIME) is Direction.LOWER_IS_BETTER
    assert Settings().direction("b.track_hash", HASH) is Direction.NONE
    assert Settings(higher_is_better="throughput").direction("b.track_throughput", None) is Direction.HIGHER_IS_BETTER
    assert [direction.effect(1.1) for direction in Direction] == ["regression", "improvement", "change", "change"]


@pytest.mark.parametrize(
    ("name", "unit", "expected"),
    [
        ("b.track_speed", "ops/s", Direction.HIGHER_IS_BETTER),
        ("b.track_speed", "MB/s", Direction.HIGHER_IS_BETTER),
        ("b.track_speed", "1/s ", Direction.HIGHER_IS_BETTER),
        ("b.TrackSpeed", "ops/s", Direction.HIGHER_IS_BETTER),
        ("b.Suite.Track_score", "points", Direction.UNKNOWN),
        ("b.Suite.tracking_time", "points", Direction.LOWER_IS_BETTER),
        ("b.track_latency", "ms", Direction.LOWER_IS_BETTER),
        ("b.track_size", "bytes", Direction.LOWER_IS_BETTER),
        ("b.peakmem_x", "bytes", Direction.LOWER_IS_BETTER),
        ("b.timeraw_x", "seconds", Direction.LOWER_IS_BETTER),
        ("b.track_score", "points", Direction.UNKNOWN),
        ("b.track_score", "unit", Direction.UNKNOWN),
        ("b.track_hash", "hash", Direction.NONE),
    ],
)
def test_kind_and_unit_tell_the_direction(name, unit, expected):
    kind = "track" if "rack_" in name or "Track" in name else "time"
    benchmark = Benchmark(name, kind, unit, "1")
    assert Settings().direction(name, benchmark) is expected
    assert Settings().direction(f"{name}('track_x', 'ops/s')", benchmark) is expected


def test_the_settings_tell_the_direction_where_the_unit_does_not():
    score, speed = (Benchmark(f"b.track_{unit}", "track", unit, "1") for unit in ("points", "ops/s"))

    def directions(**settings):
        return [Settings(**settings).direction(one.name, one) for one in (score, speed)]

    lower, higher = Direction.LOWER_IS_BETTER, Direction.HIGHER_IS_BETTER
    assert directions(lower_is_better="points") == [lower, higher]
    assert directions(lower_is_better="track_") == [lower, lower]
    assert directions(higher_is_better="points") == [higher, lower], "as before: what it does not match"
    assert directions(higher_is_better="other") == [lower, lower]
    assert directions(higher_is_better="other", lower_is_better="another") == [Direction.UNKNOWN, higher]


@pytest.mark.parametrize(
    ("unit", "setting", "factor", "verdict", "effect"),
    [
        ("ops/s", "", 0.5, Verdict.REGRESSION, "regression"),
        ("ops/s", "", 2.0, Verdict.PASS, "improvement"),
        ("points", "", 0.5, Verdict.INCONCLUSIVE, "change"),
        ("points", "", 2.0, Verdict.INCONCLUSIVE, "change"),
        ("points", "lower_is_better = 'track_'", 2.0, Verdict.REGRESSION, "regression"),
        ("points", "higher_is_better = 'track_'", 2.0, Verdict.PASS, "improvement"),
    ],
)
@pytest.mark.parametrize("exact", ["track_", "nothing"])
def test_a_change_of_unknown_direction_is_inconclusive_until_the_settings_say(
    suite, unit, setting, factor, verdict, effect, exact
):
    suite.benchmarks = {"counts.Work.track_x": ("track", unit, [["1"]], 40.0)}
    (suite.root / "asv_verdict.toml").write_text(f"exact = '{exact}'\n{setting}\n")
    suite.commit()
    suite.night()
    suite.commit(factors={"track_x": factor})
    report = suite.night()
    assert report.outcome.verdict is verdict
    assert [change.effect for change in report.outcome.changes] == [effect]
    assert ("counts.Work.track_x changed, but its unit (points) does not imply" in report.as_markdown()) is (
        verdict is Verdict.INCONCLUSIVE
    )


def test_this_repository_sets_both_directions():
    settings = read_settings(Path(__file__).parents[3] / NAME)
    assert settings.direction("costs.C.track_equations(1)", None) is Direction.LOWER_IS_BETTER
    hashed = Benchmark("costs.C.track_program_hash", "track", "hash", "1")
    assert settings.direction(hashed.name, hashed) is Direction.NONE
    assert settings.lower_is_better
    assert settings.higher_is_better


@pytest.mark.parametrize("is_open", [False, True], ids=["repeated", "measured again"])
def test_a_direction_that_is_corrected_counts_in_a_second_night_on_the_same_commit(suite, is_open):
    settings = 'exact = "track_equations"\n{}_is_better = "track_equations"\n'
    (suite.root / NAME).write_text(settings.format("lower"))
    suite.commit()
    suite.night()
    suite.commit("Halve", {"track_equations": 0.5})
    assert suite.night().outcome.verdict is Verdict.PASS
    (suite.root / NAME).write_text(settings.format("higher") + ('selection = "counts|kernels"\n' if is_open else ""))
    assert suite.night().outcome.verdict is Verdict.REGRESSION
