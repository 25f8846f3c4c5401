"""The measurement protocol: the samples that the rounds of a cell give to ASV, and its budget."""

import json
import os
import random

import pytest
from asv_runner.statistics import compute_stats

from benchmarks import protocol
from benchmarks.protocol import samples_of_round


def _rounds(monkeypatch, folder, shortest):
    """The samples that each round gives to ASV if the forked processes measure `shortest`."""
    monkeypatch.chdir(folder)
    answers = iter(shortest)
    monkeypatch.setattr(protocol, "in_forked_process", lambda process: next(answers))
    return [samples_of_round("cell", lambda: None) for _ in shortest]


@pytest.mark.parametrize("seed", range(30))
def test_asv_stores_the_second_shortest_time_of_all_rounds(monkeypatch, tmp_path, seed):
    measured = random.Random(seed).sample(range(1, 100), protocol.ROUNDS)
    rounds = _rounds(monkeypatch, tmp_path, measured)
    assert [len(given) for given in rounds] == [1, 2, 1, 5, 1, 1, 1, 4 * protocol.ROUNDS]
    pooled = [sample for given in rounds for sample in given]
    assert compute_stats(pooled, 1)[0] == sorted(measured)[1]


@pytest.mark.parametrize("order", [sorted, lambda times: sorted(times, reverse=True)])
def test_no_order_of_the_rounds_changes_what_asv_stores(monkeypatch, tmp_path, order):
    rounds = _rounds(monkeypatch, tmp_path, order([3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 10.0]))
    assert compute_stats([sample for given in rounds for sample in given], 1)[0] == 4.0


def test_the_samples_of_the_last_round_leave_out_one_round_each(monkeypatch, tmp_path):
    rounds = _rounds(monkeypatch, tmp_path, [5.0, 7.0, 3.0, 9.0, 4.0, 9.0, 9.0, 9.0])
    assert rounds[:-1] == [[5.0], [5.0, 5.0], [3.0], [3.0] * 5, [4.0], [4.0], [4.0]]
    assert rounds[-1] == 4 * [4.0, 4.0, 5.0, 4.0, 5.0, 4.0, 4.0, 4.0]


@pytest.mark.parametrize("measured", [[5.0, 7.0], [7.0, 5.0], [7.0, 8.0, 9.0, 5.0], [7.0, 5.0, 8.0, 9.0]])
def test_in_a_run_of_two_or_four_rounds_asv_stores_the_shortest_time_of_all(monkeypatch, tmp_path, measured):
    pooled = [sample for given in _rounds(monkeypatch, tmp_path, measured) for sample in given]
    assert compute_stats(pooled, 1)[0] == 5.0


def test_each_round_builds_the_program_in_its_own_process(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "made").mkdir()
    monkeypatch.setattr(protocol, "PROCESS_SECONDS", 0.0)

    def make():
        (tmp_path / "made" / str(os.getpid())).touch()
        return lambda: None

    given = [samples_of_round("cell", make) for _ in range(protocol.ROUNDS)]
    assert all(sample > 0 for samples in given for sample in samples)
    made = [int(path.name) for path in (tmp_path / "made").iterdir()]
    assert len(made) == protocol.ROUNDS
    assert os.getpid() not in made


def test_rounds_alternate_between_the_cores(monkeypatch, tmp_path):
    cores = []
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(protocol, "in_forked_process", lambda process: cores.append(process.args[-1]) or 1.0)
    for _ in range(protocol.ROUNDS):
        samples_of_round("cell", lambda: None)
    assert cores == [*range(protocol.ROUNDS)]


def test_a_failed_cell_is_not_tried_again_in_the_next_round(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(protocol, "in_forked_process", lambda process: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        protocol.samples_of_round("cell", lambda: None)
    with pytest.raises(RuntimeError, match="cell failed in an earlier process of this run: ZeroDivisionError"):
        protocol.samples_of_round("cell", lambda: None)


def test_an_unavailable_cell_is_unavailable_in_each_round(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)

    def unavailable(process):
        raise NotImplementedError("no rule")

    monkeypatch.setattr(protocol, "in_forked_process", unavailable)
    for _ in range(protocol.ROUNDS):
        with pytest.raises(NotImplementedError, match="no rule"):
            protocol.samples_of_round("cell", lambda: None)


def test_asv_is_told_how_many_samples_there_are():
    benchmark = protocol.Replayed()
    benchmark.take([1.0, 2.0])
    benchmark.take([5.0, 6.0, 7.0])
    assert benchmark.repeat == 2
    for sample in (1.0, 2.0, 1.0):
        before = benchmark.timer()
        benchmark.replay()
        assert benchmark.timer() - before == pytest.approx(sample)


@pytest.mark.parametrize("rounds", [[5.0], [5.0, 7.0, 3.0], [5.0, 7.0, 3.0, 9.0, 4.0, 9.0, 8.0, 9.0]])
def test_asv_verdict_is_told_the_time_of_the_last_process_alone(monkeypatch, tmp_path, rounds):
    monkeypatch.setenv("ASV_VERDICT_VALUE_FILE", str(tmp_path / "told"))
    _rounds(monkeypatch, tmp_path, rounds)
    assert json.loads((tmp_path / "told").read_text()) == rounds[-1]
