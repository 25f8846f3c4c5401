"""What a cell needs, predicted from its shapes alone, and what it may need: memory, and passes one after the other."""

from __future__ import annotations

import numpy as np

from autodiff_kernels.cases import Case
from autodiff_kernels.modes import MODES, Passes
from autodiff_kernels.offers import BACKENDS, CHUNK

#: Bytes of temporaries, inputs and outputs that a cell may need. Fixed, so that every machine runs the same cells.
MEMORY_BUDGET = 4 * 10**9
#: The same for a GPU, which runs larger cells.
GPU_MEMORY_BUDGET = 60 * 10**9
#: Sequential passes that a cell may need, at 0.2 to 2 ms each.
PASS_BUDGET = 50_000
#: Steps of a loop in Python that a cell may need, at 0.05 to 1 ms each.
STEP_BUDGET = 20_000
#: Operations of the objective times passes that a cell with several passes may need: some ten seconds.
OPERATION_BUDGET = 2 * 10**10
#: From this many passes on, a call takes seconds to a minute: the cell is slow, and only the selection `full` has it.
SLOW_PASSES = 20_000
#: Modes without a batch of tangents, so that their memory does not grow with the number of parameters.
_ONE_COLUMN = ("value", "explicit", "reverse", "custom_rule", "checkpoint", "lapack", "hessian_vector_product")


def predicted_bytes(case: Case) -> float:
    """Bytes of temporaries, inputs and outputs, predicted from the shapes alone, within a factor of 6."""
    p, m = case.parameter_count, case.output_count
    itemsize = np.dtype(case.dtype).itemsize
    largest, data = case.form.largest_array(case.size), case.form.data_entries(case.size)
    if case.mode == "chunked_reverse":
        return float(itemsize * (data + p * m + (CHUNK + 3) * largest))
    if BACKENDS[case.backend].batches_passes and case.mode == "reverse" and m > 1:
        # One batch pulls back all m basis cotangents: m × m numbers for each parameter. At most two parameters count:
        # with more, the compiler adds up the numbers before it stores all of them.
        return float(itemsize * (data + min(p, 2) * m * m + p * m + 3 * largest))
    # A gradient of a gradient keeps the intermediate values of the first.
    arrays = 10 if MODES[case.mode].is_second_order else 3
    columns = 1 if case.mode in _ONE_COLUMN else p
    # A batch of tangents needs the whole basis in memory.
    basis = p * p if columns > 1 and BACKENDS[case.backend].batches_passes else 0
    outputs = m if case.mode == "value" else p * m
    return float(itemsize * (data + outputs + arrays * columns * largest + basis))


def memory_budget(case: Case) -> int:
    """Bytes that `case` may need on its device."""
    return MEMORY_BUDGET if case.device == "cpu" else GPU_MEMORY_BUDGET


def sequential_passes(case: Case) -> int:
    """The number of passes that run one after the other. All passes of `chunked_reverse` count, not only its chunks."""
    if BACKENDS[case.backend].batches_passes and case.mode != "chunked_reverse":
        return 1
    return sum(_passes(case))


def sequential_steps(case: Case) -> int:
    """The number of steps that Python runs one after the other, in all passes, if the objective is a loop.

    A compiler runs the steps of a loop without Python.
    """
    if case.form.steps is None or case.jit:
        return 0
    passes = 1 if BACKENDS[case.backend].batches_passes else sum(_passes(case))
    return case.form.steps(case.size) * max(passes, 1)


def operations_of_passes(case: Case) -> float:
    """The operations of the objective times the number of passes; 0 for one pass."""
    passes = sum(_passes(case))
    return case.form.operations(case.size).value * passes if passes > 1 else 0.0


def _passes(case: Case) -> Passes:
    return MODES[case.mode].passes(case.parameter_count, case.output_count)


def is_slow(case: Case) -> bool:
    """Whether a call takes so long that only the selection `full` measures it, with a single call."""
    return sequential_passes(case) >= SLOW_PASSES
