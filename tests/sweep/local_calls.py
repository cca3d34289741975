# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Calls of the operating system about files below a folder: watched, let fail, and undone as by a power failure.

While `watched` is entered, functions of `os`, and `open`, are replaced by ones that ask a watcher first; other files are not its matter.
What C code does by itself is not seen: SQLite's own files, for one.
"""

from __future__ import annotations

import builtins
import errno
import io
import os
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from sweep.replacing import replaced

OPEN, READ, WRITE, FSYNC, RENAME, LINK, UNLINK = "open", "read", "write", "fsync", "rename", "link", "unlink"
STAT, MKDIR, SCANDIR = "stat", "mkdir", "scandir"

ERRORS = {
    "ENOSPC": frozenset((OPEN, WRITE, FSYNC, RENAME, LINK, MKDIR)),
    "EIO": frozenset((OPEN, READ, WRITE, FSYNC, RENAME, LINK, UNLINK, STAT, MKDIR, SCANDIR)),
    "EACCES": frozenset((OPEN, RENAME, LINK, UNLINK, STAT, MKDIR, SCANDIR)),
}
"""Which calls may fail with which error: of those that open a file, a full disk refuses only the ones that may make it."""


class Call(NamedTuple):
    """One call. `path` is what it makes, changes or looks at, and `old` what a rename or a link begins with."""

    name: str
    path: str
    old: str = ""
    makes: bool = False
    """Of `open`: whether it may make a file."""


class Watcher(Protocol):
    """What is asked about each call."""

    def around(self, call: Call, carry_out: Callable[[], Any]) -> Any:
        """Returns what `carry_out` returns, or raises an `OSError`."""


def may_fail(call: Call, error: str) -> bool:
    """Whether a call may fail with an error of `ERRORS`."""
    return call.name in ERRORS[error] and (error != "ENOSPC" or call.name != OPEN or call.makes)


class Counting:
    """A watcher that counts the calls that may fail, by the errors of `ERRORS`."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self._lock = threading.Lock()

    def around(self, call: Call, carry_out: Callable[[], Any]) -> Any:
        with self._lock:
            self.counts.update(error for error in ERRORS if may_fail(call, error))
        return carry_out()


class Failing:
    """A watcher that has call number N, of those that may fail with an error of `ERRORS`, fail with it. `failed` is that call."""

    def __init__(self, error: str, number: int) -> None:
        self.failed: Call | None = None
        self._error = error
        self._left = number
        self._lock = threading.Lock()

    def around(self, call: Call, carry_out: Callable[[], Any]) -> Any:
        if may_fail(call, self._error):
            with self._lock:
                self._left -= 1
                if self._left == 0:
                    self.failed = call
                    code = getattr(errno, self._error)
                    raise OSError(code, os.strerror(code), call.path)
        return carry_out()


class Broken:
    """A watcher that has each call of a name about one file or folder fail with an error of `ERRORS`."""

    def __init__(self, error: str, name: str, path: Path) -> None:
        self._code = getattr(errno, error)
        self._what = name, str(path)

    def around(self, call: Call, carry_out: Callable[[], Any]) -> Any:
        if (call.name, call.path) == self._what:
            raise OSError(self._code, os.strerror(self._code), call.path)
        return carry_out()


class Unsynced:
    """A watcher that knows how to undo what is not on the disk yet: a journal of what was done since the last fsync of a file, or of the
    folder that it is in. `lose` undoes it, the last first, as a power failure may do it, and lets nobody do anything after that.

    This is the worst that POSIX allows but for one thing: what was done later is never kept without what was done before, in other folders
    too. Journaling file systems keep that order. New folders stay, as they do once a file in them is synced.
    """

    def __init__(self, aside: Path) -> None:
        """`aside` is a folder on the same file system, for what is to be brought back."""
        aside.mkdir()
        self._aside = aside
        self._pid = os.getpid()  # of a child that is forked, such as a guard, nothing is undone
        self._lock = threading.RLock()
        self._journal: list[_Step] = []
        self._kept = 0

    def around(self, call: Call, carry_out: Callable[[], Any]) -> Any:
        if os.getpid() != self._pid:
            return carry_out()
        with self._lock:
            step = self._step_before(call)
            result = carry_out()
            if step is not None:
                self._journal.append(step)
            if call.name == FSYNC:
                self._journal = [step for step in self._journal if step.belongs_to != call.path]
            elif call.name == RENAME:
                self._follow(call.old, call.path)
            return result

    def lose(self) -> None:
        """Undoes it. The caller ends the process."""
        self._lock.acquire()
        for step in reversed(self._journal):
            with suppress(OSError):
                step.undo()

    def _step_before(self, call: Call) -> _Step | None:
        folder, path = os.path.dirname(call.path), call.path
        if call.name == OPEN and call.makes and not _exists(path):
            return _Step(folder, lambda: _REAL["unlink"](path))
        if call.name == WRITE and _exists(path) and not any(step.belongs_to == path for step in self._journal):
            return _Written(path)
        if call.name in (RENAME, LINK):
            kept = self._keep(path)
            return _Step(folder, lambda: self._take_back(call, kept))
        if call.name == UNLINK and _exists(path):
            kept = self._keep(path)
            return _Step(folder, lambda: self._bring_back(kept, path))
        return None

    def _keep(self, path: str) -> str:
        """A second name for a file; empty where there is none."""
        if not _exists(path):
            return ""
        self._kept += 1
        kept = str(self._aside / str(self._kept))
        _REAL["link"](path, kept, follow_symlinks=False)
        return kept

    def _take_back(self, call: Call, kept: str) -> None:
        if call.name == RENAME:
            _REAL["rename"](call.path, call.old)
            self._follow(call.path, call.old)
        else:
            _REAL["unlink"](call.path)
        self._bring_back(kept, call.path)

    def _bring_back(self, kept: str, path: str) -> None:
        if kept:
            _REAL["rename"](kept, path)

    def _follow(self, old: str, new: str) -> None:
        """What was written to a file and not synced goes with its name."""
        for step in self._journal:
            if isinstance(step, _Written) and step.belongs_to == old:
                step.belongs_to = new


class _Step:
    """`belongs_to` is the file or the folder whose fsync makes it durable."""

    def __init__(self, belongs_to: str, undo: Callable[[], object]) -> None:
        self.belongs_to = belongs_to
        self._undo = undo

    def undo(self) -> None:
        self._undo()


class _Written(_Step):
    """What is written to a file, which had these bytes before."""

    def __init__(self, path: str) -> None:
        super().__init__(path, self._restore)
        with _REAL["io.open"](path, "rb") as stream:
            self._before = stream.read()

    def _restore(self) -> None:
        with _REAL["io.open"](self.belongs_to, "wb") as stream:
            stream.write(self._before)


def _exists(path: str) -> bool:
    try:
        _REAL["lstat"](path)
    except OSError:
        return False
    return True


#: The functions as they are, by their names.
_REAL: dict[str, Callable[..., Any]] = {
    **{name: getattr(os, name) for name in ("open", "write", "pwrite", "ftruncate", "fsync", "rename", "replace", "link", "unlink")},
    **{name: getattr(os, name) for name in ("remove", "stat", "lstat", "readlink", "read", "pread", "mkdir", "scandir", "listdir")},
    "io.open": io.open,
}


@contextmanager
def watched(folder: Path, watcher: Watcher) -> Iterator[None]:
    """Asks the watcher about each call on files below the folder."""
    patched = _Patched(os.path.realpath(folder), watcher)
    streams = [(module, "open", patched.open_stream) for module in (builtins, io)]
    with replaced([*((os, name, function) for name, function in patched.functions().items()), *streams]):
        yield


class _Patched:
    """The functions that take the place of those of `os`."""

    def __init__(self, folder: str, watcher: Watcher) -> None:
        self._folder = folder
        self._watcher = watcher

    def functions(self) -> dict[str, Callable[..., Any]]:
        """By their names in `os`."""
        return {
            "open": self.open,
            **{name: self._about_descriptor(READ, _REAL[name]) for name in ("read", "pread")},
            **{name: self._about_descriptor(WRITE, _REAL[name]) for name in ("write", "pwrite", "ftruncate")},
            "fsync": self._about_descriptor(FSYNC, _REAL["fsync"]),
            **{name: self._about_two(RENAME, _REAL[name]) for name in ("rename", "replace")},
            "link": self._about_two(LINK, _REAL["link"]),
            **{name: self._about_path(UNLINK, _REAL[name]) for name in ("unlink", "remove")},
            **{name: self._about_path(STAT, _REAL[name]) for name in ("stat", "lstat")},
            "mkdir": self._about_path(MKDIR, _REAL["mkdir"]),
            **{name: self._about_folder(SCANDIR, _REAL[name]) for name in ("scandir", "listdir")},
        }

    def open(self, path: Any, flags: int, mode: int = 0o777, *, dir_fd: int | None = None) -> Any:
        """As `os.open`."""
        call = Call(OPEN, self._path_of(path, dir_fd), makes=bool(flags & os.O_CREAT))
        return self._ask(call, lambda: _REAL["open"](path, flags, mode, dir_fd=dir_fd))

    def open_stream(self, file: Any, mode: str = "r", buffering: int = -1, *rest: Any, **options: Any) -> Any:
        """As `open`: what is read or written by a stream of bytes is asked about, too."""
        if not (isinstance(file, int) and "b" in mode and self._is_inside(self._path_of(file))):
            return _REAL["io.open"](file, mode, buffering, *rest, **options)
        raw = _Stream(file, mode.replace("b", ""), **options)
        raw.watched_by, raw.path = self._watcher, self._path_of(file)
        if buffering == 0:
            return raw
        if "+" in mode:
            return io.BufferedRandom(raw)
        return io.BufferedReader(raw) if "r" in mode else io.BufferedWriter(raw)

    def _about_descriptor(self, name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        return lambda descriptor, *rest: self._ask(Call(name, self._path_of(descriptor)), lambda: real(descriptor, *rest))

    def _about_path(self, name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def act(path: Any, *rest: Any, dir_fd: int | None = None, **options: Any) -> Any:
            return self._ask(Call(name, self._path_of(path, dir_fd)), lambda: real(path, *rest, dir_fd=dir_fd, **options))

        return act

    def _about_folder(self, name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        return lambda path=".": self._ask(Call(name, self._path_of(path)), lambda: real(path))

    def _about_two(self, name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def act(old: Any, new: Any, *, src_dir_fd: int | None = None, dst_dir_fd: int | None = None, **options: Any) -> Any:
            call = Call(name, self._path_of(new, dst_dir_fd), old=self._path_of(old, src_dir_fd))
            return self._ask(call, lambda: real(old, new, src_dir_fd=src_dir_fd, dst_dir_fd=dst_dir_fd, **options))

        return act

    def _ask(self, call: Call, carry_out: Callable[[], Any]) -> Any:
        return self._watcher.around(call, carry_out) if self._is_inside(call.path) else carry_out()

    def _is_inside(self, path: str) -> bool:
        return path == self._folder or path.startswith(self._folder + "/")

    def _path_of(self, path: Any, dir_fd: int | None = None) -> str:
        """The whole path; empty for a descriptor of something else than a file."""
        if isinstance(path, int):
            with suppress(OSError):
                return str(_REAL["readlink"](f"/proc/self/fd/{path}"))
            return ""
        text = os.fsdecode(path)
        return os.path.normpath(os.path.join(self._path_of(dir_fd) if dir_fd is not None else os.getcwd(), text))


class _Stream(io.FileIO):
    """A file whose reading and writing a watcher is asked about."""

    watched_by: Watcher
    path: str

    def read(self, size: int | None = -1, /) -> bytes:
        content: bytes = self.watched_by.around(Call(READ, self.path), lambda: super(_Stream, self).read(-1 if size is None else size))
        return content

    def readall(self) -> bytes:
        content: bytes = self.watched_by.around(Call(READ, self.path), lambda: super(_Stream, self).readall())
        return content

    def readinto(self, buffer: Any, /) -> int:
        size: int = self.watched_by.around(Call(READ, self.path), lambda: super(_Stream, self).readinto(buffer))
        return size

    def write(self, data: Any, /) -> int:
        written: int = self.watched_by.around(Call(WRITE, self.path), lambda: super(_Stream, self).write(data))
        return written
