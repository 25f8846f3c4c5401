"""What the published pages look like: `python -m tools.screenshots FOLDER` has headless Chromium draw each of them.

Wide and on a phone, light and dark, a PNG each: NAME-WIDTH-SCHEME.png. Pictures in docs/images are made with it.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import Browser, sync_playwright

from tools.browser import NO_BROWSER, find
from tools.synthetic_repository import ROOT, served

PAGES = {
    "cost": "cost.html",
    "changes": "changes.html",
    "grid": "index.html#/",
    "list": "index.html#/summarylist",
    "regressions": "index.html#/regressions",
}
#: Width and height in pixels.
SCREENS = {"wide": (1280, 900), "phone": (390, 844)}
SCHEMES = ("light", "dark")


def draw(html: Path, folder: Path, pages: dict[str, str], *, whole: bool) -> list[Path]:
    """A picture of each page on each screen in each colour scheme, of its `whole` length or what a screen shows."""
    folder.mkdir(parents=True, exist_ok=True)
    found = []
    executable = find()
    if executable is None:
        raise SystemExit(NO_BROWSER)
    with served(html) as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=["--no-sandbox"])
        for screen, (width, height) in SCREENS.items():
            for scheme in SCHEMES:
                for name, page in pages.items():
                    path = folder / f"{name}-{screen}-{scheme}.png"
                    _draw(browser, f"{address}/{page}", path, width, height, scheme, whole=whole)
                    found.append(path)
        browser.close()
    return found


def _draw(browser: Browser, address: str, path: Path, width: int, height: int, scheme: str, *, whole: bool) -> None:
    context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=scheme)  # type: ignore[arg-type]
    page = context.new_page()
    page.goto(address)
    page.wait_for_load_state("networkidle")
    page.screenshot(path=path, full_page=whole)
    context.close()


def main() -> None:
    """Draw, and print the names of the files."""
    parser = argparse.ArgumentParser(prog="python -m tools.screenshots", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--html", type=Path, default=ROOT / ".asv" / "html", help="a folder that asv publish has made")
    parser.add_argument("--page", help="one view alone, as its address has it: cost.html#quantity=memory")
    parser.add_argument("--whole", action="store_true", help="the whole length of a page and not one screen of it")
    options = parser.parse_args()
    pages = {Path(urlsplit(options.page).path).stem: options.page} if options.page else PAGES
    if not (options.html / "index.html").is_file():
        raise SystemExit(f"{options.html} holds no published pages; `asv publish` makes them")
    for path in draw(options.html, options.folder, pages, whole=options.whole):
        print(path)


if __name__ == "__main__":
    main()
