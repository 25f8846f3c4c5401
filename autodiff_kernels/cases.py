"""Case: problem, backend, mode, size and dtype of one program, with a text form: `mvn/jax/reverse/n=1000`."""

from __future__ import annotations

import math
import operator
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from autodiff_kernels.modes import MODES
from autodiff_kernels.offers import BACKENDS, DEVICES, DTYPES
from autodiff_kernels.problems import PROBLEMS, Formulation, Problem

__all__ = ["Case", "InvalidCase", "Unsupported"]

_SWITCH = {True: "on", False: "off"}


class InvalidCase(ValueError):
    """A request with an unknown name or a value out of range. The message gives the value and the allowed ones."""


class Unsupported(NotImplementedError):
    """A valid case that cannot run, with the reason. ASV shows a NotImplementedError as n/a."""


@dataclass(frozen=True)
class Case:
    """Everything that identifies a program.

    `size` is the d, n or m of the problem. `formulation` defaults to the first one of the problem, `jit` to the first
    value of the backend. `settings` are (name, number) pairs, such as the `noise` of mvn; the rest have their defaults.
    Raises InvalidCase for an unknown name or a value out of range.

    >>> Case.parse("mvn/jax/reverse/n=1000/dtype=float32").size
    1000
    """

    problem: str
    backend: str
    mode: str
    size: int
    dtype: str = "float64"
    formulation: str = ""
    jit: bool | None = None
    device: str = "cpu"
    settings: tuple[tuple[str, float], ...] = ()

    def __post_init__(self) -> None:
        _require("problem", self.problem, PROBLEMS)
        _require("backend", self.backend, BACKENDS)
        problem, backend = PROBLEMS[self.problem], BACKENDS[self.backend]
        if not (isinstance(self.mode, str) and self.mode in MODES):
            _require("mode", self.mode, sorted(backend.modes), f"backend {self.backend!r}")
        if self.formulation == "":
            object.__setattr__(self, "formulation", next(iter(problem.formulations)))
        if self.jit is None:
            object.__setattr__(self, "jit", backend.jit[0])
        _require("formulation", self.formulation, problem.formulations, f"problem {self.problem!r}")
        _require("dtype", self.dtype, DTYPES)
        _require("device", self.device, DEVICES)
        if not isinstance(self.jit, bool):
            raise InvalidCase(f"jit = {self.jit!r}: expected True, False or None")
        object.__setattr__(self, "size", _checked_size(problem, self.size))
        object.__setattr__(self, "settings", _checked_settings(problem, self.settings))

    @property
    def definition(self) -> Problem:
        """The problem that the case names."""
        return PROBLEMS[self.problem]

    @property
    def form(self) -> Formulation:
        """The formulation that the case names."""
        return self.definition.formulations[self.formulation]

    @property
    def is_fit(self) -> bool:
        """Whether the program is a whole fit. In mode `value` a problem that fits has one call of its objective."""
        return self.definition.fits and self.mode != "value"

    @property
    def parameter_count(self) -> int:
        """p: the number of parameters with respect to which the objective is differentiated."""
        return self.form.parameter_count(self.size)

    @property
    def output_count(self) -> int:
        """m: the number of outputs of the objective."""
        return math.prod(self.form.output_shape(self.size))

    @classmethod
    def parse(cls, text: str) -> Case:
        """The case that `text` describes: problem/backend/mode/n=number, then key=value for every other option.

        Keys are the size name of the problem, dtype, formulation, jit (on or off), device and the problem's settings.
        """
        if not isinstance(text, str):
            raise InvalidCase(f"case {text!r}: expected a text, for example mvn/jax/reverse/n=1000")
        head, options = text.split("/")[:3], text.split("/")[3:]
        if len(head) < 3 or not options:
            raise InvalidCase(f"case {text!r}: expected problem/backend/mode/size, for example mvn/jax/reverse/n=1000")
        _require("problem", head[0], PROBLEMS)
        problem = PROBLEMS[head[0]]
        allowed = (problem.size_name, "dtype", "formulation", "jit", "device", *problem.settings)
        given: dict[str, str] = {}
        for option in options:
            key, equals, value = option.partition("=")
            if not equals:
                raise InvalidCase(f"{option!r} in case {text!r}: expected key=value; keys: {', '.join(allowed)}")
            _require("key", key, allowed, f"problem {problem.name!r}")
            if key in given:
                raise InvalidCase(f"case {text!r} sets {key} twice: remove one of them")
            given[key] = value
        if problem.size_name not in given:
            raise InvalidCase(f"case {text!r} has no size; add {problem.size_name}=NUMBER")
        settings = tuple((name, _number(name, given[name])) for name in problem.settings if name in given)
        jit = given.get("jit")
        if jit is not None:
            _require("jit", jit, _SWITCH.values())
        name, backend, mode = head
        return cls(
            name,
            backend,
            mode,
            size=_whole_number(problem.size_name, given[problem.size_name]),
            dtype=given.get("dtype", "float64"),
            formulation=given.get("formulation", ""),
            jit=None if jit is None else jit == "on",
            device=given.get("device", "cpu"),
            settings=settings,
        )

    def __str__(self) -> str:
        problem, backend = self.definition, BACKENDS[self.backend]
        parts = [self.problem, self.backend, self.mode, f"{problem.size_name}={self.size}"]
        if self.dtype != "float64":
            parts.append(f"dtype={self.dtype}")
        if self.formulation != next(iter(problem.formulations)):
            parts.append(f"formulation={self.formulation}")
        if self.jit != backend.jit[0]:
            parts.append(f"jit={_SWITCH[bool(self.jit)]}")
        if self.device != "cpu":
            parts.append(f"device={self.device}")
        parts += [
            f"{name}={number!r}".removesuffix(".0")
            for name, number in self.settings
            if number != problem.settings[name]
        ]
        return "/".join(parts)


def _require(kind: str, came: Any, allowed: Iterable[str], owner: str = "") -> None:
    if not isinstance(came, str) or came not in allowed:
        where = f" for {owner}" if owner else ""
        raise InvalidCase(f"unknown {kind} {came!r}{where}; allowed: {', '.join(allowed)}")


def _checked_size(problem: Problem, size: Any) -> int:
    least, most = problem.size_limits
    try:
        number = None if isinstance(size, bool) else operator.index(size)
    except TypeError:
        number = None
    if number is not None and least <= number <= most:
        return number
    bound = f"at most {most}" if number is not None and number > most else f"at least {least}"
    raise InvalidCase(
        f"{problem.size_name} = {size!r} for problem {problem.name!r}: expected a whole number of {bound}"
    )


def _checked_settings(problem: Problem, given: Any) -> tuple[tuple[str, float], ...]:
    """All settings of the problem, by name: the given ones, and the defaults of the others."""
    try:
        pairs = [(name, number) for name, number in given]
    except (TypeError, ValueError):
        raise InvalidCase(f"settings = {given!r}: expected pairs of a name and a number") from None
    settings = dict(problem.settings)
    for name, number in pairs:
        _require("setting", name, problem.settings, f"problem {problem.name!r}")
        settings[name] = _number(name, number)
        if not (math.isfinite(settings[name]) and settings[name] >= 0):
            raise InvalidCase(f"{name} = {number}: expected a finite number of at least 0")
    if len(dict(pairs)) < len(pairs):
        raise InvalidCase(f"settings = {given}: expected each name once")
    return tuple(sorted(settings.items()))


def _whole_number(name: str, text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise InvalidCase(f"{name} = {text!r}: expected a whole number") from None


def _number(name: str, text: str | float) -> float:
    try:
        return float(text)
    except (TypeError, ValueError, OverflowError):
        raise InvalidCase(f"{name} = {text!r}: expected a number") from None
