"""The fingerprints of the questions that the suite asks."""

from dataclasses import replace

from autodiff_kernels import PROBLEMS
from benchmarks import fingerprints


def test_fingerprints_are_exact_in_a_float_and_differ():
    values = [fingerprints.Fingerprint().track_fingerprint(cell) for cell in fingerprints.Fingerprint.params[0]]
    assert all(value == int(float(value)) > 0 for value in values)
    assert len(set(values)) == len(values) - 2, "two pairs of formulations ask the same question"


def test_every_formulation_has_a_fingerprint():
    named = {tuple(cell.split("/")[:2]) for cell in fingerprints.Fingerprint.params[0]}
    assert named == {(problem.name, form) for problem in PROBLEMS.values() for form in problem.formulations}


def test_a_fingerprint_sees_a_changed_input(monkeypatch):
    before = fingerprints.Fingerprint().track_fingerprint("rbf/standard/100")
    problem = PROBLEMS["rbf"]
    changed = replace(problem, inputs=lambda size, seed: problem.inputs(size, seed + 1))
    monkeypatch.setitem(fingerprints.PROBLEMS, "rbf", changed)
    assert fingerprints.Fingerprint().track_fingerprint("rbf/standard/100") != before
