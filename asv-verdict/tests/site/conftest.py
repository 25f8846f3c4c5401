"""A browser that can reach this machine only, and the scripts of the pages, installed once."""

import contextlib
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from filelock import FileLock
from playwright.sync_api import Page, sync_playwright

from asv_verdict.project import Project, Settings
from asv_verdict.site import assets as site_assets
from studies.synthetic_repository import ROOT, SyntheticRepository, with_assets
from tools.browser import NO_BROWSER, NO_NPM, find, find_npm
from tools.serving import served


@pytest.fixture(scope="session")
def assets(not_tested):
    """The folder in which the scripts of the pages are installed; skips if npm cannot install them."""
    project = Project(ROOT, "asv.conf.json", {}, Settings())
    folder = site_assets.folder_of(project)
    folder.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(folder.parent / "assets.lock"):
        listed = folder / "package-lock.json"
        wanted = (Path(site_assets.__file__).parent / "package-lock.json").read_bytes()
        if not (folder / "node_modules").is_dir() or listed.read_bytes() != wanted:
            if find_npm() is None:
                not_tested(NO_NPM)
            try:
                site_assets.install(project)
            except site_assets.AssetsMissing as error:
                not_tested(f"npm could not install the scripts of the pages: {error}")
    return folder


@pytest.fixture
def make(tmp_path, assets):
    """Makes a repository with the scripts of the pages in it."""
    return lambda **content: with_assets(SyntheticRepository(tmp_path / "repository", **content).start(), assets)


@pytest.fixture(scope="session")
def browser_path(not_tested):
    """The installed browser; skips if there is none."""
    return find() or not_tested(NO_BROWSER)


@pytest.fixture(scope="session")
def browser(browser_path):
    """A headless browser that resolves no host name."""
    with sync_playwright() as playwright:
        options = ["--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1", "--no-sandbox"]
        started = playwright.chromium.launch(executable_path=browser_path, args=options)
        yield started
        started.close()


@dataclass
class Site:
    """A published site in a browser, with every warning, error and foreign request so far."""

    address: str
    page: Page
    complaints: list[str] = field(default_factory=list)

    def open(self, path: str) -> Page:
        """Open a page of the site, and wait until it is drawn."""
        self.page.goto("about:blank")  # the browser does not load an address again that differs in its hash only
        self.page.goto(f"{self.address}/{path}")
        self.page.wait_for_load_state("networkidle")
        return self.page


@pytest.fixture
def look(browser):
    """Serves a folder and opens it; fails if the page logs a warning or an error, or requests another address."""
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
            page.on(
                "requestfailed",
                # The browser itself aborts what a page that it leaves has not loaded yet.
                lambda request: request.failure == "net::ERR_ABORTED" or said.append(f"failed: {request.url}"),
            )
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
