# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How Ansible packs a module with everything that it imports: without searches for garbage, and once for all playbooks.

Ansible parses the module and each file that it imports, and theirs, to find what else is imported: 0.3 seconds of processor time for an
upload, a quarter of a run with nothing new. What it has packed it leaves in a folder for the rest of the playbook, where it looks before it
packs (`_find_module_utils` in ansible-core's `module_common.py`, 2.16 to 2.21: `ansiballz_cache` in DEFAULT_LOCAL_TMP). Here that file is
kept in the user's cache folder, and laid there again for the next playbook.

It is laid there only if it was packed from the same files: those in the folders in which Ansible looks for imports, by their paths, sizes
and times, and the same ansible-core and Python. Python decides likewise whether `__pycache__` is up to date; and as there,
`PYTHONDONTWRITEBYTECODE` turns it off. As it is executed, a file or folder that anybody else may write is not read.
"""

from __future__ import annotations

import gc
import hashlib
import os
import stat
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any, Iterator

import ansible
from ansible import constants
from ansible.plugins.action import ActionBase
from ansible.plugins.loader import module_utils_loader
from ansible.release import __version__ as core_version

from ansible_collections.photoyard.immich.plugins.module_utils import _own_files
from ansible_collections.photoyard.immich.plugins.plugin_utils import _old_python

_COLLECTION = Path(__file__).parents[2]
_CORE = Path(ansible.__file__).parent
_PACKAGE = "ansible_collections.photoyard.immich.plugins.modules"
_DIGEST = hashlib.sha256().digest_size
_MOST = 16 * 2**20  # bytes; an upload takes 0.4 MB


class QuickPacking(ActionBase):  # type: ignore[misc]  # ansible-core has no types
    """An action that runs a module of this collection."""

    def _configure_module(self, module_name: str, module_args: Any, task_vars: Any) -> Any:
        """As any action, but out of what an earlier playbook has packed, and without Python's search for unused cycles of objects.

        Packing makes many objects, and no cycles. Each search goes through them, and writes to the memory that this process shares with
        the one that it was forked from: that is a seventh of what packing costs.
        """
        packed_module = PackedModule(module_name.rpartition(".")[2])
        packed_module.lay_out()
        gc.disable()
        try:
            configured = super()._configure_module(module_name=module_name, module_args=module_args, task_vars=task_vars)
        finally:
            gc.enable()
        packed_module.keep()
        return configured

    def _execute_module(self, *args: Any, **more: Any) -> dict[str, Any]:
        result: dict[str, Any] = super()._execute_module(*args, **more)
        return _old_python.explain(self, result, more.get("task_vars") or {}) if "module_stderr" in result else result


class PackedModule:
    """What Ansible packs of one module: a file for each kind of compression, named by Ansible.

    Where a file cannot be read or written, or ansible-core keeps them in another way, Ansible packs as usual.
    """

    def __init__(self, module: str) -> None:
        self._module = module
        self._caches = Path(_own_files.cache_folder())
        self._kept_in = self._caches / "packed"
        self._used_in = Path(constants.DEFAULT_LOCAL_TMP, "ansiballz_cache")
        self._packed_from = b""
        """The digest of what the module is packed from, as it was before that was done."""

    def lay_out(self) -> None:
        """Gives Ansible what an earlier playbook has packed, unless it has packed the module itself by now."""
        if sys.dont_write_bytecode or self._files(self._used_in):
            return
        with suppress(Exception):
            self._packed_from = self._digest_of_sources()
            _check_private(self._kept_in.stat())
            for path in self._files(self._kept_in):
                packed = _read(path, self._packed_from)
                if packed:
                    self._used_in.mkdir(exist_ok=True)
                    _own_files.write_whole(str(self._used_in / path.name), packed, durable=False)

    def keep(self) -> None:
        """Keeps what Ansible has packed just now, if it was not laid out."""
        if not self._packed_from:
            return
        with suppress(Exception):
            nearest = next(folder for folder in (self._kept_in, *self._kept_in.parents) if folder.exists())
            if nearest.stat().st_uid != os.geteuid():
                return  # as of sudo with the HOME of a user, who could not replace what is written now
            for folder in (self._caches, self._kept_in):
                os.makedirs(folder, mode=0o700, exist_ok=True)  # the mode is that of the last folder alone
            _check_private(self._kept_in.stat())
            for path in self._files(self._used_in):
                target = self._kept_in / path.name
                if not _read(target, self._packed_from):
                    packed = path.read_bytes()
                    target.unlink(missing_ok=True)  # whatever it is, such as a link
                    content = self._packed_from + hashlib.sha256(packed).digest() + packed
                    _own_files.write_whole(str(target), content, durable=False)

    def _files(self, folder: Path) -> list[Path]:
        """What Ansible has packed of the module, without its locks and what is not written to the end."""
        return [path for path in folder.glob(f"{_PACKAGE}.{self._module}-*") if path.suffix != ".lock" and not path.name.endswith("-part")]

    def _digest_of_sources(self) -> bytes:
        """Raises OSError where a folder cannot be read."""
        folders = [
            _COLLECTION / "plugins/module_utils",
            _CORE / "module_utils",
            _CORE / "_internal/_ansiballz",  # ansible-core ≥2.19
            *map(Path, module_utils_loader.print_paths().split(os.pathsep)),
        ]
        files = [
            _COLLECTION / "plugins/modules" / f"{self._module}.py",
            _COLLECTION / "meta/runtime.yml",  # may redirect imports
            _CORE / "config/ansible_builtin_runtime.yml",
            _CORE / "executor/module_common.py",  # packs
        ]
        inputs: list[object] = [core_version, sys.version]
        inputs += [_identity(str(path), path.stat()) for path in files]
        for folder in dict.fromkeys(folders):
            inputs += _identities(str(folder)) if folder.is_dir() else [str(folder)]
        return hashlib.sha256(repr(inputs).encode(errors="surrogateescape")).digest()


def _identities(folder: str) -> Iterator[object]:
    """Each file below a folder. Raises OSError, also for links to folders, which may lead in a circle."""
    with os.scandir(folder) as entries:
        for entry in sorted(entries, key=lambda path: path.name):
            if entry.is_dir(follow_symlinks=False):
                if entry.name != "__pycache__":
                    yield from _identities(entry.path)
            elif entry.is_dir():
                raise IsADirectoryError(entry.path)
            else:
                yield _identity(entry.path, entry.stat())


def _identity(path: str, status: os.stat_result) -> object:
    return path, status.st_size, status.st_mtime_ns, status.st_ctime_ns


def _check_private(status: os.stat_result) -> None:
    if status.st_uid != os.geteuid() or status.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        raise PermissionError("others may write it")


def _read(path: Path, packed_from: bytes) -> bytes:
    """What was kept; b"" for what is not there, was packed from something else, is damaged, or may be written by others."""
    with suppress(OSError), open(os.open(path, os.O_RDONLY | os.O_NOFOLLOW), "rb") as stream:
        _check_private(os.fstat(stream.fileno()))
        if stream.read(_DIGEST) == packed_from:
            expected, packed = stream.read(_DIGEST), stream.read(_MOST)
            return packed if hashlib.sha256(packed).digest() == expected else b""
    return b""
