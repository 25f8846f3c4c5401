"""Runs of ASV that take turns."""

import pytest

from asv_verdict.measure.turns import at_once, in_turns


def _run(name, visits, log, error=None):
    try:
        for _ in range(visits):
            log.append(name)
            yield
        if error:
            raise error
    finally:
        log.append(f"end of {name}")
    return name.upper()


def _visits(log):
    return [name for name in log if len(name) == 1]


@pytest.mark.parametrize(
    ("visits", "expected"),
    [({"a": 3, "b": 3}, "ababab"), ({"a": 1, "b": 4, "c": 2}, "abcbcbb"), ({"a": 0, "b": 2}, "bb"), ({}, "")],
)
def test_each_visit_passes_the_turn_on(visits, expected):
    log = []
    assert in_turns([_run(name, count, log) for name, count in visits.items()]) == [name.upper() for name in visits]
    assert "".join(_visits(log)) == expected


@pytest.mark.parametrize(
    ("visits", "shares", "expected"),
    [
        ({"a": 8, "b": 4}, (1, 0.5), "abaabaabaaba"),
        ({"a": 4, "b": 8, "c": 4}, (0.5, 1, 0.5), "abcbabcbabcbabcb"),
        ({"a": 8, "b": 2}, (1, 0.25), "abaaaabaaa"),
        ({"a": 1, "b": 4}, (1, 0.5), "abbbb"),
    ],
)
def test_a_run_with_fewer_visits_spreads_them(visits, shares, expected):
    log = []
    in_turns([_run(name, count, log) for name, count in visits.items()], shares)
    assert "".join(_visits(log)) == expected


def test_an_error_ends_the_others():
    log = []
    with pytest.raises(ValueError, match="bad"):
        in_turns([_run("a", 9, log), _run("b", 1, log, ValueError("bad")), _run("c", 9, log)])
    assert sorted(log[-3:]) == ["end of a", "end of b", "end of c"]


def test_a_run_alone_goes_on_at_once():
    log = []
    assert at_once(_run("a", 3, log)) == "A"
    assert _visits(log) == ["a"] * 3
