"""Join recordings that belong together to nights that are long enough for a replay."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import chain
from typing import Any

from studies.recorded_nights.replay import most_processes

#: A recording that begins so soon after another one continues it.
GAP = timedelta(minutes=1)


def long_enough(nights: Sequence[dict[str, Any]], processes: int) -> list[dict[str, Any]]:
    """Nights with enough processes for all rounds of three commits; the nights as they are if none is so long."""
    needed = most_processes(processes)
    return [night for night in joined(nights, needed) if length(night) >= needed] or list(nights)


def length(night: dict[str, Any]) -> int:
    """The number of recorded processes of each cell."""
    return min(map(len, night["minima"].values()))


def joined(nights: Sequence[dict[str, Any]], needed: int) -> list[dict[str, Any]]:
    """Each night with those that continue it or ran beside it, until it has the needed number of processes.

    `parts` of a joined night are the nights that it consists of.
    """
    return [_one_night(group) for group in _groups(nights, needed)]


def _groups(nights: Sequence[dict[str, Any]], needed: int) -> Iterator[list[dict[str, Any]]]:
    group: list[dict[str, Any]] = []
    for night in sorted(nights, key=_begin):
        if group and sum(map(length, group)) < needed and _belongs(night, group[-1]):
            group.append(night)
            continue
        if group:
            yield group
        group = [night]
    if group:
        yield group


def _begin(night: dict[str, Any]) -> datetime:
    return datetime.fromisoformat(night["started"])


def _belongs(night: dict[str, Any], last: dict[str, Any]) -> bool:
    same_machine = night["measured_with"]["cpu"] == last["measured_with"]["cpu"]
    return same_machine and _begin(night) <= _begin(last) + timedelta(seconds=last["seconds"]) + GAP


def _one_night(group: list[dict[str, Any]]) -> dict[str, Any]:
    if len(group) == 1:
        return group[0]
    ran_at_once = _begin(group[0]) == _begin(group[-1])
    minima = {
        cell: list(chain(*zip(*rows, strict=False)) if ran_at_once else chain(*rows))
        for cell in group[0]["minima"]
        for rows in [[night["minima"][cell] for night in group]]
    }
    return {**group[0], "minima": minima, "parts": group}
