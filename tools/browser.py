"""Install the programs that the tests of the pages need, a browser and npm: `python -m tools.browser`.

An installed browser or npm is used as it is. Otherwise apt-get installs it, as root or through `sudo -n`. If that
fails, Playwright downloads a browser. Each step has a time limit. The exit status is 1 if a program is still missing:
pytest then skips the tests that need it and says so in its last lines.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import IO

#: Commands that start Chromium or Google Chrome; Playwright can control both.
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
LOG = Path(".asv", "logs", "browser.log")
#: Seconds for apt-get or a download, and for a program to print its version.
INSTALL_SECONDS, ANSWER_SECONDS = 600.0, 30.0
COMMAND = ".venv/bin/python -m tools.browser"
NO_BROWSER = f"no browser starts here; install Chromium or Google Chrome, or run `{COMMAND}`"
NO_NPM = f"npm was not found; install Node.js with npm, or run `{COMMAND}`"


def find() -> Path | None:
    """The browser that is installed, else the one that Playwright has downloaded; None if none starts."""
    return _first_that_starts([shutil.which(name) for name in NAMES]) or _first_that_starts([downloaded()])


def find_npm() -> Path | None:
    """The npm that is installed; None if it does not start."""
    return _first_that_starts([shutil.which("npm")])


def _first_that_starts(programs: list[str | None]) -> Path | None:
    """The first program that prints its version: Ubuntu's chromium-browser may be a script without a browser."""
    for program in filter(None, programs):
        try:
            answer = subprocess.run([program, "--version"], capture_output=True, check=False, timeout=ANSWER_SECONDS)
        except (OSError, subprocess.TimeoutExpired):
            continue
        if answer.returncode == 0:
            return Path(program)
    return None


def downloaded() -> str | None:
    """The file that Playwright would start, whether or not it was downloaded; None without Playwright."""
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        return None
    with sync_playwright() as playwright:
        return playwright.chromium.executable_path


def get_browser() -> Path | None:
    """Find a browser, or install one; print a sentence for each step."""
    found = find()
    if not found and _apt_get("chromium"):
        found = find()
    if not found:
        print("Playwright downloads Chromium.", flush=True)
        if _succeeds([sys.executable, "-m", "playwright", "install", "chromium"]):
            found = find()
    print(f"The tests of the pages use {found}." if found else f"Not installed: {NO_BROWSER}.", flush=True)
    return found


def get_npm() -> Path | None:
    """Find npm, or install it; print a sentence if it was missing."""
    found = find_npm()
    if not found:
        found = find_npm() if _apt_get("npm") else None
        print(f"npm was installed: {found}." if found else f"Not installed: {NO_NPM}.", flush=True)
    return found


def _apt_get(package: str) -> bool:
    """Whether apt-get has installed a Debian or Ubuntu package; False if this user may not install any."""
    if not shutil.which("apt-get"):
        return False
    root = [] if os.geteuid() == 0 else ["sudo", "-n"]
    if root and not (shutil.which("sudo") and _succeeds([*root, "true"], quiet=True)):
        print(f"Installing {package} needs root: this user is not root and sudo asks for a password.", flush=True)
        return False
    print(f"apt-get installs {package}.", flush=True)
    command = [*root, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get"]
    return _succeeds([*command, "update"]) and _succeeds(
        [*command, "install", "-y", "--no-install-recommends", package]
    )


def _succeeds(command: list[str], *, quiet: bool = False) -> bool:
    """Run a command with its output in the log, print its first error if it fails, and return whether it succeeded."""
    LOG.parent.mkdir(parents=True, exist_ok=True)
    with LOG.open("a+", encoding="utf-8", errors="replace") as log:
        start = log.seek(0, os.SEEK_END)
        failure = _failure(command, log)
        log.seek(start)
        said = [line.strip() for line in log if line.strip()]
    if failure and not quiet:
        errors = [line for line in said if line.startswith(("E:", "Error:"))] or said  # of apt-get, Playwright
        reason = f": {errors[0]}" if errors else ""
        print(f"{' '.join(command[-3:])} {failure}{reason} (log: {LOG})", flush=True)
    return failure is None


def _failure(command: list[str], log: IO[str]) -> str | None:
    """Run a command; return how it failed, or None. After the time limit, kill it and all processes it started."""
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True) as process:
        try:
            status = process.wait(INSTALL_SECONDS)
        except subprocess.TimeoutExpired:
            with contextlib.suppress(PermissionError):  # sudo's process belongs to root
                os.killpg(process.pid, signal.SIGKILL)
            return f"did not end within {INSTALL_SECONDS:g} s"
    return f"ended with status {status}" if status else None


if __name__ == "__main__":
    found = [get_npm(), get_browser()]
    sys.exit(0 if all(found) else 1)
