"""The published site in headless Chromium, which can reach only the site."""

import base64
import json
import re
import subprocess
import sys

import pytest
from playwright.sync_api import expect
from synthetic_pages import BENCHMARKS, CHANGE, PARAMETERS, SETTINGS

from asv_verdict.site.pictures import looks_of
from studies.synthetic_repository import ROOT, Bench

#: A picture of one black pixel.
PIXEL = base64.b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNgAAAAAgABSK+kcQAAAABJRU5ErkJggg==")

#: Plotly's names of line styles and markers, with Matplotlib's.
IN_PICTURES = {"solid": "-", "dash": "--", "dot": ":", "dashdot": "-."} | {
    "circle": "o",
    "square": "s",
    "diamond": "D",
    "triangle-up": "^",
}

pytestmark = pytest.mark.xdist_group("site")


@pytest.fixture
def repository(make):
    """Two commits and two nights; the second night found a slowdown."""
    repository = make(benchmarks=BENCHMARKS, settings=SETTINGS)
    first = repository.commit("Begin")
    repository.measure(first)
    second = repository.commit("Make it slower")
    repository.measure(second, factor=1.1)
    repository.report(1, first)
    change = {**CHANGE, "base": first, "commits": [second]}
    folder = repository.report(2, second, verdict="regression", changes=[change], subjects={second: "Make it slower"})
    (folder / "finding-1.png").write_bytes(PIXEL)
    assert "ASV's own page" not in repository.publish()
    return repository


def test_every_page_is_drawn_without_foreign_requests(repository, look):
    site = look(repository.html)
    page = site.open("")
    expect(page).to_have_title("What it costs · kernels")  # the landing page
    expect(page.locator("#plot .legendtext")).to_have_count(5)  # four choices and the crossings
    page.get_by_role("link", name="Grid").click()
    expect(page.locator("#summarygrid-display .benchmark-container")).to_have_count(3)
    page.wait_for_load_state("networkidle")
    for name in ("What it costs", "What changed"):
        expect(page.locator("#nav").get_by_role("link", name=name)).to_be_visible()
    page = site.open("index.html#/summarylist")
    expect(page.locator("#summarylist-body tbody tr").first).to_be_visible()
    page = site.open("index.html#/regressions")
    expect(page.locator("#regressions-body")).to_contain_text("regressions")
    page = site.open("index.html#time.Kernel.time_call?p-n=1&p-backend='fast'&p-mode='auto'&p-dtype='f8'")
    expect(page.locator("#main-graph canvas").first).to_be_visible()
    page = site.open("changes.html")
    expect(page.locator("article")).to_have_count(1)


def test_choices_change_the_page_and_are_kept_in_the_address(repository, look):
    site = look(repository.html)
    page = site.open("cost.html")
    expect(page.locator("#summary")).to_contain_text(
        "Lowest time per call: slow auto at n = 1; fast auto from n = 10 to 100"
    )
    expect(page.locator("#crossings")).to_contain_text("1 crossing")
    seen = set()
    for label, value in [
        ("Problem", "A matrix"),
        ("dtype", "f4"),
        ("Values", "objective"),
        ("Problem", "A kernel"),
        ("Show", "compile"),
    ]:
        page.get_by_label(label, exact=True).select_option(value)
        seen.add(page.locator("#support").inner_text())
    assert len(seen) == 5
    page.get_by_label("Show", exact=True).select_option("time")
    page.get_by_label("Values", exact=True).select_option("")
    page.get_by_label("value", exact=True).uncheck()
    expect(page.locator("#plot .legendtext")).to_have_count(3)
    expect(page.locator("#summary")).not_to_contain_text("hidden")  # the objective is not ranked
    page.get_by_label("slow", exact=True).uncheck()
    expect(page.locator("#summary")).to_contain_text(
        "slow auto at n = 1; fast auto from n = 10 to 100 (hidden curves included)"
    )
    page.get_by_label("slow", exact=True).check()
    page.locator("#choose-size").fill("31.6227766")
    page.locator("#choose-size").press("Enter")
    expect(page.locator("#ranking tbody tr")).to_have_count(1)  # the slow one has no value above 10
    expect(page.locator("#ranking tbody")).to_contain_text("≈")
    shown = page.locator("main").inner_text()
    again = look(repository.html)
    address = page.url.replace(site.address + "/", "")
    expect(again.open(address).locator("#ranking tbody tr")).to_have_count(1)
    assert again.page.locator("main").inner_text() == shown


def test_every_one_of_many_curves_looks_different(make, look):
    parameters = {**PARAMETERS, "mode": ["value", *(f"mode {number}" for number in range(14))], "dtype": ["f8"]}
    many = Bench("seconds", parameters, lambda n, backend, *rest: n * (1e-3 if backend == "fast" else 1e-2))
    settings = SETTINGS[: SETTINGS.index("compile")]
    repository = make(benchmarks={"time.Kernel.time_call": many}, settings=settings)
    repository.measure(repository.commit())
    repository.publish()
    page = look(repository.html).open("cost.html")
    looks = page.locator("#plot").evaluate(
        "plot => plot.data.filter(one => one.name && one.line)"
        ".map(one => [one.line.color, one.line.dash, one.marker.symbol].join())"
    )
    assert len(looks) == 30
    assert len(set(looks)) == 30
    lines = page.locator("#plot").evaluate(
        "plot => plot.data.filter(one => one.name && one.line)"
        ".map(one => [one.name, one.line.color, one.line.dash, one.marker.symbol])"
    )
    drawn = looks_of(json.loads((repository.html / "cost.json").read_text()))
    of_pictures = {" ".join(name): list(look.values()) for name, look in drawn.items()}
    for name, *look in lines:
        if not name.endswith(" value"):  # an unranked line has the colour of the text, which depends on the scheme
            assert of_pictures[name] == [IN_PICTURES.get(one, one) for one in look], name


def test_the_table_for_a_size_has_ranks_and_break_even_calls(repository, look):
    page = look(repository.html).open("cost.html#size=10")
    rows = page.locator("#ranking tbody tr")
    expect(rows).to_have_count(2)
    # 1.1 × 3 × (1e-4 + 1e-5) and 1.1 × 3 × 2e-4 seconds a call, after 0.33 and 0.0011 seconds.
    expect(rows.nth(0)).to_contain_text("fast auto")
    expect(rows.nth(0)).to_contain_text("363 µs")
    expect(rows.nth(0)).to_contain_text("1,109")
    expect(rows.nth(1).locator("td").last).to_have_text("1")
    rows.nth(0).get_by_role("link").click()
    expect(page.locator("#main-graph canvas").first).to_be_visible()


@pytest.mark.parametrize("size", ["5000", "abc"])
def test_a_size_outside_of_the_measured_ones_is_replaced(repository, look, size):
    page = look(repository.html).open(f"cost.html#size={size}")
    expect(page.locator("main")).to_contain_text(
        f"n = {size} is outside of the measured sizes, 1 to 100. The table shows n = 100."
    )
    expect(page.locator("#choose-size")).to_have_value("100")


@pytest.mark.parametrize("address", ["hide=%E0%A4%A", "problem=none&quantity=none&over=none&dtype=none", "%"])
def test_an_invalid_address_shows_the_page(repository, look, address):
    page = look(repository.html).open(f"cost.html#{address}")
    expect(page.locator("#plot .legendtext")).to_have_count(5)


def test_what_changed_shows_attribution_plot_and_link_to_the_graph(repository, look):
    page = look(repository.html).open("changes.html")
    expect(page.locator("#count")).to_have_text("2 nights: 1 pass, 1 regression.")
    finding = page.locator("article section")
    for text in ("regression × 1.100", "1.080 to 1.120", "300 µs → 330 µs", "Make it slower", "jax 0.7.2 → 0.8.0"):
        expect(finding).to_contain_text(text)
    assert page.locator("img.finding").evaluate("picture => picture.naturalWidth") > 0
    expect(finding.get_by_role("link").last).to_have_attribute("href", re.compile("^https://example.org/commit/"))
    page.get_by_label("Show").select_option("all")
    expect(page.locator("article")).to_have_count(2)
    finding.get_by_role("link").first.click()
    expect(page.locator("#main-graph canvas").first).to_be_visible()


def test_the_page_works_by_keyboard(repository, look):
    page = look(repository.html).open("cost.html")
    page.locator("#choose-problem").focus()
    page.keyboard.press("ArrowDown")
    expect(page.locator("#choose-problem")).to_have_value("A matrix")
    expect(page.locator("#choose-problem")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.locator("#choose-dtype")).to_be_focused()


@pytest.mark.parametrize("width", [320, 390])
def test_nothing_is_wider_than_a_phone(repository, look, width):
    site = look(repository.html, viewport={"width": width, "height": 700})
    for name in ("cost.html", "changes.html"):
        page = site.open(name)
        assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.slow
def test_the_screenshots_command_writes_a_picture_of_each_page(browser_path, repository, tmp_path):
    command = [
        sys.executable,
        "-m",
        "tools.screenshots",
        tmp_path,
        "--html",
        repository.html,
        "--page",
        "cost.html#size=10",
    ]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    names = [f"cost-{screen}-{scheme}.png" for screen in ("wide", "phone") for scheme in ("light", "dark")]
    assert done.stdout.split() == [str(tmp_path / name) for name in names]
    assert all((tmp_path / name).read_bytes().startswith(b"\x89PNG") for name in names)


def test_two_devices_are_two_lines_of_one_plot_on_both_pages(make, look):
    """On the cost page and in ASV's graph of a cell."""
    settings = SETTINGS.replace("series =", 'environment_series = ["DEVICE"]\nseries =')
    repository = make(benchmarks=BENCHMARKS, settings=settings)
    for factor in (1.0, 1.1):
        commit = repository.commit()
        repository.measure(commit, factor=factor, variables={"DEVICE": "cpu"})
        repository.measure(commit, factor=0.1 * factor, variables={"DEVICE": "gpu"})
    repository.publish()
    site = look(repository.html)
    page = site.open("cost.html")
    for device in ("cpu", "gpu"):
        expect(page.locator("#plot .legendtext").filter(has_text=f"fast auto {device}")).to_have_count(1)
    page.locator("#show-DEVICE-gpu").uncheck()
    expect(page.locator("#plot .legendtext").filter(has_text="gpu")).to_have_count(0)
    page = site.open("index.html#time.Kernel.time_call?p-n=1&p-backend='fast'&p-mode='auto'&p-dtype='f8'")
    expect(page.locator("#main-graph canvas").first).to_be_visible()
    expect(page.locator("#main-graph .legend")).to_contain_text("cpu")
    expect(page.locator("#main-graph .legend")).to_contain_text("gpu")
