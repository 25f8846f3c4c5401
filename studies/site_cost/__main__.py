"""Measure the cost of the site: `python -m studies.site_cost` publishes synthetic results and prints times and sizes.

By default the results are those of a large suite with a long history: 500 cells and 500 commits. Headless Chromium
opens the page "Gradient cost"; the time runs from the request until the plot is drawn.
"""

from __future__ import annotations

import argparse
import json
import math
import tempfile
import time
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from typing import Any

from asv_verdict import read_project, site
from studies.documents import add_write_options, as_line, measured_here, store
from studies.synthetic_repository import ROOT, Bench, SyntheticRepository, with_assets
from tools.browser import NO_BROWSER, find
from tools.serving import served

SIZES = [10, 30, 100, 300, 1000]
MODES = [f"mode_{number}" for number in range(10)]
CHOICES: dict[str, list[Any]] = {
    "n": SIZES,
    "backend": ["first", "second"],
    "mode": MODES,
}
SETTINGS = """
[cost]
title = "Cost"
series = ["backend", "mode"]
denominators = { first = { mode = "mode_0" } }

[[cost.problems]]
title = "Problem"
size = "n"
time = "suite.Problem.time_call"
"""


def make(root: Path, cells: int, commits: int) -> SyntheticRepository:
    """A repository with `cells` cells and `commits` commits; each benchmark has 100 cells."""

    def cost(n: int, backend: str, mode: str) -> float:
        passes = 1 + int(mode.rpartition("_")[2])
        return passes * (1e-6 * n if backend == "first" else 1e-5 * math.sqrt(n))

    names = ["suite.Problem.time_call", *(f"suite.Other{number}.time_call" for number in range(1, cells // 100))]
    repository = SyntheticRepository(root, {name: Bench("seconds", CHOICES, cost) for name in names}, SETTINGS).start()
    for number in range(commits):
        repository.measure(repository.commit(f"Commit {number}"), factor=1 + 0.01 * math.sin(number))
    return repository


def weights(repository: SyntheticRepository) -> dict[str, int]:
    """The bytes that each page of asv_verdict loads, before compression."""
    shared = ["site.css", "common.js", "site.json", "swallow.ico"]
    pages = {
        "cost.html": ["cost.js", *site.PARTS_OF_COST, "cost.json", f"assets/{site.assets.PLOTS}"],
        "changes.html": ["changes.js", "changes.json"],
    }
    return {
        page: sum((repository.html / name).stat().st_size for name in (page, *own, *shared))
        for page, own in pages.items()
    }


def seconds_to_open(address: str) -> float | None:
    """The time until the plot is drawn: the shortest of three, each with an empty cache; None without a browser."""
    executable = find()
    if executable is None:
        return None
    from playwright.sync_api import sync_playwright

    found = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=["--no-sandbox"])
        for _ in range(3):
            page = browser.new_context().new_page()
            begin = time.perf_counter()
            page.goto(address)
            page.wait_for_selector("#plot .legendtext")
            found.append(time.perf_counter() - begin)
        browser.close()
    return min(found)


def main() -> None:
    """Measure and print times and sizes; --write also stores them."""
    parser = argparse.ArgumentParser(prog="python -m studies.site_cost", description=__doc__)
    parser.add_argument("--cells", type=int, default=500, help="cells of the suite (default: %(default)s)")
    parser.add_argument("--commits", type=int, default=500, help="commits of its history (default: %(default)s)")
    add_write_options(parser)
    options = parser.parse_args()
    rows = []
    for row in measured(options.cells, options.commits):
        print(as_line(row), flush=True)
        rows.append(row)
    if options.write:
        about = {"note": f"{options.cells} cells, {options.commits} commits"}
        data = measured_here("python -m studies.site_cost", options.on, versions=f"ASV {metadata.version('asv')}")
        store("site-cost", data | about | {"tables": [{"columns": ["", ""], "rows": rows}]})


def measured(cells: int, commits: int) -> Iterator[list[str]]:
    """The rows of the table. Raises SystemExit if the scripts of the pages or a browser are not installed."""
    with tempfile.TemporaryDirectory() as folder:
        repository = with_assets(make(Path(folder) / "repository", cells, commits), installed())
        configuration = repository.root / "asv.conf.json"
        content = json.loads(configuration.read_text())
        for name, plugins in (("with ASV alone", []), ("with this site", content["plugins"])):
            configuration.write_text(json.dumps({**content, "plugins": plugins}))
            begin = time.perf_counter()
            repository.publish()
            yield [f"`asv publish` {name}", f"{time.perf_counter() - begin:.1f} s"]
        of_cost, of_changes = weights(repository).values()
        yield ['page "Gradient cost", uncompressed', f"{of_cost / 1e6:.2f} MB"]
        yield ['page "What changed" without nights, uncompressed', f"{of_changes / 1e6:.2f} MB"]
        with served(repository.html) as address:
            opened = seconds_to_open(f"{address}/cost.html")
        if opened is None:
            raise SystemExit(NO_BROWSER)
        yield ['time until headless Chromium has drawn "Gradient cost"', f"{opened:.2f} s"]


def installed() -> Path:
    """The folder of the installed scripts. Raises SystemExit if they are not installed."""
    project = read_project(ROOT / "asv.conf.json")
    folder = site.assets.folder_of(project)
    if not (folder / "node_modules").is_dir():
        raise SystemExit("the scripts of the pages are not installed: run `python -m asv_verdict assets`")
    return folder


if __name__ == "__main__":
    main()
