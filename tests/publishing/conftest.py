# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A checkout to release from."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from support.run_cache import RunCache

REPOSITORY = Path(__file__).parents[2]
NOBODY = {f"GIT_{role}_{what}": f"{what.lower()}@example.com" for role in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}


@dataclass(frozen=True)
class Checkout:
    """A repository of its own with the files of this one, committed."""

    path: Path

    def git(self, *command: str) -> str:
        """The output of a git command."""
        return self.run("git", *command).stdout.strip()

    def run(self, *command: str, check: bool = True, **environment: str) -> subprocess.CompletedProcess[str]:
        """A command in it, with this Python's environment."""
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(("GIT_", "GALAXY_"))}
        path = f"{Path(sys.executable).parent}:{inherited['PATH']}"
        return subprocess.run(
            command,
            cwd=self.path,
            env=inherited | NOBODY | {"PATH": path} | environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=900,
            check=check,
        )

    def state(self) -> Sequence[str]:
        """All that a release could change in it."""
        return self.git("show-ref", "--head"), self.git("status", "--porcelain"), self.git("stash", "list")


def commit_all_files(folder: Path) -> None:
    """Makes a repository of the files that git knows here or would add."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--deduplicate"],
        cwd=REPOSITORY,
        capture_output=True,
        check=True,
    )
    for name in listed.stdout.decode().split("\0"):
        if (source := REPOSITORY / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(source, folder / name)
    checkout = Checkout(folder)
    checkout.git("init", "--quiet", "--initial-branch=main")
    checkout.git("add", "--all")
    checkout.git("commit", "--quiet", "--message", "All of it")


@pytest.fixture
def checkout(tmp_path: Path, run_cache: RunCache) -> Checkout:
    """A checkout of its own, with the tools that are installed here already."""
    committed = run_cache.folder("committed", commit_all_files)
    Checkout(tmp_path).git("clone", "--quiet", str(committed), "checkout")
    checkout = Checkout(tmp_path / "checkout")
    checkout.git("remote", "remove", "origin")
    for name in (".venv", ".cache"):
        (checkout.path / name).symlink_to(REPOSITORY / name)
    (checkout.path / ".git" / "info").mkdir(exist_ok=True)
    (checkout.path / ".git" / "info" / "exclude").write_text("/.venv\n/.cache\n")
    return checkout


@pytest.fixture
def one_release_at_a_time() -> Iterator[None]:
    """Keeps other tests from making a release: all checkouts share .cache, and with it the folder that a release is put into."""
    (REPOSITORY / ".cache").mkdir(exist_ok=True)
    with (REPOSITORY / ".cache" / "release.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
