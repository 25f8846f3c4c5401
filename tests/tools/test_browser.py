"""The browser and npm: how they are found and installed, and what pytest prints without them."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tools import browser

ROOT = Path(__file__).parents[2]
PYTHON = sys.executable
#: A program of the fake machine: it answers --version, or records its call and runs `body`.
PROGRAM = '#!/bin/sh\n[ "$1" = --version ] && exit {version}\necho "$(basename "$0") $*" >> {calls}\n{body}\n'


class Machine:
    """A machine whose PATH is one folder."""

    def __init__(self, root):
        self.path, self.calls = root / "bin", root / "calls"
        self.path.mkdir()
        self.calls.touch()

    def add(self, name, body="exit 0", version=0):
        program = self.path / name
        program.write_text(PROGRAM.format(version=version, calls=self.calls, body=body))
        program.chmod(0o755)
        return program

    def add_apt_get(self, status=0):
        """An apt-get whose `install` adds a program of the package's name."""
        for name in ("env", "basename", "cp", "touch"):
            (self.path / name).symlink_to(f"/usr/bin/{name}")
        template = self.add("template")
        body = f'[ {status} = 0 ] || {{ echo "E: no network"; exit {status}; }}\n[ "$1" = update ] && exit 0\n'
        body += f'for package; do :; done\ncp {template} "{self.path}/$package"'
        self.add("apt-get", body)

    def called(self):
        return self.calls.read_text().splitlines()


@pytest.fixture
def machine(tmp_path, monkeypatch):
    """A machine without any program, as root; its Playwright downloads nothing."""
    found = Machine(tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", str(found.path))
    monkeypatch.setattr(browser, "downloaded", lambda: None)
    monkeypatch.setattr(browser.os, "geteuid", lambda: 0)
    monkeypatch.setattr(
        browser.sys,
        "executable",
        str(found.add("python", "printf 'Downloading\\nError: no address\\n  at a.js\\n'; exit 1")),
    )
    return found


def test_no_browser(machine):
    assert browser.find() is None
    assert browser.find_npm() is None


@pytest.mark.parametrize("name", browser.NAMES)
def test_a_browser_of_any_name_is_found_and_nothing_is_installed(machine, name):
    program = machine.add(name)
    machine.add_apt_get()
    assert browser.find() == browser.get_browser() == program
    assert machine.called() == []


def test_a_script_that_starts_no_browser_is_not_found(machine):
    machine.add("chromium-browser", version=1)
    assert browser.find() is None
    assert browser.find_npm() is None


def test_a_browser_that_playwright_downloaded_earlier_is_found(machine, monkeypatch):
    program = machine.add("chrome-of-playwright")
    monkeypatch.setattr(browser, "downloaded", lambda: str(program))
    assert browser.find() == program


def test_root_installs_with_apt_get(machine, capsys):
    machine.add_apt_get()
    assert browser.get_browser() == machine.path / "chromium"
    assert browser.get_npm() == machine.path / "npm"
    assert machine.called() == [
        "apt-get update",
        "apt-get install -y --no-install-recommends chromium",
        "apt-get update",
        "apt-get install -y --no-install-recommends npm",
    ]
    assert "apt-get installs chromium." in capsys.readouterr().out


def test_another_user_installs_with_sudo(machine, monkeypatch):
    monkeypatch.setattr(browser.os, "geteuid", lambda: 1000)
    machine.add_apt_get()
    machine.add("sudo", '[ "$1" = -n ] && shift && exec "$@"')
    (machine.path / "true").symlink_to("/usr/bin/true")
    assert browser.get_browser() == machine.path / "chromium"
    assert machine.called()[0] == "sudo -n true"


@pytest.mark.parametrize("has_sudo", [False, True])
def test_a_user_without_rights_downloads_with_playwright(machine, monkeypatch, capsys, has_sudo):
    monkeypatch.setattr(browser.os, "geteuid", lambda: 1000)
    machine.add_apt_get()
    if has_sudo:
        machine.add("sudo", "echo a password is required; exit 1")
    program = machine.path / "downloaded"
    monkeypatch.setattr(browser, "downloaded", lambda: str(program))
    machine.add("python", f"cp {machine.path}/template {program}")
    assert browser.get_browser() == program
    assert machine.called()[-1] == "python -m playwright install chromium"
    assert not any(call.startswith("apt-get") for call in machine.called())
    said = capsys.readouterr().out
    assert "this user is not root and sudo asks for a password" in said
    assert f"The tests of the pages use {program}." in said


def test_if_everything_fails_each_step_is_reported(machine, capsys):
    machine.add_apt_get(status=100)
    assert browser.get_browser() is None
    assert browser.get_npm() is None
    said = capsys.readouterr().out
    assert "apt-get update ended with status 100: E: no network (log: .asv/logs/browser.log)" in said
    assert "playwright install chromium ended with status 1: Error: no address (log" in said
    assert f"Not installed: {browser.NO_BROWSER}." in said
    assert f"Not installed: {browser.NO_NPM}." in said
    assert "E: no network" in browser.LOG.read_text()


def test_a_step_that_takes_too_long_is_ended(machine, monkeypatch, capsys):
    monkeypatch.setattr(browser, "INSTALL_SECONDS", 0.1)
    (machine.path / "sleep").symlink_to("/bin/sleep")
    machine.add("python", "exec sleep 60")
    assert browser.get_browser() is None
    assert "playwright install chromium did not end within 0.1 s" in capsys.readouterr().out


def _pages_without_a_browser(tmp_path, *options, **variables):
    """Run one test of the pages on a machine without a browser."""
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-k", "works_by_keyboard", *options]
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "COV_"))}
    environment |= {"PATH": str(tmp_path), "PLAYWRIGHT_BROWSERS_PATH": str(tmp_path), "REQUIRE_BROWSER": ""}
    return subprocess.run(
        [*command, "asv-verdict/tests/site/test_pages.py"],
        cwd=ROOT,
        env=environment | variables,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("options", [(), pytest.param(("-n", "2", "--dist", "loadgroup"), marks=pytest.mark.slow)])
def test_without_a_browser_the_last_lines_name_the_skipped_tests(tmp_path, options):
    done = _pages_without_a_browser(tmp_path, *options)
    assert done.returncode == 0, done.stdout + done.stderr
    words, count = done.stdout.splitlines()[-2:]
    assert words == f"Not tested: 1 test in asv-verdict/tests/site/test_pages.py: {browser.NO_BROWSER}."
    assert "1 skipped" in count


def test_a_required_browser_that_is_missing_is_a_failure(tmp_path):
    done = _pages_without_a_browser(tmp_path, REQUIRE_BROWSER="1")
    assert done.returncode == 1
    assert f"not tested here: {browser.NO_BROWSER}" in done.stdout
    assert "1 error" in done.stdout


@pytest.mark.parametrize("has_npm", [False, True])
def test_the_status_says_whether_both_programs_are_there(machine, has_npm):
    machine.add("chromium")
    if has_npm:
        machine.add("npm")
    environment = {**os.environ, "PATH": str(machine.path), "PYTHONPATH": str(ROOT)}
    command = [PYTHON, "-m", "tools.browser"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == (0 if has_npm else 1), done.stdout
