"""Git commands with a time limit, and names that git cannot mistake for options."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
from collections.abc import Mapping
from pathlib import Path

from asv_verdict.system.supervised import PATIENCE
from asv_verdict.system.text import one_line

#: Time limits in seconds: for a command on this machine, and for one that contacts a remote.
LOCAL, REMOTE = 300.0, 900.0
#: The status with which git answers no. An error has another one.
NO = 1
#: A user's configuration may add colours and signatures to the output of commands.
PLAIN = ("-c", "color.ui=false", "-c", "log.showSignature=false")

#: Variables with which a git hook names its own repository. They would lead every command to that one.
HOOK_VARIABLES = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_COMMON_DIR", "GIT_OBJECT_DIRECTORY", "GIT_PREFIX")


class GitFailed(RuntimeError):
    """A git command failed."""


class GitSaidNo(GitFailed):
    """A git command exited with status 1, which is how git answers no. It may print hints or warnings as well."""


def git(
    root: Path,
    *command: str,
    given: bytes | None = None,
    seconds: float = LOCAL,
    variables: Mapping[str, str] | None = None,
) -> bytes:
    """The output of a git command in `root`, with `given` as its input and `variables` in its environment.

    Raises GitFailed if the command fails or takes more than `seconds`; its processes are ended then.
    """
    name = " ".join(word for word in command if not word.startswith("-"))
    process = subprocess.Popen(
        ["git", "-C", str(root), *PLAIN, *command],
        stdin=subprocess.DEVNULL if given is None else subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        # Nobody is there at night to type a password.
        env={"GIT_TERMINAL_PROMPT": "0", **os.environ, **(variables or {})},
        # A process group of its own can be killed with its helpers. Without a terminal, ssh asks for no password.
        start_new_session=True,
    )
    with process:
        try:
            output, errors = process.communicate(given, seconds)
        except BaseException as error:
            _end_group(process)
            if isinstance(error, subprocess.TimeoutExpired):
                raise GitFailed(f"git {name} took more than {seconds:g} seconds and was stopped") from None
            raise
    if process.returncode:
        reason = one_line(errors.decode(errors="replace"))
        failure = GitSaidNo if process.returncode == NO else GitFailed
        raise failure(f"git {name} exited with status {process.returncode}: {reason or 'git printed no reason'}")
    return output


def _end_group(process: subprocess.Popen[bytes]) -> None:
    """End git and its helpers. On SIGTERM, git removes its lock files, which would stop every later command."""
    for kind in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, kind)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(PATIENCE)


def succeeds(root: Path, *command: str) -> bool:
    """Whether git answers yes, such as to `merge-base --is-ancestor`. Raises GitFailed if it cannot answer."""
    try:
        git(root, *command)
    except GitSaidNo:
        return False
    return True


def not_an_option(kind: str, name: str) -> str:
    """The name of a `kind`, such as a remote. Raises GitFailed if it is empty or git would take it for an option."""
    if not name or name.startswith("-") or not name.isprintable():
        raise GitFailed(f"{kind} {name!r}: expected a printable name that does not begin with a dash")
    return name
