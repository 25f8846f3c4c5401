"""Peers are timed only if they agree with the oracle, and missing peers are named."""

import importlib.util
import multiprocessing

import numpy as np
import pytest

from autodiff_kernels.checking import WrongResult
from studies.peers import __main__ as command
from studies.peers import layout, measuring
from studies.peers.contestants import CONTESTANTS, FLOOR, OURS, PACKAGES, PEERS


def test_our_gradients_are_measured_alternately_and_agree():
    said = []
    best, missing = measuring.measure(20, [FLOOR, "autograd explicit", "jax custom rule"], 1, said.append)
    assert set(best) == {FLOOR, "autograd explicit", "jax custom rule"}
    assert all(seconds > 0 for seconds in best.values())
    assert missing == {}
    assert said == ["n = 20: round 1 of 1"]


def test_every_peer_has_a_package():
    assert set(PACKAGES) == set(PEERS)
    assert set(CONTESTANTS) == {FLOOR, *OURS, *PEERS}


def test_a_peer_that_fails_is_named(monkeypatch):
    def broken(inputs):
        raise TypeError("RBF takes no lengthscale")

    monkeypatch.setitem(CONTESTANTS, "GPJax", broken)
    monkeypatch.setattr(measuring, "pin_to_core", lambda index: None)
    connection = _Connection()
    measuring.serve("GPJax", 5, connection)
    assert connection.sent == [("missing", "TypeError: RBF takes no lengthscale")]


def test_a_wrong_gradient_of_ours_ends_the_comparison(monkeypatch):
    def wrong(inputs):
        raise WrongResult("mvn/jax/explicit/n=5: it is off by 2")

    monkeypatch.setitem(CONTESTANTS, "jax explicit", wrong)
    monkeypatch.setattr(measuring, "pin_to_core", lambda index: None)
    connection = _Connection()
    measuring.serve("jax explicit", 5, connection)
    assert connection.sent == [("disagrees", "mvn/jax/explicit/n=5: it is off by 2")]


def test_a_peer_whose_process_ends_is_named():
    ours, theirs = multiprocessing.Pipe()
    theirs.close()
    assert measuring.answer(ours) == ("missing", "its process ended without an answer")


@pytest.mark.skipif(importlib.util.find_spec("gpjax") is not None, reason="GPJax is installed here")
def test_a_peer_that_is_not_installed_is_named():
    best, missing = measuring.measure(5, ["autograd explicit", "GPJax"], 1, lambda words: None)
    assert set(best) == {"autograd explicit"}
    assert missing["GPJax"].startswith("No module named 'gpjax'")
    assert missing["GPJax"].endswith("; `make peers` installs it")


class _Connection:
    def __init__(self):
        self.sent = []

    def send(self, message):
        self.sent.append(message)


@pytest.mark.parametrize("wrong", [np.array([1.0, 2.0]), np.array([np.nan, np.nan])])
def test_a_gradient_that_differs_from_the_oracle_is_never_timed(monkeypatch, wrong):
    monkeypatch.setitem(CONTESTANTS, "GPJax", lambda inputs: lambda: wrong)
    monkeypatch.setattr(measuring, "pin_to_core", lambda index: None)
    connection = _Connection()
    measuring.serve("GPJax", 5, connection)
    ((kind, words),) = connection.sent
    assert kind == "disagrees"
    assert words.startswith("GPJax at n = 5: gradient [")


def test_the_table_has_times_and_ratios_to_our_fastest():
    seconds = {100: {FLOOR: 1e-4, "jax explicit": 2e-4, "PyTorch": 6e-4}, 1000: {FLOOR: 0.1, "jax explicit": 0.2}}
    assert layout.layout(layout.data_of(seconds))[0].lines() == [
        "| | n = 100 | n = 1000 |",
        "|---|---|---|",
        "| roofline: n³ / 2 multiply-adds in a matrix product | 0.1 ms, 0.50 × | 100 ms, 0.50 × |",
        "| **jax explicit** | 0.2 ms, 1.00 × | 200 ms, 1.00 × |",
        "| PyTorch | 0.6 ms, 3.00 × | — |",
    ]


def test_without_our_gradients_the_table_has_no_ratios():
    assert layout.layout(layout.data_of({100: {"PyTorch": 6e-4}}))[0].lines()[-1] == "| PyTorch | 0.6 ms |"


def test_a_contestant_that_ends_between_rounds_is_named_and_the_others_continue():
    def say(words):
        if words == "n = 5: round 1 of 3":
            (dying,) = (one for one in multiprocessing.active_children() if one.name == "autograd custom rule")
            dying.kill()
            dying.join()

    best, missing = measuring.measure(5, ["autograd custom rule", "autograd explicit"], 3, say)
    assert set(best) == {"autograd explicit"}
    assert missing == {"autograd custom rule": "its process ended in round 2"}


def test_a_contestant_that_ends_after_its_last_answer_keeps_its_time():
    def say(words):
        if words == "n = 5: round 1 of 1":
            for process in multiprocessing.active_children():
                process.kill()
                process.join()

    best, missing = measuring.measure(5, ["autograd explicit"], 1, say)
    assert set(best) == {"autograd explicit"}
    assert missing == {}


@pytest.mark.parametrize(("absent", "status"), [("PyTorch", 0), ("jax explicit", 1)])
def test_missing_contestants_are_named_and_ours_fail_the_command(monkeypatch, capsys, absent, status):
    found = {name: 0.1 for name in ("autograd explicit", "jax explicit", "PyTorch") if name != absent}
    monkeypatch.setattr(command, "measure", lambda size, *rest: (found, {absent: "it crashed"} if size == 5 else {}))
    assert command.main(["--sizes", "5", "6"]) == status
    assert f"Not measured: {absent} at n = 5: it crashed" in capsys.readouterr().out


@pytest.mark.parametrize("absent", [{}, {"PyTorch": "it crashed"}])
def test_only_a_complete_table_is_stored(monkeypatch, capsys, absent):
    stored = {}
    monkeypatch.setattr(command, "measure", lambda size, *rest: ({"autograd explicit": 0.1, FLOOR: 0.05}, absent))
    monkeypatch.setattr(command, "store", lambda name, data: stored.update({name: data}))
    command.main(["--sizes", "5", "--write", "--on", "one core of a desk"])
    assert bool(stored) is not bool(absent)
    if stored:
        assert stored["peers"]["ratios"] == {"5": {"autograd explicit": 1.0, FLOOR: 0.5}}
        assert stored["peers"]["machine"] == "one core of a desk"
    else:
        assert "Not stored: the table would be incomplete" in capsys.readouterr().err
