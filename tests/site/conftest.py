"""A browser that reaches nothing but this machine, and the scripts of the pages, installed once."""

import contextlib
import shutil
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from filelock import FileLock
from playwright.sync_api import Page, sync_playwright

from asv_verdict.settings import Project, Settings
from asv_verdict.site import assets as site_assets
from tools.synthetic_repository import ROOT, SyntheticRepository, served, with_assets

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


@pytest.fixture(scope="session")
def assets():
    """The folder in which the scripts of the pages are installed."""
    project = Project(ROOT, "asv.conf.json", {}, Settings())
    folder = site_assets.folder_of(project)
    folder.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(folder.parent / "assets.lock"):
        listed = folder / "package-lock.json"
        wanted = (Path(site_assets.__file__).parent / "package-lock.json").read_bytes()
        if not (folder / "node_modules").is_dir() and shutil.which("npm") is None:
            pytest.skip("there is no npm on this machine; `.ci/run` installs it")
        if not (folder / "node_modules").is_dir() or listed.read_bytes() != wanted:
            site_assets.install(project)
    return folder


@pytest.fixture
def make(tmp_path, assets):
    """Makes a repository with the scripts of the pages in it."""
    return lambda **content: with_assets(SyntheticRepository(tmp_path / "repository", **content).start(), assets)


@pytest.fixture(scope="session")
def browser():
    """Headless Chromium, to which every name but this machine's address is unknown."""
    if CHROMIUM is None:
        pytest.skip("there is no Chromium on this machine; `.ci/run` installs it")
    with sync_playwright() as playwright:
        options = ["--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1", "--no-sandbox"]
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=options)
        yield started
        started.close()


@dataclass
class Site:
    """A published site that is looked at, and everything that went wrong meanwhile."""

    address: str
    page: Page
    complaints: list[str] = field(default_factory=list)

    def open(self, path: str) -> Page:
        """Go to a page of the site, and wait until it is drawn."""
        self.page.goto("about:blank")  # where the address differs in its hash alone, nothing would be loaded
        self.page.goto(f"{self.address}/{path}")
        self.page.wait_for_load_state("networkidle")
        return self.page


@pytest.fixture
def look(browser):
    """Serves a folder on this machine and opens it; fails where the page complains or asks for anything elsewhere."""
    with contextlib.ExitStack() as stack:
        opened = []

        def serve(folder: Path, **context_options: object) -> Site:
            address = stack.enter_context(served(folder))
            context = browser.new_context(**context_options)
            stack.callback(context.close)
            site = Site(address, context.new_page())
            page, said = site.page, site.complaints
            page.on("console", lambda message: message.type in ("error", "warning") and said.append(message.text))
            page.on("pageerror", lambda error: said.append(str(error)))
            page.on("requestfailed", lambda request: said.append(f"failed: {request.url}"))
            page.on("response", lambda answer: answer.status >= 400 and said.append(f"{answer.status}: {answer.url}"))
            page.on(
                "request",
                lambda request: (
                    request.url.startswith((site.address, "data:", "blob:", "about:"))
                    or said.append(f"foreign: {request.url}")
                ),
            )
            opened.append(site)
            return site

        yield serve
        for site in opened:
            assert site.complaints == []
