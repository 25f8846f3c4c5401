"""One side of the comparison: measures what it is told, a line of JSON each, with the code of its own folder.

The other side may be an older commit, so this program uses only what both have. It is run as a script.
"""

from __future__ import annotations

import json
import sys
from functools import partial
from typing import Any

sys.path.insert(0, sys.argv[1])  # before the folder of this file and the installed package

from autodiff_kernels import Case, build, preload, why_unsupported
from benchmarks import preimport  # noqa: F401
from benchmarks.clock import fitting_clock, keep_freed_memory, pin_to_core, undisturbed_call
from benchmarks.peak import peak_bytes
from benchmarks.processes import in_forked_process
from benchmarks.protocol import PROCESS_SECONDS


def seconds_of_call(case: Case, core: int) -> float:
    """The time of a process, as benchmarks/protocol.py measures it."""
    pin_to_core(core)
    keep_freed_memory()
    run = build(case).run
    return undisturbed_call(run, PROCESS_SECONDS, fitting_clock(run))


def counts(case: Case) -> dict[str, Any]:
    """The deterministic metrics and the relative error."""
    program = build(case)
    return {"error": program.error, **program.work()}


def is_known(text: str) -> bool:
    """Whether this commit has the case and can run it."""
    try:
        return why_unsupported(Case.parse(text)) is None
    except ValueError:
        return False


def answer(asked: dict[str, Any]) -> Any:
    """What the line asks for."""
    if asked["what"] == "hello":
        return None
    if asked["what"] == "is known":
        return is_known(asked["case"])
    case = Case.parse(asked["case"])
    preload(case)
    if asked["what"] == "time":
        return in_forked_process(partial(seconds_of_call, case, asked["core"]))
    return {**in_forked_process(partial(counts, case)), **peak_bytes(case)}


for line in sys.stdin:
    try:
        found = {"found": answer(json.loads(line))}
    except Exception as error:
        found = {"failed": f"{type(error).__name__}: {error}"}
    print(json.dumps(found), flush=True)
