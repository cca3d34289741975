# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Imports from the ZIP file in which Ansible sends a module to its host, in a fraction of the time.

Before Python executes a module it asks the module's loader for the name of the file, and `zipimport` compiles the module to answer that
(CPython's issue 141276, in 3.8 to 3.14: this file is obsolete when no host has a Python without its repair). Then it compiles the module
once more. The name is in the ZIP file's directory just as well.

Up to Python 3.9 it also executes a module in a way in which Python does not see that this goes on, so that a second thread that imports
it meanwhile gets half of it.

From a ZIP file Python does not keep what it has compiled, as it does in `__pycache__`. So each run compiled 600 KB, a third of the time
that the module took, and seconds on a small NAS. It is kept here as Python would: in the user's cache folder, found by the size and the
checksum of the source, and only where `PYTHONDONTWRITEBYTECODE` does not forbid it. As it is executed, a file or folder that anybody else
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
import struct
import sys
import zipimport
import zlib
from contextlib import suppress
from importlib.abc import InspectLoader
from importlib.util import MAGIC_NUMBER
from types import CodeType
from typing import IO, Dict, Iterator, NamedTuple, Optional, Tuple

_HEAD = struct.Struct(">4sIII")
_OTHERS_MAY_WRITE = stat.S_IWGRP | stat.S_IWOTH

Source = Tuple[int, int]
"""The size and the CRC-32 of a module's source, from the ZIP file's directory: the source itself is not even unpacked."""


def cache_folder() -> str:
    """Where this user's caches of the collection lie."""
    home = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    return os.path.join(home, "photoyard.immich")


class _Kept(NamedTuple):
    """Where in the file a module's code is, as marshal writes it, and what it was compiled from."""

    source: Source
    offset: int
    length: int
    crc: int


class _CodeCache:
    """Compiled modules of this run and earlier ones. Safe to use from several threads. What cannot be read or written is done without."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._process = os.getpid()
        self._file = -1
        self._kept: Dict[str, _Kept] = {}
        self._new: Dict[str, Tuple[Source, CodeType]] = {}
        with suppress(OSError, EOFError, ValueError, TypeError):
            self._file, self._kept = _open(path)

    def code_of(self, name: str, source: Source) -> Optional[CodeType]:
        """A module's code, if it was compiled from this source."""
        kept = self._kept.get(name)
        if kept is None or kept.source != source:
            return None
        with suppress(OSError, ValueError):
            code: CodeType = marshal.loads(self._read(kept))
            return code
        return None

    def add(self, name: str, source: Source, code: CodeType) -> None:
        """Keeps it for the next run."""
        self._new[name] = source, code

    def _read(self, kept: _Kept) -> bytes:
        """What marshal wrote. Raises `OSError`, or `ValueError` if it is damaged."""
        written = os.pread(self._file, kept.length, kept.offset)
        if zlib.crc32(written) != kept.crc:
            raise ValueError("damaged")
        return written

    def _written(self) -> Iterator[Tuple[str, Source, bytes]]:
        """Each module with what marshal writes of it, one after another: together they take a megabyte or two."""
        for name, kept in self._kept.items():
            if name not in self._new:
                with suppress(OSError, ValueError):
                    yield name, kept.source, self._read(kept)
        for name, (source, code) in self._new.items():
            yield name, source, marshal.dumps(code)

    def save(self) -> None:
        """Writes the file if something is new. A process that was forked off writes nothing."""
        if not self._new or os.getpid() != self._process:
            return
        written = "%s.%s" % (self._path, os.urandom(4).hex())
        with suppress(OSError):
            os.makedirs(os.path.dirname(self._path), mode=0o700, exist_ok=True)
            try:
                with open(os.open(written, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as stream:
                    _write(stream, self._written())
                os.replace(written, self._path)
            except OSError:
                os.unlink(written)


def _write(stream: IO[bytes], codes: Iterator[Tuple[str, Source, bytes]]) -> None:
    """Python's mark with a checksum, the place and the length of the table; all codes; the table by the modules' names."""
    stream.seek(_HEAD.size)
    table = {}
    for name, source, code in codes:
        table[name] = (source, stream.tell(), len(code), zlib.crc32(code))
        stream.write(code)
    place, written = stream.tell(), marshal.dumps(table)
    stream.write(written)
    stream.seek(0)
    stream.write(_HEAD.pack(MAGIC_NUMBER, zlib.crc32(written), place, len(written)))


def _open(path: str) -> Tuple[int, Dict[str, _Kept]]:
    """The open file and its table. Raises `OSError`, or an error of marshal's for what is not whole or of another Python."""
    check_private(os.stat(os.path.dirname(path)))
    file = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
    try:
        status = os.fstat(file)
        check_private(status)
        magic, crc, place, length = _HEAD.unpack(os.read(file, _HEAD.size).ljust(_HEAD.size))
        if not stat.S_ISREG(status.st_mode) or magic != MAGIC_NUMBER or place + length != status.st_size:
            raise ValueError("of another Python, or damaged")
        written = os.pread(file, length, place)
        if zlib.crc32(written) != crc:
            raise ValueError("damaged")
        return file, {name: _Kept(*entry) for name, entry in marshal.loads(written).items()}
    except BaseException:
        os.close(file)
        raise


def check_private(status: os.stat_result) -> None:
    if status.st_uid != os.geteuid() or status.st_mode & _OTHERS_MAY_WRITE:
        raise PermissionError("others may write it")


_code_cache: Optional[_CodeCache] = None


class _Importer(zipimport.zipimporter, InspectLoader):  # the latter executes a module as any other loader does
    def get_filename(self, fullname: str) -> str:
        path = os.path.join(self.archive, self.prefix + fullname.rpartition(".")[2])
        return os.path.join(path, "__init__.py") if self.is_package(fullname) else path + ".py"

    def get_code(self, fullname: str) -> CodeType:
        if _code_cache is None:
            return super().get_code(fullname)
        file = self.get_filename(fullname)
        inside = os.path.relpath(file, self.archive)
        entry = zipimport._zip_directory_cache[self.archive][inside]  # type: ignore[attr-defined]  # as Python's own pkgutil does
        source = entry[3], entry[7]
        code = _code_cache.code_of(fullname, source)
        if code is None:
            # Named as it is in the ZIP file, which lies in another folder on each run.
            code = compile(self.get_data(file), inside, "exec", dont_inherit=True)
            _code_cache.add(fullname, source, code)
        return code


def begin_loading() -> None:
    """Makes imports quick until `end_loading`. Does nothing where the collection itself is not in a ZIP file."""
    if not isinstance(globals().get("__loader__"), zipimport.zipimporter):
        return
    gc.disable()
    if not sys.dont_write_bytecode:
        global _code_cache
        python = "%s-%d" % (sys.implementation.cache_tag, sys.flags.optimize)
        _code_cache = _CodeCache(os.path.join(cache_folder(), "modules.%s.bytecode" % python))
        atexit.register(_code_cache.save)
    sys.path_hooks[:] = [_Importer if hook is zipimport.zipimporter else hook for hook in sys.path_hooks]
    for path, finder in list(sys.path_importer_cache.items()):
        if isinstance(finder, zipimport.zipimporter):
            del sys.path_importer_cache[path]


def end_loading() -> None:
    """Keeps what has been loaded out of the searches for garbage from now on."""
    gc.freeze()
    gc.enable()
