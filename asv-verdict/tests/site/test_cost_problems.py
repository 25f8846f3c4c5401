"""The cost page of problems with one size, without results, with ties, and with a description and terms."""

import pytest
from playwright.sync_api import expect

from studies.synthetic_repository import Bench

pytestmark = pytest.mark.xdist_group("site")

SETTINGS = """
[cost]
title = "What it costs"
series = ["mode"]
denominators = { objective = { mode = "value" } }
unranked = { mode = "value" }

[cost.terms]
objective = "the function that is differentiated"
value = "the objective"
unused = "no line has this name"

[[cost.problems]]
title = "A matrix"
size = "n"
time = "time.Matrix.time_call"

[[cost.problems]]
title = "A fit"
description = "A whole fit. A call is one fit."
size = "n"
time = "time.Fit.time_call"

[[cost.problems]]
title = "A curve"
description = "A curve of m points."
size = "m"
time = "time.Curve.time_call"
"""
#: Without noise on file, the floor is 3.3 %: "slower" is within it of "as quick", but not of "quick".
SECONDS = {"value": 1.0, "quick": 2.0, "as quick": 2.05, "slower": 2.1}
MODES = list(SECONDS)


@pytest.fixture
def page(make, look):
    benchmarks = {
        "time.Matrix.time_call": Bench("seconds", {"n": [1, 10], "mode": MODES}, lambda n, mode: None),
        "time.Fit.time_call": Bench("seconds", {"n": [69], "mode": MODES}, lambda n, mode: SECONDS[mode]),
        "time.Curve.time_call": Bench("seconds", {"m": [1, 10], "mode": MODES}, lambda m, mode: m * SECONDS[mode]),
    }
    repository = make(benchmarks=benchmarks, settings=SETTINGS)
    repository.measure(repository.commit())
    repository.publish()
    return look(repository.html).open("cost.html")


def test_a_problem_may_have_one_size_or_ties_or_no_results(page):
    # The first problem with results is shown; one without them is in the list and says so.
    expect(page.locator("#choose-problem")).to_have_value("A fit")
    expect(page.locator("#choose-problem option")).to_have_text(["A matrix (no results yet)", "A fit", "A curve"])
    expect(page.locator("#description")).to_have_text("A whole fit. A call is one fit.")

    # One size: there is none to choose, and curves cannot cross.
    expect(page.locator("#ranking")).to_be_visible()
    expect(page.get_by_role("heading", name="Ranking at n = 69")).to_be_visible()
    expect(page.locator("#choose-size")).to_have_count(0)
    expect(page.locator("#crossings")).to_have_count(0)
    expect(page.locator("#ranking tbody td:first-child")).to_have_text(["1", "1", "3"])

    # The words of this plot are explained, and no others.
    expect(page.locator("#terms dt")).to_have_text(["objective", "value"])

    page.get_by_label("Problem").select_option("A matrix")
    expect(page.locator("main")).to_contain_text("No results yet: time.Matrix.time_call has not been measured.")
    expect(page.locator("#plot")).to_have_count(0)

    page.get_by_label("Problem").select_option("A curve")
    expect(page.locator("#crossings")).to_have_text("No two visible curves cross by more than their noise.")
    expect(page.locator("#choose-size")).to_have_value("10")
