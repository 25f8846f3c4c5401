"""A results folder with one result file of one benchmark."""

import json

from asv_verdict.asv_io.results import read_result
from synthetic_results import result_file

NAME = "desk/abcdef12-env.json"


def write_result(folder, values, version="1", name=NAME, **sidecars):
    """Write the result file and files beside it, named by their suffix; returns its path."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    content = result_file("abcdef12" * 5, 0, {"b.time_x": [values, [["1", "2", "3"]], version]})
    path.write_text(json.dumps(content))
    for suffix, text in sidecars.items():
        path.with_suffix(f".{suffix}").write_text(text)
    return path


def values_of(path):
    """The values of the result file's cells, None for a failed one."""
    return list(read_result(path).values.values())
