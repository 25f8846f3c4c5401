"""Runs of ASV that take turns."""

import threading

import pytest

from asv_verdict.measure.turns import Stopped, Turns


def _started(turns, work, names):
    places = {name: turns.join() for name in names}
    threads = [threading.Thread(target=work, args=(name, places[name])) for name in names]
    for thread in reversed(threads):  # the order in which they joined counts
        thread.start()
    return threads


@pytest.mark.parametrize("visits", [{"a": 3, "b": 3}, {"a": 1, "b": 4, "c": 2}, {"a": 0, "b": 2}])
def test_one_works_at_a_time_in_order(visits):
    done, working = [], threading.Lock()

    def work(name, place):
        with place:
            for _ in range(visits[name]):
                assert working.acquire(blocking=False)
                done.append(name)
                working.release()
                place.pass_on()

    for thread in _started(Turns(), work, visits):
        thread.join(10)
        assert not thread.is_alive()
    expected = [name for turn in range(max(visits.values())) for name in visits if visits[name] > turn]
    assert done == expected


def test_a_thread_that_fails_gives_its_turn_up():
    done = []

    def work(name, place):
        try:
            with place:
                if name == "a":
                    raise ValueError
                done.append(name)
        except ValueError:
            done.append("failed")

    for thread in _started(Turns(), work, "ab"):
        thread.join(10)
    assert sorted(done) == ["b", "failed"]


def test_stopping_ends_the_waiting():
    turns, caught = Turns(), []
    turns.join()  # never leaves

    def work(name, place):
        try:
            with place:
                pass
        except Stopped:
            caught.append(name)

    threads = _started(turns, work, "ab")
    turns.stop()
    for thread in threads:
        thread.join(10)
    assert sorted(caught) == ["a", "b"]
