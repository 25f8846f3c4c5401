"""The cost page's plots as SVG files, which look as they do on the page."""

import json
import re

from synthetic_costs import BENCHMARKS, PARAMETERS, SETTINGS, cost, synthetic_costs

from asv_verdict.site import FILES
from asv_verdict.site.pictures import COLOURS, UNRANKED, draw, looks_of
from studies.synthetic_repository import Bench


def test_page_and_pictures_have_the_same_colours():
    script = (FILES / "cost-plot.js").read_text()
    listed = re.search(r"^const COLOURS = (\[.*?\]);$", script, re.MULTILINE | re.DOTALL)[1]
    assert json.loads(re.sub(r",\s*\]", "]", listed)) == list(COLOURS)


def test_every_ranked_choice_looks_different_and_the_objective_is_grey(tmp_path):
    modes = ["value", "hand", *(f"mode {number}" for number in range(13))]
    many = Bench("seconds", {**PARAMETERS, "mode": modes}, lambda n, *cell: 1e-3 * n)
    repository = synthetic_costs(tmp_path, {**BENCHMARKS, "time.Kernel.time_call": many}, SETTINGS)
    repository.measure(repository.commit())
    looks = looks_of(cost(repository))
    assert looks["slow", "value"]["color"] == UNRANKED
    ranked = [tuple(look.values()) for name, look in looks.items() if name[1] != "value"]
    assert len(ranked) == len(set(ranked)) == 28
    assert looks["fast", "hand"]["color"] == COLOURS[0]


def test_each_problem_has_a_file(tmp_path):
    repository = synthetic_costs(tmp_path / "repository")
    repository.measure(repository.commit())
    paths = draw(cost(repository), tmp_path / "plots")
    assert [path.name for path in paths] == ["cost-a-kernel.svg"]
    assert paths[0].read_text().endswith("</svg>\n")
