"""The site as a plugin of `asv publish`: it works for any suite and any results, and does not break ASV's own pages."""

import json
import math
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from playwright.sync_api import expect

from asv_verdict.__main__ import main
from asv_verdict.site import assets as site_assets
from asv_verdict.site.offline import NotOffline, without_foreign_scripts
from studies.synthetic_repository import ROOT, Bench, SyntheticRepository

pytestmark = pytest.mark.xdist_group("site")

#: Three benchmarks of another project.
TOY = {
    "toy.time_sort": Bench("seconds", {"n": [10, 100], "way": ["quick", "heap"]}, lambda n, way: 1e-6 * n),
    "toy.Work.track_swaps": Bench("swaps", {}, lambda: 7.0, "track"),
    "toy.Work.peakmem_sort": Bench("bytes", {}, lambda: 1e6, "peakmemory"),
}
SORTING = """
[cost]
title = "Sorting"
series = ["way"]

[[cost.problems]]
title = "Sort"
size = "n"
time = "toy.time_sort"
"""
HOSTILE = '<script>alert("1")</script>\'"&<b>'


def test_another_suite_has_no_cost_page_until_one_is_configured(make, look):
    repository = make(benchmarks=TOY)
    repository.measure(repository.commit())
    assert "ASV's own page" not in repository.publish()
    assert not (repository.html / "cost.html").exists()
    site = look(repository.html)
    page = site.open("")
    expect(page.locator("#summarygrid-display .benchmark-container")).to_have_count(3)
    expect(page.locator("#nav")).not_to_contain_text("cost")
    page.get_by_role("link", name="What changed").click()
    expect(page.locator("#count")).to_contain_text("No verdict yet")
    (repository.root / "asv_verdict.toml").write_text(SORTING)
    repository.publish()
    expect(site.open("").locator("h1")).to_have_text("Sorting")


def test_text_from_results_and_commits_is_escaped(make, look):
    name = f"toy.{HOSTILE}"
    benchmarks = {name: Bench("seconds", {"n": [1, 2], HOSTILE: [HOSTILE, "b"]}, lambda n, other: 1.0 * n)}
    settings = (
        f"[cost]\ntitle = {json.dumps(HOSTILE)}\nseries = [{json.dumps(HOSTILE)}]\n"
        f'[[cost.problems]]\ntitle = "Sort"\nsize = "n"\ntime = {json.dumps(name)}\n'
    )
    repository = make(benchmarks=benchmarks, settings=settings, commit_url="javascript:alert(1)//")
    first = repository.commit(HOSTILE)
    machine = '<script>alert("2")<'  # the name of a folder has no slash
    repository.measure(first, machine=machine)
    head = repository.commit(HOSTILE)
    repository.measure(head, machine=machine)
    change = {
        **dict.fromkeys(("environment", "baseline", "unit", "accepted"), HOSTILE),
        "plot": "",
        "cell": name,
        "state": "confirmed",
        "effect": "regression",
        "ratio": 2.0,
        "interval": [1.0, None],
        "threshold": 0.02,
        "before": 1.0,
        "after": 2.0,
        "commits": [head],
        "packages": [HOSTILE],
    }
    notes = {name: [HOSTILE] for name in ("missing", "undecided", "left_out", "problems", "notes")}
    repository.report(
        1, head, machine=machine, verdict="regression", changes=[change], subjects={head: HOSTILE}, **notes
    )
    repository.publish()
    site = look(repository.html)
    site.page.on("dialog", lambda dialog: site.complaints.append(f"a script ran: {dialog.message}"))
    page = site.open("cost.html")
    expect(page.locator("h1")).to_have_text(HOSTILE)
    expect(page.locator("#ranking")).to_contain_text(HOSTILE)
    expect(page.locator("#plot")).to_contain_text(HOSTILE)
    expect(page.locator("#provenance")).to_contain_text(machine)
    page = site.open("changes.html")
    expect(page.locator("article")).to_contain_text(HOSTILE)
    expect(page.locator("article h2")).to_contain_text(machine)
    assert page.locator("article a[href^=javascript]").count() == 0
    for path in ("index.html#/", "index.html#/summarylist"):
        page = site.open(path)
        assert page.locator("script:text-matches('alert')").count() == 0
        expect(page.locator("body")).to_contain_text(HOSTILE)
    # ASV requests the small graph of such a name under another name than that of the file.
    site.complaints[:] = [said for said in site.complaints if "404" not in said]


@pytest.mark.parametrize(
    ("measure", "words"),
    [
        (lambda repository: None, "No results yet: toy.time_sort has not been measured."),
        (lambda repository: repository.measure(repository.git("rev-parse", "HEAD")), "Lowest time per call"),
    ],
    ids=["no result", "one commit"],
)
def test_a_repository_with_no_result_or_one_commit_has_pages(make, look, measure, words):
    repository = make(benchmarks=TOY, settings=SORTING)
    repository.commit()
    measure(repository)
    repository.publish()
    site = look(repository.html)
    expect(site.open("cost.html").locator("main")).to_contain_text(words)
    main = site.open("changes.html").locator("main")
    expect(main).to_have_text("What changedNo verdict yet. Run `python -m asv_verdict nightly`.")


def test_missing_failed_and_impossible_values_leave_gaps(make, look):
    values = {1: math.nan, 2: None, 3: 0.0, 4: -1.0, 5: 1e-3}
    bench = Bench("seconds", {"n": list(values), "way": ["one"]}, lambda n, way: values[n])
    repository = make(benchmarks={"toy.time_sort": bench}, settings=SORTING)
    repository.measure(repository.commit())
    (repository.results / "desk" / "cut.json").write_text('{"results": ')
    said = repository.publish()
    assert "cut.json cannot be read" in said
    page = look(repository.html).open("cost.html")
    expect(page.locator("#support tbody td")).to_have_text(["", "", "", "", "1 ms"])


def test_without_the_scripts_asvs_own_page_is_published_with_a_warning(tmp_path):
    repository = SyntheticRepository(tmp_path / "repository", benchmarks=TOY).start()
    repository.measure(repository.commit())
    said = repository.publish()
    assert "the scripts of the dashboard are not installed: run `python -m asv_verdict assets`" in said
    assert "ASV's own page" in said
    page = (repository.html / "index.html").read_text()
    assert "https://code.jquery.com" in page
    assert not (repository.html / "changes.html").exists()


def test_the_assets_command_without_npm_says_what_is_missing(tmp_path, capsys, monkeypatch):
    repository = SyntheticRepository(tmp_path / "repository", benchmarks=TOY).start()
    monkeypatch.setattr(shutil, "which", lambda name: None)
    assert main(["assets", "--config", str(repository.root / "asv.conf.json")]) == 2
    said = capsys.readouterr().out
    assert "npm was not found" in said
    assert "ASV's own page, which loads its scripts from the internet" in said


def test_wrong_settings_leave_asvs_own_page(make):
    repository = make(benchmarks=TOY, settings="exakt = 'x'")
    repository.measure(repository.commit())
    assert "unknown setting 'exakt'" in repository.publish()
    assert "https://code.jquery.com" in (repository.html / "index.html").read_text()


def test_before_it_publishes_the_plugin_imports_only_what_imports_only_asv():
    code = (
        "import sys, asv.main; before = set(sys.modules); import asv_verdict.plugin;"
        "print(*sorted(set(sys.modules) - before))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    own = ["asv_verdict", "asv_verdict.plugin", "asv_verdict.system", "asv_verdict.system.finite_graphs"]
    assert done.stdout.split() == own


def test_a_page_of_asv_with_an_unknown_script_is_refused():
    page = '<html><head><script src="https://cdn.example/new.min.js" onerror="f()"></script></head></html>'
    with pytest.raises(NotOffline, match=r"loads new\.min\.js, which asv_verdict does not install"):
        without_foreign_scripts(page, lands_on_cost=False)


def test_scripts_are_published_with_licences_and_not_committed(make):
    repository = make(benchmarks=TOY)
    repository.measure(repository.commit())
    repository.publish()
    packages = {path.name: {file.name for file in path.iterdir()} for path in (repository.html / "assets").iterdir()}
    assert set(packages) == {name.split("/")[0] for name in site_assets.OF_ASV.values()}
    for package, files in packages.items():
        assert any(re.match("LICEN[CS]E", name) for name in files) or {"package.json", "README.md"} <= files, package
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert not re.search(r"jquery|plotly|bootstrap", tracked)
    assert '"resolved"' not in Path(site_assets.__file__).with_name("package-lock.json").read_text()
