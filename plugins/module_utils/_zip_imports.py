# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Imports from the ZIP file in which Ansible sends a module to its host, in a fraction of the time.

Before Python executes a module it asks the module's loader for the name of the file, and `zipimport` compiles the module to answer that
(CPython's issue 141276, in 3.8 to 3.14: this file is obsolete when no host has a Python without its repair). Then it compiles the module
once more. The name is in the ZIP file's directory just as well.

Up to Python 3.9 it also executes a module in a way in which Python does not see that this goes on, so that a second thread that imports
it meanwhile gets half of it.

From a ZIP file Python does not keep what it has compiled, as it does in `__pycache__`. So each run compiled 600 KB, a third of the time
that the module took, and seconds on a small NAS. It is kept here as Python would: in the user's cache folder, found by a hash of the
source as in PEP 552, and only where `PYTHONDONTWRITEBYTECODE` does not forbid it. As it is executed, a file or folder that anybody else
may write is not read.

Loading makes many objects, of which next to none is garbage. Without Python's search for unused cycles of them, and without those objects
in the searches that follow, an upload of 1,000 files that are there already takes 2 % less processor time.
"""

from __future__ import annotations

import atexit
import gc
import marshal
import os
import stat
import sys
import zlib
from contextlib import suppress
from importlib.abc import InspectLoader
from importlib.util import MAGIC_NUMBER, source_hash
from types import CodeType
from typing import Dict, Optional, Tuple
from zipimport import zipimporter

_LARGEST = 32 * 1024**2  # bytes. All modules together take 2 MiB.
_OTHERS_MAY_WRITE = stat.S_IWGRP | stat.S_IWOTH


def cache_folder() -> str:
    """Where this user's caches of the collection lie."""
    home = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    return os.path.join(home, "selfhosted.immich")


class _CodeCache:
    """Compiled modules of this run and earlier ones. Safe to use from several threads. What cannot be read or written is done without."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._process = os.getpid()
        self._codes: Dict[str, Tuple[bytes, bytes]] = {}  # by the module's name: the hash of its source, and what marshal makes of its code
        self._is_complete = True
        with suppress(OSError, EOFError, ValueError, TypeError):
            self._codes = _read(path)

    def code_of(self, name: str, source: bytes, file: str) -> CodeType:
        """A module's code, compiled if need be. Raises `SyntaxError`."""
        digest = source_hash(source)
        known, kept = self._codes.get(name, (b"", b""))
        if known == digest:
            code: CodeType = marshal.loads(kept)
            return code
        code = compile(source, file, "exec", dont_inherit=True)
        self._codes[name] = digest, marshal.dumps(code)
        self._is_complete = False
        return code

    def save(self) -> None:
        """Writes the file if something is new. A process that was forked off writes nothing."""
        if self._is_complete or os.getpid() != self._process:
            return
        body = marshal.dumps(self._codes)
        written = "%s.%s" % (self._path, os.urandom(4).hex())
        with suppress(OSError):
            os.makedirs(os.path.dirname(self._path), mode=0o700, exist_ok=True)
            try:
                with open(os.open(written, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as stream:
                    stream.write(MAGIC_NUMBER + zlib.crc32(body).to_bytes(4, "big") + body)
                os.replace(written, self._path)
            except OSError:
                os.unlink(written)


def _read(path: str) -> Dict[str, Tuple[bytes, bytes]]:
    """The codes in a file. Raises `OSError`, or an error of marshal's for what is not whole or of another Python."""
    _check_private(os.stat(os.path.dirname(path)))
    with open(os.open(path, os.O_RDONLY | os.O_NOFOLLOW), "rb") as stream:
        status = os.fstat(stream.fileno())
        _check_private(status)
        if not stat.S_ISREG(status.st_mode) or status.st_size > _LARGEST:
            raise ValueError("not a cache")
        header, body = stream.read(len(MAGIC_NUMBER) + 4), stream.read()
    if header != MAGIC_NUMBER + zlib.crc32(body).to_bytes(4, "big"):
        raise ValueError("of another Python, or damaged")
    codes: Dict[str, Tuple[bytes, bytes]] = marshal.loads(body)
    return codes


def _check_private(status: os.stat_result) -> None:
    if status.st_uid != os.geteuid() or status.st_mode & _OTHERS_MAY_WRITE:
        raise PermissionError("others may write it")


_code_cache: Optional[_CodeCache] = None


class _Importer(zipimporter, InspectLoader):  # the latter executes a module as any other loader does
    def get_filename(self, fullname: str) -> str:
        path = os.path.join(self.archive, self.prefix + fullname.rpartition(".")[2])
        return os.path.join(path, "__init__.py") if self.is_package(fullname) else path + ".py"

    def get_code(self, fullname: str) -> CodeType:
        if _code_cache is None:
            return super().get_code(fullname)
        file = self.get_filename(fullname)
        # Named as it is in the ZIP file, which lies in another folder on each run.
        return _code_cache.code_of(fullname, self.get_data(file), os.path.relpath(file, self.archive))


def begin_loading() -> None:
    """Makes imports quick until `end_loading`. Does nothing where the collection itself is not in a ZIP file."""
    if not isinstance(globals().get("__loader__"), zipimporter):
        return
    gc.disable()
    if not sys.dont_write_bytecode:
        global _code_cache
        python = "%s-%d" % (sys.implementation.cache_tag, sys.flags.optimize)
        _code_cache = _CodeCache(os.path.join(cache_folder(), "modules.%s.bytecode" % python))
        atexit.register(_code_cache.save)
    sys.path_hooks[:] = [_Importer if hook is zipimporter else hook for hook in sys.path_hooks]
    for path, finder in list(sys.path_importer_cache.items()):
        if isinstance(finder, zipimporter):
            del sys.path_importer_cache[path]


def end_loading() -> None:
    """Keeps what has been loaded out of the searches for garbage from now on."""
    gc.freeze()
    gc.enable()
