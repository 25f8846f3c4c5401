"""Runs of ASV that take turns."""

import pytest

from asv_verdict.measure.turns import at_once, in_turns


def _run(name, cells, rounds, log, error=None):
    """Visits each cell once in each round, and notes its own name and that of the cell."""
    try:
        for _ in range(rounds):
            for cell in cells:
                yield cell
                log.append(name + cell)
        if error:
            raise error
    finally:
        log.append(f"end of {name}")
    return name.upper()


def _visits(runs, shares=()):
    """The visits of runs, given as the cells and the rounds of each name."""
    log = []
    found = in_turns([_run(name, cells, rounds, log) for name, (cells, rounds) in runs.items()], shares)
    assert found == [name.upper() for name in runs]
    return " ".join(word for word in log if len(word) == 2)


@pytest.mark.parametrize(
    ("runs", "expected"),
    [
        ({"a": ("12", 2), "b": ("12", 2)}, "a1 b1 a2 b2 a1 b1 a2 b2"),
        ({"a": ("1", 2), "b": ("1", 2), "c": ("1", 2)}, "a1 b1 c1 a1 b1 c1"),
        ({"a": ("123", 1), "b": ("2", 1)}, "a1 a2 b2 a3"),
        ({"a": ("", 1), "b": ("12", 1)}, "b1 b2"),
        # A cell that the leader lacks makes a run late by a round, and not more.
        ({"a": ("12", 4), "b": ("012", 4)}, "a1 a2 a1 b0 a2 b1 a1 b2 a2 b0 a1 b1 a2 b2 b0 b1 b2 b0 b1 b2"),
        ({}, ""),
    ],
)
def test_each_cell_is_visited_by_all_runs_in_succession(runs, expected):
    assert _visits(runs) == expected


@pytest.mark.parametrize(
    ("runs", "shares", "expected"),
    [
        ({"a": ("12", 4), "b": ("12", 2)}, (1, 0.5), "a1 b1 a2 b2 a1 a2 a1 b1 a2 b2 a1 a2"),
        ({"a": ("1", 2), "b": ("1", 4), "c": ("1", 2)}, (0.5, 1, 0.5), "b1 a1 c1 b1 b1 a1 c1 b1"),
        ({"a": ("1", 8), "b": ("1", 2)}, (1, 0.25), "a1 b1 a1 a1 a1 a1 b1 a1 a1 a1"),
    ],
)
def test_a_run_with_fewer_rounds_takes_part_in_some_of_those_of_the_others(runs, shares, expected):
    assert _visits(runs, shares) == expected


def test_an_error_ends_the_others():
    log = []
    with pytest.raises(ValueError, match="bad"):
        in_turns([_run("a", "1", 9, log), _run("b", "1", 1, log, ValueError("bad")), _run("c", "1", 9, log)])
    assert sorted(log[-3:]) == ["end of a", "end of b", "end of c"]


def test_a_run_alone_goes_on_at_once():
    log = []
    assert at_once(_run("a", "12", 2, log)) == "A"
    assert log[:-1] == ["a1", "a2", "a1", "a2"]
