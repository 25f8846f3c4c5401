"""The suite: its parameters, its skips and its samples."""

import pytest

from autodiff_kernels import BACKENDS, MODES, Case, cells, is_slow, why_unsupported
from autodiff_kernels.offers import DTYPES
from benchmarks import gradients, rows
from benchmarks.protocol import ROUNDS, samples
from tests.support.asked_cells import CLASSES, asked


@pytest.mark.parametrize("benchmark", CLASSES, ids=lambda benchmark: benchmark.__name__)
def test_classes_have_a_fixed_version_and_a_question(benchmark):
    assert benchmark.version == ("4" if issubclass(benchmark, gradients.OneCall) else "5")
    assert benchmark.timeout >= 120
    assert len(benchmark.param_names) == len(benchmark.params)
    assert benchmark.__doc__
    assert "?" in benchmark.__doc__, "a benchmark says which question it answers"


def test_the_suite_has_every_supported_cell_with_jit():
    of_suite = {case for benchmark in CLASSES for _, case in asked(benchmark) if case}
    eager_jax = {case for case in cells() if case.backend == "jax" and not case.jit}
    assert {case for case in cells() if why_unsupported(case) is None} - eager_jax <= of_suite
    assert len(eager_jax & of_suite) > 40


def test_slow_cells_are_measured_once():
    for benchmark in CLASSES:
        slow = [case for _, case in asked(benchmark) if case and is_slow(case) and why_unsupported(case) is None]
        assert bool(slow) == issubclass(benchmark, gradients.OneCall)


def test_parameter_lists_agree_with_the_package():
    assert list(MODES) == [*rows.MODES, *rows.SECOND_ORDER]
    assert list(BACKENDS) == rows.BACKENDS
    assert list(DTYPES) == rows.DTYPES


def test_setup_measures_once_and_replays(monkeypatch):
    measured = []

    def samples_of_round(name, make):
        measured.append(make())
        return [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]

    monkeypatch.setattr(gradients, "samples_of_round", samples_of_round)
    gradients.samples_of_case.cache_clear()
    benchmark = gradients.RBFKernel()
    for sample in (1.0, 2.0, 3.0, 4.0, 5.0, 6.0):
        benchmark.setup(1, "autograd", "reverse", "float64")
        before = benchmark.timer()
        benchmark.time_gradient(1, "autograd", "reverse", "float64")
        assert benchmark.timer() - before == pytest.approx(sample)
    gradients.samples_of_case.cache_clear()
    (program,) = measured
    assert program().shape == (2,), "what is measured is the checked program"


def test_a_commit_without_preload_is_measured_too(monkeypatch):
    monkeypatch.delattr("autodiff_kernels.preload")
    monkeypatch.setattr(gradients, "samples_of_round", lambda name, make: [make() is not None])
    gradients.samples_of_case.cache_clear()
    assert gradients.samples_of_case(Case.parse("rbf/autograd/value/d=1")) == [True]
    gradients.samples_of_case.cache_clear()


def test_the_sample_of_a_slow_cell_is_its_first_call(monkeypatch):
    monkeypatch.setattr(gradients, "in_forked_process", lambda first_call: first_call())
    monkeypatch.setattr(gradients, "pin_to_core", lambda index: None)
    (sample,) = gradients.first_call_of(Case.parse("timeline/autograd/reverse/m=400"))
    assert sample > 0


def test_a_cell_that_an_old_commit_does_not_know_is_not_available():
    with pytest.raises(NotImplementedError, match="this commit has no such cell: unknown mode 'sideways'"):
        rows.known_case(problem="rbf", backend="jax", mode="sideways", size=1)


def test_asv_can_tell_a_change_from_noise_with_the_samples_of_one_cell():
    """With rounds up to 1.4 % apart, 10 % slower is a change and identical runs are not."""
    from asv import _stats
    from asv_runner.statistics import compute_stats

    def pooled(scale):
        shortest = [scale * (1 + 0.002 * number) for number in range(ROUNDS)]
        return [sample for last in range(ROUNDS) for sample in samples([[one] for one in shortest[: last + 1]])]

    def different(first, second):
        return _stats.is_different(first, second, *(compute_stats(s, 1)[1] for s in (first, second)))

    assert different(pooled(1.0), pooled(1.1))
    assert not different(pooled(1.0), pooled(1.0))
