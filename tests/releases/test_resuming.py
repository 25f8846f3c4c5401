"""The pieces of a measurement: their order, and what an interrupted run keeps."""

from collections import Counter

import pytest

from releases.measuring import OtherMachine, in_turn, pieces_of
from tests.support.judged_releases import FAST, SLOW, confirmed, measured


def test_every_release_measures_a_cell_before_the_next_cell(suite):
    commits = ["a", "b", "c"]
    pieces = in_turn("round-0", [f"{SLOW}(10)", f"{SLOW}(20)"], commits)
    assert [(piece.cells[0], piece.commit) for piece in pieces] == [
        *((f"{SLOW}(10)", commit) for commit in "abc"),
        *((f"{SLOW}(20)", commit) for commit in "cba"),
    ]


def test_each_timed_cell_is_a_separate_piece(suite):
    deterministic = ("counts.Work.track_equations(1)", "counts.Work.track_equations(2)")
    assert pieces_of([f"{SLOW}(10)", *deterministic, f"{SLOW}(20)"]) == [
        (f"{SLOW}(10)",),
        (f"{SLOW}(20)",),
        deterministic,
    ]


class Killed(BaseException):
    """Stands in for SIGKILL."""


@pytest.mark.parametrize("after", [1, 20, 40, 75, 90])
def test_a_killed_run_resumes_where_it_stopped(suite, judge, after):
    suite.commit()
    suite.commit(factors={r"Fast.*\(3, 'a'\)": 1.3})
    suite.commit()
    taken = []

    def runner(project, machine, commit):
        made = suite.runner(project, machine, commit)

        def run(results, pattern, seconds, *options, run=made.run):
            if len(taken) == after:
                taken.append(None)
                raise Killed
            run(results, pattern, seconds)
            taken.append((commit, pattern))

        made.run = run
        return made

    with pytest.raises(Killed):
        measured(judge(runner=runner))
    before = [one for one in taken if one]
    judging = judge(runner=runner)
    _, changes = measured(judging)
    assert {cell for _, _, cell in confirmed(changes)} == {f"{FAST}(3, 'a')"}
    first_rounds = Counter(taken[: len(before)]) + Counter(taken[len(before) + 1 :])
    pieces = len(pieces_of(suite.cells)) * 3
    of_rounds = [count for (_, pattern), count in first_rounds.items() if r"3,\ 'a'" not in pattern]
    assert of_rounds == [2] * (pieces - 3), "each of the two rounds is measured once"


def test_results_of_another_processor_are_an_error(suite, judge):
    suite.commit()
    suite.commit()
    record = judge().record
    record.only_of("one processor")
    record.only_of("one processor")
    with pytest.raises(OtherMachine, match="were measured on one processor; this processor is another"):
        record.only_of("another")


def test_a_failed_piece_is_measured_again(suite, judge):
    suite.commit()
    suite.commit()
    judging = judge()
    piece = judging.first_rounds()[0][0]
    runner = judging.record.runners[piece.commit]
    runner.run, whole = (lambda *arguments: (_ for _ in ()).throw(OSError("no space"))), runner.run
    with pytest.raises(OSError, match="no space"):
        judging.record.measure([piece])
    runner.run = whole
    assert not judging.record.has(piece)
    assert judging.record.measure([piece])
    assert judging.record.has(piece)
