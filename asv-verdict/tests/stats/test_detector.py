"""Level shifts in synthetic histories."""

import math

import numpy as np
import pytest

from asv_verdict.stats.change_points import detect


def _nights(cells, nights, noise=0.01, seed=0):
    return np.exp(np.random.default_rng(seed).normal(0, noise, (nights, cells)))


def _names(values):
    return [str(column) for column in range(values.shape[1])]


@pytest.mark.parametrize("change", [1.1, 0.9])
def test_a_level_shift_is_found_at_its_night(change):
    values = _nights(3, 60)
    values[40:, 1] *= change
    (step,) = detect(_names(values), values).steps
    assert (step.cell, step.night) == ("1", 40)
    assert step.ratio == pytest.approx(change, rel=0.02)


def test_noise_has_no_level_shifts():
    found = [detect(_names(v), v).steps for v in (_nights(20, 200, seed=seed) for seed in range(5))]
    assert sum(map(len, found)) <= 1


def test_a_shift_of_all_cells_is_attributed_to_the_machine():
    values = _nights(20, 60, 0.005)
    values[30:] *= 1.2
    values[45] *= 1.5  # one slow night
    detection = detect(_names(values), values)
    assert detection.steps == []
    (step,) = detection.machine
    assert step.night == 30
    assert detection.factors[45] / detection.factors[44] == pytest.approx(1.5, rel=0.02)


def test_a_level_shift_is_found_on_a_machine_that_changes():
    values = _nights(20, 60, 0.005) * np.exp(np.random.default_rng(1).normal(0, 0.1, (60, 1)))
    values[40:, 7] *= 1.05
    (step,) = detect(_names(values), values).steps
    assert (step.cell, step.night) == ("7", 40)


def test_a_few_nights_that_agree_by_chance_do_not_make_a_noisy_cell_quiet():
    values = _nights(1, 60, 0.05)
    values[30:] *= 1.5
    values[30:36] = 1.5  # at the new level, as if it had no noise
    values[36:39] = 1.5 * 1.08
    (step,) = detect(_names(values), values).steps
    assert step.night == 30


@pytest.mark.parametrize(
    ("centre", "spread", "divided"),
    [(0.03, 0.0, 0.03), (0.008, 0.0, 0.008), (0.03, 0.01, 0.029), (0.03, 0.04, 0.0147), (0.005, 0.02, 0.0)],
    ids=["all alike", "small", "beyond its noise", "as large as its noise", "within its noise"],
)
def test_a_common_mode_factor_is_smaller_by_its_noise(centre, spread, divided):
    history = np.ones((20, 12))
    history[15] = np.exp(centre + spread * (-1.0) ** np.arange(12))
    factors = detect([str(cell) for cell in range(12)], history).factors
    assert math.log(factors[15]) == pytest.approx(divided, abs=2e-4)
    assert factors[:15] == [1.0] * 15


@pytest.mark.parametrize("others", [0, 8], ids=["alone", "one of many"])
def test_a_disturbed_night_does_not_hide_a_level_shift(others):
    values = _nights(12, 60, 0.005)
    values[40:, 3] *= 1.08
    # Slows all cells by 16 % in the median, and the cell with the step by less.
    bad = np.linspace(1.1, 1.22, 12)
    bad[3] = 1.06
    values[[41, *range(11, 40, 4)[:others]]] *= bad
    assert [step.night for step in detect(_names(values), values).steps if step.cell == "3"] == [40]


def test_a_level_shift_soon_after_another_is_found():
    values = _nights(3, 60, 0.002)
    values[32:, 1] *= 0.96
    values[36:, 1] *= 1.10
    assert [(step.night, step.cell) for step in detect(_names(values), values).steps] == [(32, "1"), (36, "1")]


def test_few_cells_have_no_common_mode_factor():
    values = _nights(2, 60, 0.005)
    values[40:] *= 1.2
    assert {step.cell for step in detect(_names(values), values).steps} == {"0", "1"}


def test_missing_and_invalid_values_are_ignored():
    values = _nights(3, 60)
    values[40:, 1] *= 1.2
    values[[10, 41, 43], 1] = np.nan
    values[20, 1], values[21, 1] = 0.0, -1.0
    values[:, 2] = np.nan
    (step,) = detect(_names(values), values).steps
    assert (step.cell, step.night) == ("1", 40)


def test_new_nights_never_change_earlier_level_shifts():
    values = _nights(10, 120, 0.02)
    values[50:, 3] *= 1.2
    whole = detect(_names(values), values).steps
    for night in range(60, 120, 7):
        part = detect(_names(values), values[:night]).steps
        assert part == [step for step in whole if step.night + 2 < night]


@pytest.mark.parametrize("shape", [(0, 0), (0, 3), (1, 3), (2, 3), (5, 0)])
def test_short_and_empty_histories_have_no_level_shifts(shape):
    assert detect([str(column) for column in range(shape[1])], np.ones(shape)).steps == []


# --- Processors ---


def _runners(nights, seed=0, visits=((30, 34), (45, 48), (70, 76))):
    """A history of twelve cells on a runner that is sometimes quicker, each cell by another factor; and the runners."""
    random = np.random.default_rng(seed)
    values = _nights(12, nights, 0.005, seed)
    quick = np.exp(random.normal(-0.12, 0.03, 12))
    names = ["usual"] * nights
    for first, after in visits:
        values[first:after] *= quick
        names[first:after] = ["quick"] * (after - first)
    return values, names


@pytest.mark.parametrize("is_known", [True, False])
@pytest.mark.parametrize("seed", range(5))
def test_some_nights_on_another_processor_are_no_new_level(seed, is_known):
    values, names = _runners(100, seed)
    assert detect(_names(values), values, names if is_known else ()).steps == []


@pytest.mark.parametrize("is_known", [True, False])
def test_a_level_shift_between_nights_on_another_processor_is_found_at_its_night(is_known):
    values, names = _runners(100)
    values[72:, 5] *= 1.1
    (step,) = detect(_names(values), values, names if is_known else ()).steps
    assert (step.cell, step.night) == ("5", 72)


def test_a_processor_that_stays_gets_levels_of_its_own():
    values, names = _runners(100, visits=((40, 100),))
    values[60:, 5] *= 1.05
    (step,) = detect(_names(values), values, names).steps
    assert (step.cell, step.night) == ("5", 60)


def test_processors_with_one_factor_are_told_apart_by_their_names():
    """On average the cells take as long on both, but each cell differs."""
    random, names = np.random.default_rng(0), ["a", "b", "b"] * 40
    values = _nights(12, 120, 0.005)
    values[np.array(names) == "b"] *= np.exp(random.permutation(np.linspace(-0.08, 0.08, 12)))
    values[90:, 5] *= 1.06
    assert [(step.cell, step.night) for step in detect(_names(values), values, names).steps] == [("5", 90)]
    assert len(detect(_names(values), values).steps) != 1


def test_a_night_without_a_processor_is_compared_by_its_factor():
    values, names = _runners(100)
    half_known = [name if number % 2 else None for number, name in enumerate(names)]
    assert detect(_names(values), values, half_known).steps == []
