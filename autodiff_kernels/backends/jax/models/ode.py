"""Membrane potential: the Morris-Lecar equations by the classical Runge-Kutta method of the fourth order."""

from __future__ import annotations

from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp

from autodiff_kernels.backends.base import Model
from autodiff_kernels.backends.jax.loops import Scan, checkpointed_scan

#: V and w of all copies.
State = tuple[jax.Array, jax.Array]

_NODES, _WEIGHTS = (0.0, 0.5, 0.5, 1.0), (1 / 6, 1 / 3, 1 / 3, 1 / 6)


def model(formulation: str) -> Model:
    """The objective and its explicit derivative: by tangents for three parameters, by the adjoint for many."""
    if formulation == "initial":
        return Model(
            objective=partial(_of_initial, jax.lax.scan),
            explicit=_adjoint,
            checkpointed=partial(_of_initial, checkpointed_scan),
        )
    return Model(
        objective=partial(_mean_potential, jax.lax.scan),
        explicit=_tangents,
        checkpointed=partial(_mean_potential, checkpointed_scan),
    )


def _rates(state: State, current: jax.Array, conductances: jax.Array) -> State:
    v, w = state
    calcium, potassium, leak = conductances
    opened = 0.5 * (1 + jnp.tanh((v + 1.2) / 18))
    target = 0.5 * (1 + jnp.tanh((v - 2) / 30))
    speed = 0.04 * jnp.cosh((v - 2) / 60)
    in_v = (current - calcium * opened * (v - 120) - potassium * w * (v + 84) - leak * (v + 60)) / 20
    return in_v, speed * (target - w)


def _moved(state: State, by: jax.Array | float, rates: State) -> State:
    return state[0] + by * rates[0], state[1] + by * rates[1]


def _stages(state: State, current: jax.Array, conductances: jax.Array, step: jax.Array) -> tuple[list[State], State]:
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
    scan: Scan, conductances: jax.Array, potential: jax.Array, current: jax.Array, stimulus: jax.Array, step: jax.Array
) -> jax.Array:
    def one(state: State, stimulus: jax.Array) -> tuple[State, None]:
        return _stages(state, current + stimulus, conductances, step)[1], None

    dtype = jnp.result_type(conductances, potential)
    (v, _), _ = scan(one, (potential.astype(dtype), jnp.zeros(potential.shape, dtype)), stimulus)
    return jnp.mean(v)


def _of_initial(scan: Scan, potential: jax.Array, conductances: jax.Array, *data: jax.Array) -> jax.Array:
    return _mean_potential(scan, conductances, potential, *data)


class _Slopes(NamedTuple):
    """The derivatives of the rates of V and w, in V and w, and of that of V in the conductances."""

    v_in_v: jax.Array
    v_in_w: jax.Array
    w_in_v: jax.Array
    w_in_w: jax.Array
    v_in_conductances: jax.Array


def _slopes(state: State, conductances: jax.Array) -> _Slopes:
    v, w = state
    calcium, potassium, leak = conductances
    calcium_tanh, target_tanh = jnp.tanh((v + 1.2) / 18), jnp.tanh((v - 2) / 30)
    opened, target = 0.5 * (1 + calcium_tanh), 0.5 * (1 + target_tanh)
    up = jnp.exp((v - 2) / 60)
    speed, speed_in_v = 0.02 * (up + 1 / up), 0.02 / 60 * (up - 1 / up)
    opened_in_v = (1 - calcium_tanh**2) / 36
    return _Slopes(
        v_in_v=-(calcium * (opened + opened_in_v * (v - 120)) + potassium * w + leak) / 20,
        v_in_w=-potassium * (v + 84) / 20,
        w_in_v=speed_in_v * (target - w) + speed * (1 - target_tanh**2) / 60,
        w_in_w=-speed,
        v_in_conductances=jnp.stack([-opened * (v - 120) / 20, -w * (v + 84) / 20, -(v + 60) / 20]),
    )


def _tangents(
    conductances: jax.Array, potential: jax.Array, current: jax.Array, stimulus: jax.Array, step: jax.Array
) -> jax.Array:
    """The gradient in the conductances, by tangents of V and w that the steps carry along, shape (3, k) each."""

    def one(carry: tuple[State, State], stimulus: jax.Array) -> tuple[tuple[State, State], None]:
        state, tangent = carry
        states, after = _stages(state, current + stimulus, conductances, step)
        at, tangent_after = tangent, tangent
        for index, weight in enumerate(_WEIGHTS):
            slopes = _slopes(states[index], conductances)
            rates = (
                slopes.v_in_v * at[0] + slopes.v_in_w * at[1] + slopes.v_in_conductances,
                slopes.w_in_v * at[0] + slopes.w_in_w * at[1],
            )
            tangent_after = _moved(tangent_after, weight * step, rates)
            if index < 3:
                at = _moved(tangent, _NODES[index + 1] * step, rates)
        return (after, tangent_after), None

    none = jnp.zeros((3, potential.size), potential.dtype)
    (_, (in_v, _)), _ = jax.lax.scan(one, ((potential, jnp.zeros_like(potential)), (none, none)), stimulus)
    return jnp.mean(in_v, axis=1)


def _adjoint(
    potential: jax.Array, conductances: jax.Array, current: jax.Array, stimulus: jax.Array, step: jax.Array
) -> jax.Array:
    """The gradient in the potentials, by the discrete adjoint: back over the stored states."""

    def forth(state: State, stimulus: jax.Array) -> tuple[State, State]:
        return _stages(state, current + stimulus, conductances, step)[1], state

    def back(adjoint: State, given: tuple[State, jax.Array]) -> tuple[State, None]:
        state, stimulus = given
        states, _ = _stages(state, current + stimulus, conductances, step)
        before, pulled = adjoint, (jnp.zeros_like(adjoint[0]), jnp.zeros_like(adjoint[1]))
        for index in range(3, -1, -1):
            # The rates of this stage move the state after the step, and the next stage.
            node = _NODES[index + 1] if index < 3 else 0.0
            of_v, of_w = (step * (_WEIGHTS[index] * a + node * b) for a, b in zip(adjoint, pulled, strict=True))
            slopes = _slopes(states[index], conductances)
            pulled = slopes.v_in_v * of_v + slopes.w_in_v * of_w, slopes.v_in_w * of_v + slopes.w_in_w * of_w
            before = _moved(before, 1.0, pulled)
        return before, None

    zeros = jnp.zeros_like(potential)
    _, states = jax.lax.scan(forth, (potential, zeros), stimulus)
    start = (jnp.full_like(potential, 1 / potential.size), zeros)
    return jax.lax.scan(back, start, (states, stimulus), reverse=True)[0][0]
