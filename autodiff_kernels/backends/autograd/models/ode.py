"""Membrane potential: the Morris-Lecar equations by the classical Runge-Kutta method of the fourth order."""

from __future__ import annotations

import math
from functools import partial
from typing import NamedTuple

import autograd.numpy as anp
import numpy as np
from autograd.differential_operators import checkpoint

from autodiff_kernels.backends.base import Model

#: V and w of all copies.
State = tuple[np.ndarray, np.ndarray]

_NODES, _WEIGHTS = (0.0, 0.5, 0.5, 1.0), (1 / 6, 1 / 3, 1 / 3, 1 / 6)


def model(formulation: str) -> Model:
    """The objective and its explicit derivative: by tangents for three parameters, by the adjoint for many."""
    if formulation == "initial":
        return Model(
            lambda potential, conductances, *data: _mean_potential(conductances, potential, *data),
            _adjoint,
            checkpointed=lambda potential, conductances, *data: _in_segments(conductances, potential, *data),
        )
    return Model(_mean_potential, _tangents, checkpointed=_in_segments)


def _rates(state: State, current: np.ndarray, conductances: np.ndarray) -> State:
    v, w = state
    calcium, potassium, leak = conductances
    opened = 0.5 * (1 + anp.tanh((v + 1.2) / 18))
    target = 0.5 * (1 + anp.tanh((v - 2) / 30))
    speed = 0.04 * anp.cosh((v - 2) / 60)
    in_v = (current - calcium * opened * (v - 120) - potassium * w * (v + 84) - leak * (v + 60)) / 20
    return in_v, speed * (target - w)


def _moved(state: State, by: float, rates: State) -> State:
    return state[0] + by * rates[0], state[1] + by * rates[1]


def _stages(state: State, current: np.ndarray, conductances: np.ndarray, step: float) -> tuple[list[State], State]:
    """The four states at which a step evaluates the rates, and the state after it."""
    at, after, states = state, state, []
    for index, weight in enumerate(_WEIGHTS):
        states.append(at)
        rates = _rates(at, current, conductances)
        after = _moved(after, weight * step, rates)
        if index < 3:
            at = _moved(state, _NODES[index + 1] * step, rates)
    return states, after


def _mean_potential(
    conductances: np.ndarray, potential: np.ndarray, current: np.ndarray, stimulus: np.ndarray, step: np.ndarray
) -> np.ndarray:
    state: State = (potential, np.zeros_like(current))
    for each in stimulus:
        _, state = _stages(state, current + each, conductances, float(step))
    return anp.mean(state[0])


def _in_segments(
    conductances: np.ndarray, potential: np.ndarray, current: np.ndarray, stimulus: np.ndarray, step: np.ndarray
) -> np.ndarray:
    """The objective that stores its state after every √n-th step only.

    The state and the conductances form one array, since a checkpoint recomputes a segment for each of its arguments.
    """
    segment = checkpoint(partial(_after, current, float(step)))
    length, state = math.isqrt(stimulus.size), anp.concatenate([conductances, potential, np.zeros_like(current)])
    for first in range(0, stimulus.size, length):
        state = segment(state, stimulus[first : first + length])
    return anp.mean(state[3 : 3 + current.size])


def _after(current: np.ndarray, step: float, state: np.ndarray, stimulus: np.ndarray) -> np.ndarray:
    """The conductances, V and w after some steps, from those before."""
    conductances, end = state[:3], 3 + current.size
    at: State = (state[3:end], state[end:])
    for each in stimulus:
        _, at = _stages(at, current + each, conductances, step)
    return anp.concatenate([conductances, *at])


class _Slopes(NamedTuple):
    """The derivatives of the rates of V and w, in V and w, and of that of V in the conductances."""

    v_in_v: np.ndarray
    v_in_w: np.ndarray
    w_in_v: np.ndarray
    w_in_w: np.ndarray
    v_in_conductances: np.ndarray


def _slopes(state: State, conductances: np.ndarray) -> _Slopes:
    v, w = state
    calcium, potassium, leak = conductances
    calcium_tanh, target_tanh = np.tanh((v + 1.2) / 18), np.tanh((v - 2) / 30)
    opened, target = 0.5 * (1 + calcium_tanh), 0.5 * (1 + target_tanh)
    up = np.exp((v - 2) / 60)
    speed, speed_in_v = 0.02 * (up + 1 / up), 0.02 / 60 * (up - 1 / up)
    opened_in_v = (1 - calcium_tanh**2) / 36
    return _Slopes(
        v_in_v=-(calcium * (opened + opened_in_v * (v - 120)) + potassium * w + leak) / 20,
        v_in_w=-potassium * (v + 84) / 20,
        w_in_v=speed_in_v * (target - w) + speed * (1 - target_tanh**2) / 60,
        w_in_w=-speed,
        v_in_conductances=np.array([-opened * (v - 120) / 20, -w * (v + 84) / 20, -(v + 60) / 20]),
    )


def _tangents(
    conductances: np.ndarray, potential: np.ndarray, current: np.ndarray, stimulus: np.ndarray, step: np.ndarray
) -> np.ndarray:
    """The gradient in the conductances, by tangents of V and w that the steps carry along, shape (3, k) each."""
    state: State = (potential, np.zeros_like(potential))
    tangent, length = (np.zeros((3, potential.size)), np.zeros((3, potential.size))), float(step)
    for each in stimulus:
        states, state = _stages(state, current + each, conductances, length)
        at, after = tangent, tangent
        for index, weight in enumerate(_WEIGHTS):
            slopes = _slopes(states[index], conductances)
            rates = (
                slopes.v_in_v * at[0] + slopes.v_in_w * at[1] + slopes.v_in_conductances,
                slopes.w_in_v * at[0] + slopes.w_in_w * at[1],
            )
            after = _moved(after, weight * length, rates)
            if index < 3:
                at = _moved(tangent, _NODES[index + 1] * length, rates)
        tangent = after
    return np.mean(tangent[0], axis=1)


def _adjoint(
    potential: np.ndarray, conductances: np.ndarray, current: np.ndarray, stimulus: np.ndarray, step: np.ndarray
) -> np.ndarray:
    """The gradient in the potentials, by the discrete adjoint: back over the stored stages."""
    state: State = (potential, np.zeros_like(potential))
    length, stages = float(step), []
    for each in stimulus:
        states, state = _stages(state, current + each, conductances, length)
        stages.append(states)
    adjoint = (np.full_like(potential, 1 / potential.size), np.zeros_like(potential))
    for states in reversed(stages):
        before, pulled = adjoint, (np.zeros_like(potential), np.zeros_like(potential))
        for index in range(3, -1, -1):
            # The rates of this stage move the state after the step, and the next stage.
            node = _NODES[index + 1] if index < 3 else 0.0
            of_v, of_w = (length * (_WEIGHTS[index] * a + node * b) for a, b in zip(adjoint, pulled, strict=True))
            slopes = _slopes(states[index], conductances)
            pulled = slopes.v_in_v * of_v + slopes.w_in_v * of_w, slopes.v_in_w * of_v + slopes.w_in_w * of_w
            before = _moved(before, 1.0, pulled)
        adjoint = before
    return adjoint[0]
