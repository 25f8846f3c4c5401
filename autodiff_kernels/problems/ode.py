"""Membrane potential: k copies of the Morris-Lecar equations over n steps of a Runge-Kutta method.

    dV/dt = (I + u - g_calcium m(V) (V - 120) - g_potassium w (V + 84) - g_leak (V + 60)) / 20
    dw/dt = 0.04 cosh((V - 2) / 60) (½ (1 + tanh((V - 2) / 30)) - w),   m(V) = ½ (1 + tanh((V + 1.2) / 18))

V is a potential in mV, w a share of open channels, and t a time in ms. A step of the classical method of the fourth
order is `step` long. The objective is the mean potential of the k copies after n steps. Each has its own current I, and
all get the same stimulus u, which is constant in a step.

Formulations
- `conductances`: the gradient in (g_calcium, g_potassium, g_leak), which all copies share.
- `initial`: the gradient in the k potentials at t = 0, each of which one copy has.

Source: Morris & Lecar, Voltage oscillations in the barnacle giant muscle fiber (1981), with the numbers of Ermentrout &
Terman, Mathematical Foundations of Neuroscience (2010), table 3.1; Hairer, Nørsett & Wanner, Solving Ordinary
Differential Equations I (1993), section II.1.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from autodiff_kernels.problems.base import Formulation, Inputs, Operations, Problem

#: k
COPIES = 16
STEP = 0.1

_CONDUCTANCES = np.array([4.4, 8.0, 2.0])


def inputs(size: int, seed: int = 0, *, step: float = STEP) -> Inputs:
    """Potentials from -40 to 10 mV and currents that let all copies oscillate."""
    potential, data = _copies(size, seed, step)
    return Inputs(_CONDUCTANCES.copy(), {"potential": potential, **data})


def inputs_of_initial(size: int, seed: int = 0, *, step: float = STEP) -> Inputs:
    """The same, with the potentials as parameters."""
    potential, data = _copies(size, seed, step)
    return Inputs(potential, {"conductances": _CONDUCTANCES.copy(), **data})


def _copies(size: int, seed: int, step: float) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    generator = np.random.default_rng(seed)
    potential, current = generator.uniform(-40, 10, COPIES), generator.uniform(110, 180, COPIES)
    return potential, {"current": current, "stimulus": generator.uniform(-5, 5, size), "step": np.array(float(step))}


#: The nodes and weights of the method.
_NODES, _WEIGHTS = (0.0, 0.5, 0.5, 1.0), (1 / 6, 1 / 3, 1 / 3, 1 / 6)


def _rates(v: np.ndarray, w: np.ndarray, current: np.ndarray, conductances: np.ndarray) -> list[np.ndarray]:
    calcium, potassium, leak = conductances
    e = np.exp(-(v + 1.2) / 9)  # tanh(x) = 2 / (1 + exp(-2x)) - 1
    open_calcium = 1 / (1 + e)
    e = np.exp(-(v - 2) / 15)
    target = 1 / (1 + e)
    speed = 0.02 * (np.exp((v - 2) / 60) + np.exp(-(v - 2) / 60))
    in_v = (current - calcium * open_calcium * (v - 120) - potassium * w * (v + 84) - leak * (v + 60)) / 20
    return [in_v, speed * (target - w)]


def _final_potential(inputs: Inputs, formulation: str, parameters: np.ndarray) -> np.ndarray:
    """V after the last step; `parameters` may be complex, and have one more axis for each."""
    data = inputs.data
    if formulation == "initial":
        v, conductances = parameters, data["conductances"]
    else:
        v, conductances = data["potential"] + 0 * parameters[0], parameters
    w, step = np.zeros_like(v), float(data["step"])
    for stimulus in data["stimulus"]:
        rates: list[list[np.ndarray]] = [[np.zeros_like(v), np.zeros_like(w)]]
        for node in _NODES:
            at = v + node * step * rates[-1][0], w + node * step * rates[-1][1]
            rates.append(_rates(*at, data["current"] + stimulus, conductances))
        v = v + step * sum(weight * rate[0] for weight, rate in zip(_WEIGHTS, rates[1:], strict=True))
        w = w + step * sum(weight * rate[1] for weight, rate in zip(_WEIGHTS, rates[1:], strict=True))
    return v


def value(inputs: Inputs, formulation: str) -> np.ndarray:
    """The mean potential in mV: shape ()."""
    return np.mean(_final_potential(inputs, formulation, inputs.parameters))


def derivative(inputs: Inputs, formulation: str) -> np.ndarray:
    """The gradient, by a complex step through this oracle: shape (3,) or (k,).

    The copies do not depend on each other, so one step serves all initial potentials.
    """
    small = 1e-30
    if formulation == "initial":
        final = _final_potential(inputs, formulation, inputs.parameters + 1j * small)
        return final.imag / small / final.size
    moved = inputs.parameters[:, None] + 1j * small * np.eye(3)
    return np.mean(_final_potential(inputs, formulation, moved[:, :, None]).imag / small, axis=-1)


#: About 35 operations for the rates of one copy, in four stages, and 20 for the step.
_OPERATIONS = 160 * COPIES

_CONDUCTANCES_OF_ALL = Formulation(
    ("g_calcium", "g_potassium", "g_leak"),
    sizes=(10, 100, 1_000, 10_000),
    # Back over the steps, the rates are computed again, and each has a derivative in V and w.
    operations=lambda size: Operations(value=_OPERATIONS * size, derivative=4 * _OPERATIONS * size),
    # Each step evaluates the rates four times.
    steps=lambda size: 4 * size,
    largest_array=lambda size: COPIES * size,
    # The copies oscillate, and a change of a parameter shifts the phase of each oscillation that follows.
    float32_tolerance=2e-2,
    terms_of_difference=lambda size: 4 * size,
    checkpoints=frozenset({"jax", "autograd"}),
)

PROBLEM = Problem(
    name="ode",
    summary=f"membrane potential: {COPIES} copies of the Morris-Lecar equations over n Runge-Kutta steps",
    size_name="n",
    inputs=inputs,
    value=value,
    derivative=derivative,
    formulations={
        "conductances": _CONDUCTANCES_OF_ALL,
        "initial": replace(
            _CONDUCTANCES_OF_ALL,
            parameter_names=("potential",),
            inputs=inputs_of_initial,
            parameters_of_size=lambda size: COPIES,
            # The gradient has no term for the conductances.
            operations=lambda size: Operations(value=_OPERATIONS * size, derivative=3 * _OPERATIONS * size),
        ),
    },
    settings={"step": STEP},
)
