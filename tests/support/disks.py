# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Disks that are really full, read-only or broken: small file systems that only a test has.

Who may not mount has such tests run by a pytest of their own, in a namespace in which this user may (`run_in_namespace`).
"""

from __future__ import annotations

import errno
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import pytest

MIB = 1024 * 1024
ADVICE = {
    "ENOSPC": ("Free some space",),
    "EIO": ("Look after its disk",),
    "EACCES": ("Let the user who runs the module", "Permit that user"),
}
"""In what words a failure says what to do, by the error of the disk: one of these is in its message."""

IN_NAMESPACE = "DISKS_IN_NAMESPACE"
"""Set in the environment of the pytest that `run_in_namespace` starts."""

_NAMESPACE = ("unshare", "--user", "--map-root-user", "--mount")


class CannotMountError(Exception):
    """This user may not, or the system has no such file system."""


class Disk:
    """A file system in memory, mounted at `path`, of so many MiB, and with room for so many files."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._ballast = path / "ballast"

    def fill(self) -> None:
        """Leaves no byte free, whatever is deleted of other files meanwhile."""
        with open(self._ballast, "ab", buffering=0) as ballast:
            try:
                while True:
                    ballast.write(bytes(4096))
            except OSError as exc:
                assert exc.errno == errno.ENOSPC, exc

    def fill_with_files(self) -> None:
        """Leaves room for no other file, though bytes are free."""
        self._ballast.mkdir(exist_ok=True)
        number = 0
        while True:
            try:
                (self._ballast / str(number)).touch()
            except OSError as exc:
                assert exc.errno == errno.ENOSPC, exc
                return
            number += 1

    def make_space(self) -> None:
        """Deletes all that filled it."""
        if self._ballast.is_dir():
            shutil.rmtree(self._ballast)
        else:
            self._ballast.unlink()

    def grow(self, size: int) -> None:
        """Gives it so many MiB."""
        self._remount(f"size={size}m")

    def set_read_only(self, value: bool) -> None:
        """Mounts it anew, which the system refuses as long as a file on it is open to be written."""
        self._remount("ro" if value else "rw")

    def _remount(self, option: str) -> None:
        """With this option alone: some of those that it has now may not be given in a user namespace."""
        _run("mount", "--options-mode", "ignore", "-o", f"remount,{option}", "tmpfs", str(self.path))


class BreakingDisk:
    """An ext4 in a file, mounted at `path`, which becomes read-only when the system finds an error on it, as most are set up."""

    def __init__(self, path: Path, image: Path) -> None:
        self.path = path
        self._image = image

    def mount(self) -> None:
        """Raises `CannotMountError`."""
        _run("mount", "-o", "loop,errors=remount-ro", str(self._image), str(self.path))
        if not self._trigger.exists():
            self.unmount()
            raise CannotMountError(f"there is no {self._trigger}")

    def unmount(self) -> None:
        """Whoever has a file on it open keeps it until that is closed."""
        _run("umount", "--lazy", str(self.path))

    def break_down(self) -> None:
        """The system finds an error: from now on nothing is written any more, not even to files that are open."""
        self._trigger.write_text("made by a test")
        with pytest.raises(OSError, match=r"Read-only|Input/output"):
            (self.path / "probe").write_bytes(b"x")

    def repair(self) -> None:
        """Unmounts it, has it checked, and mounts it again: what had not reached the disk is gone."""
        _run("umount", str(self.path))
        found = subprocess.run(["e2fsck", "-f", "-y", str(self._image)], capture_output=True, text=True, check=False)
        assert found.returncode in (0, 1), found.stdout + found.stderr  # 1: errors were corrected
        self.mount()

    @property
    def _trigger(self) -> Path:
        device = self.path.stat().st_dev
        name = Path(f"/sys/dev/block/{os.major(device)}:{os.minor(device)}").resolve().name
        return Path("/sys/fs/ext4") / name / "trigger_fs_error"


@contextmanager
def mounted_disk(path: Path, *, size: int = 2, files: int = 2000) -> Iterator[Disk]:
    """A disk at a path that is made. Raises `CannotMountError`."""
    path.mkdir()
    _run("mount", "-t", "tmpfs", "-o", f"size={size}m,nr_inodes={files},mode=755", "tmpfs", str(path))
    try:
        yield Disk(path)
    finally:
        _run("umount", "--lazy", str(path))


@contextmanager
def mounted_breaking_disk(path: Path, *, size: int = 16) -> Iterator[BreakingDisk]:
    """The same of one that can break down."""
    path.mkdir()
    image = path.with_suffix(".img")
    with open(image, "wb") as file:
        file.truncate(size * MIB)
    _run("mkfs.ext4", "-q", "-F", "-m", "0", str(image))
    disk = BreakingDisk(path, image)
    disk.mount()
    try:
        yield disk
    finally:
        disk.unmount()
        image.unlink()


def run_in_namespace(item: pytest.Item) -> pytest.TestReport | None:
    """Runs a test in a namespace in which this user may mount, and returns its report. None where the test may as well run here: this
    process may mount, or nothing helps."""
    if IN_NAMESPACE in os.environ or _may_mount() or not _may_mount(*_NAMESPACE):
        return None
    with tempfile.TemporaryDirectory() as base:
        command = [*_NAMESPACE, sys.executable, "-m", "pytest", "-n", "0", "-rs", f"--basetemp={base}/test", item.nodeid]
        environment = {**os.environ, IN_NAMESPACE: "1"}
        found = subprocess.run(command, cwd=item.config.rootpath, env=environment, capture_output=True, text=True, check=False)
    output = found.stdout + found.stderr
    skipped = re.search(r"^SKIPPED .*?: (.*)$", output, re.MULTILINE)
    if found.returncode == 0 and skipped:
        path, line, _name = item.location
        return pytest.TestReport(item.nodeid, item.location, {}, "skipped", (path, line or 0, skipped[1]), "call")
    if found.returncode:
        return pytest.TestReport(item.nodeid, item.location, {}, "failed", output, "call")
    return pytest.TestReport(item.nodeid, item.location, {}, "passed", None, "call")


@cache
def _may_mount(*before: str) -> bool:
    with tempfile.TemporaryDirectory() as folder:
        script = f"mount -t tmpfs tmpfs {folder} && umount {folder}"
        return subprocess.run([*before, "sh", "-c", script], capture_output=True, check=False).returncode == 0


def _run(*command: str) -> None:
    environment = {**os.environ, "LC_ALL": "C", "PATH": f"{os.environ['PATH']}:/usr/sbin:/sbin"}
    try:
        found = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    except FileNotFoundError as exc:
        raise CannotMountError(f"there is no {command[0]}") from exc
    if found.returncode:
        raise CannotMountError(f"{' '.join(command)}: {found.stderr.strip()}")
