"""Why benchmarks failed, from the output of `asv run --show-stderr`."""

from __future__ import annotations

import re

from asv_verdict.system.text import one_line

#: ASV's line on a benchmark, such as `[50.00%] ··· module.time_x        1/2 failed`.
_BENCHMARK = re.compile(r"^\[ *[\d.]+%\] ··· (?P<name>[A-Za-z_]\w*(\.\w+)+) ")
#: The beginning of its table of values, and of what it printed.
_TABLE = re.compile(r"^\[ *[\d.]+%\] ··· ")
_PRINTED = re.compile(r"^\[ *[\d.]+%\] ···· ")
_PARAMETERS = "For parameters: "
#: The most characters of a reason.
LONGEST = 200


def reasons(output: str) -> dict[str, str]:
    """The last line of the error of each failed cell, by the name of the cell.

    If a benchmark failed for all its parameters together, the name is that of the benchmark.
    """
    found: dict[str, str] = {}
    benchmark = cell = ""
    for line in output.splitlines():
        if heading := _BENCHMARK.match(line):
            benchmark = cell = heading["name"] if line.rstrip().endswith("failed") else ""
            continue
        if _TABLE.match(line):
            cell = ""
            continue
        if _PRINTED.match(line):
            cell = benchmark
        said = _PRINTED.sub("", line).strip()
        if benchmark and said.startswith(_PARAMETERS):
            cell = f"{benchmark}({said.removeprefix(_PARAMETERS)})"
        # ASV's own line says only that the benchmark failed, unless there is no traceback.
        elif cell and said and (not said.startswith("asv: ") or cell not in found):
            found[cell] = one_line(said.removeprefix("asv: "), LONGEST)
    return found
