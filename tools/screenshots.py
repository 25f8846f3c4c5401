"""Take screenshots of the published pages: `python -m tools.screenshots FOLDER` starts headless Chromium.

It writes a file NAME-SCREEN-SCHEME.png for each page, each screen (wide and phone) and each colour scheme (light and
dark). The screenshots in docs/images are made with this command.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import Browser, sync_playwright

from tools.browser import NO_BROWSER, find
from tools.serving import served

PAGES = {
    "cost": "cost.html",
    "changes": "changes.html",
    "grid": "index.html#/",
    "list": "index.html#/summarylist",
    "regressions": "index.html#/regressions",
}
#: Width and height in CSS pixels. A wide screenshot stays readable at the width of a README.
SCREENS = {"wide": (1000, 820), "phone": (390, 844)}
#: Image pixels for each CSS pixel.
SCALE = 2
SCHEMES = ("light", "dark")


def draw(html: Path, folder: Path, pages: dict[str, str], *, whole: bool) -> list[Path]:
    """Take a screenshot of each page on each screen in each scheme: the `whole` page or only its first screen."""
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
    context = browser.new_context(
        viewport={"width": width, "height": height},
        device_scale_factor=SCALE,
        color_scheme=scheme,  # type: ignore[arg-type]
    )
    page = context.new_page()
    page.goto(address)
    page.wait_for_load_state("networkidle")
    page.screenshot(path=path, full_page=whole)
    context.close()


def main() -> None:
    """Take the screenshots and print the names of their files."""
    parser = argparse.ArgumentParser(prog="python -m tools.screenshots", description=__doc__)
    parser.add_argument("folder", type=Path, metavar="FOLDER", help="the folder for the screenshots")
    parser.add_argument(
        "--html",
        type=Path,
        default=Path(__file__).parents[1] / ".asv" / "html",
        help="the folder that asv publish has written",
    )
    parser.add_argument("--page", help="take only this page, such as cost.html#quantity=memory")
    parser.add_argument("--whole", action="store_true", help="take the whole page instead of its first screen")
    options = parser.parse_args()
    pages = {Path(urlsplit(options.page).path).stem: options.page} if options.page else PAGES
    if not (options.html / "index.html").is_file():
        raise SystemExit(f"{options.html} has no index.html: run `asv publish` first")
    for path in draw(options.html, options.folder, pages, whole=options.whole):
        print(path)


if __name__ == "__main__":
    main()
