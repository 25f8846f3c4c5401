"""The regular files of a branch, read and written without a checkout: no link in it is ever followed."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from asv_verdict.vcs.git import GitFailed, git

#: The mode of a regular file in git. A link has 120000, a submodule 160000.
REGULAR = "100644"
#: The mode of one that may be executed. Code has such files; the files of the results branch do not.
EXECUTABLE = "100755"
#: The size in bytes of the largest file that is read, which is GitHub's limit, and of the largest batch of files.
LARGEST = 100 * 2**20
#: The longest name of a file, in bytes.
LONGEST_NAME = 250


@dataclass(frozen=True)
class File:
    """A file in a commit: its path, its size in bytes and the hash of its content."""

    path: str
    size: int
    content: str


def files_of(
    root: Path, commit: str, folders: Iterable[str], modes: Sequence[str] = (REGULAR,)
) -> tuple[list[File], list[str]]:
    """The files of these modes below `folders` in a commit, and a sentence for each other entry there."""
    found, sentences = [], []
    listed = git(root, "ls-tree", "-r", "-l", "-z", "--full-tree", commit, "--", *folders)
    for entry in filter(None, listed.decode(errors="replace").split("\0")):
        facts, _, path = entry.partition("\t")
        mode, _, content, size = facts.split()
        if mode not in modes:
            sentences.append(f"ignored {path!r}: it has mode {mode}, expected a regular file ({REGULAR})")
        elif not size.isdecimal():
            sentences.append(f"ignored {path!r}: this clone lacks its content")
        elif int(size) > LARGEST:
            sentences.append(f"ignored {path!r}: it has {size} bytes, expected at most {LARGEST}")
        elif not is_plain(path):
            sentences.append(f"ignored {path!r}: expected a path inside the branch with printable names")
        else:
            found.append(File(path, int(size), content))
    return found, sentences


def is_plain(path: str) -> bool:
    """Whether this is a path inside the branch, of printable names that are not too long."""
    names = path.split("/")
    if not path.isprintable() or "\ufffd" in path or {"", ".", "..", ".git"} & set(names):
        return False
    return all(len(name.encode()) <= LONGEST_NAME for name in names)


def export(root: Path, files: Iterable[File], folder: Path) -> None:
    """Write files of a commit to an empty folder."""
    for batch in _batches(files):
        given = "".join(f"{file.content}\n" for file in batch).encode()
        output, position = git(root, "cat-file", "--batch", given=given), 0
        for file in batch:
            position = output.index(b"\n", position) + 1  # after the line with the hash, the type and the size
            path = folder / file.path
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(output[position : position + file.size])
            position += file.size + 1


def _batches(files: Iterable[File]) -> Iterator[list[File]]:
    batch: list[File] = []
    for file in files:
        if batch and sum(other.size for other in batch) + file.size > LARGEST:
            yield batch
            batch = []
        batch.append(file)
    if batch:
        yield batch


def commit_folder(root: Path, parent: str, folder: Path, message: str) -> str:
    """A commit on top of `parent` in which the files of `folder` are added or replaced; `parent` if none differs."""
    paths = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    names = "".join(f"{folder / path}\n" for path in paths).encode()
    contents = git(root, "hash-object", "-w", "--no-filters", "--stdin-paths", given=names).decode().split()
    entries = "".join(f"{REGULAR} {content}\t{path}\0" for content, path in zip(contents, paths, strict=True))
    with tempfile.TemporaryDirectory() as scratch:
        index = {"GIT_INDEX_FILE": str(Path(scratch) / "index")}
        git(root, "read-tree", parent, variables=index)
        git(root, "update-index", "--add", "--replace", "-z", "--index-info", given=entries.encode(), variables=index)
        tree = git(root, "write-tree", variables=index).decode().strip()
    if tree == git(root, "rev-parse", f"{parent}^{{tree}}").decode().strip():
        return parent
    return commit_tree(root, tree, message, "-p", parent)


def commit_tree(root: Path, tree: str, message: str, *options: str) -> str:
    """A commit of a tree. Where git knows no author, such as in a container, it is asv-verdict."""
    variables: dict[str, str] = {}
    try:
        git(root, "var", "GIT_COMMITTER_IDENT")
    except GitFailed:
        for who in ("AUTHOR", "COMMITTER"):
            variables |= {f"GIT_{who}_NAME": "asv-verdict", f"GIT_{who}_EMAIL": "asv-verdict@localhost"}
    return git(root, "commit-tree", tree, *options, "-m", message, variables=variables).decode().strip()
