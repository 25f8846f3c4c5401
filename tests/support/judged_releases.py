"""The judging of a synthetic release history: measured and decided, and its confirmed changes."""

import math

from asv_verdict.model import State

FAST, SLOW = "kernels.Fast.time_call", "kernels.Slow.time_call"


def measured(judging, deadline=math.inf):
    """The session of the first rounds, and the decided changes."""
    for pieces in judging.first_rounds():
        judging.record.measure(pieces, deadline)
    session = judging.session()
    return session, judging.decide(session, deadline)


def confirmed(changes):
    """The confirmed changes, by base, head and cell."""
    return {(change.base, change.head, change.cell): change for change in changes if change.state is State.CONFIRMED}
