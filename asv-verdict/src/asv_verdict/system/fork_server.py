"""ASV's fork server, which imports only the modules of the benchmarks that a round measures.

ASV's own imports the whole suite, which may take longer than all measurements of a round. The environment variable
ASV_VERDICT_ROUND names a JSON file: `script` is ASV's own, and `benchmarks` are the names of benchmarks. This script
runs on the Python of the environment, and needs only the asv_runner that ASV installs there.
"""

from __future__ import annotations

import functools
import json
import os
import runpy
import sys
import traceback

VARIABLE = "ASV_VERDICT_ROUND"


def main() -> None:
    """Run ASV's script with another way to import a suite."""
    here = os.path.dirname(os.path.abspath(__file__))
    if sys.path[0] == here:  # these modules would hide those of the suite that have the same names
        del sys.path[0]
    from asv_runner import server

    with open(os.environ.pop(VARIABLE), encoding="utf-8") as file:
        wanted = json.load(file)
    server.disc_benchmarks = functools.partial(import_modules, wanted["benchmarks"])
    sys.argv[0] = wanted["script"]
    runpy.run_path(wanted["script"], run_name="__main__")


def import_modules(benchmarks: list[str], root: str, ignore_import_errors: bool = True) -> tuple[()]:
    """Import the modules of some benchmarks as ASV does before it measures one of them."""
    from asv_runner.discovery import get_benchmark_from_name

    for name in benchmarks:
        try:
            get_benchmark_from_name(root, name)
        except BaseException:  # the benchmark will fail in the same way, and say so
            traceback.print_exc()
    return ()


if __name__ == "__main__":
    main()
