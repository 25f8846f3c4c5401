"""The page "What changed" in a browser."""

import time

from playwright.sync_api import expect
from synthetic_pages import BENCHMARKS, SETTINGS


def test_a_truncated_list_links_the_complete_report(make, look):
    repository = make(benchmarks=BENCHMARKS, settings=SETTINGS)
    commit = repository.commit()
    repository.measure(commit)
    repository.report(1, commit, verdict="broken", missing=[f"cell {number}" for number in range(40)])
    repository.report(2, commit)
    repository.report(3, commit)
    repository.publish()
    page = look(repository.html).open("changes.html")
    expect(page.locator("#count")).to_have_text("3 nights: 2 passes, 1 broken.")
    page.locator("summary").first.click()
    expect(page.locator("details li").last).to_have_text("and 30 more in the complete report")
    whole = page.get_by_role("link", name="complete report as JSON")
    assert "cell 39" in whole.evaluate("async (link) => (await fetch(link.href)).text()")


def test_an_outdated_dashboard_shows_its_age(make, look):
    repository = make(benchmarks=BENCHMARKS, settings=SETTINGS)
    repository.measure(repository.commit(), now=time.time() - 10 * 86400)
    repository.publish()
    site = look(repository.html)
    for name in ("cost.html", "changes.html"):
        expect(site.open(name).locator(".banner.old")).to_contain_text("10 days old")
    expect(site.open("index.html#/").locator("#nav")).to_contain_text("10 days old")
