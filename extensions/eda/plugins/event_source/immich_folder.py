# SPDX-FileCopyrightText: Copyright 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+
# (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The event source `immich_folder`.

ansible-rulebook runs this file alone, so it imports nothing of the collection.
"""

from __future__ import annotations

import asyncio
import fnmatch
import json
import logging
import os
import re
import stat
import sys
import threading
import time
from array import array
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

DOCUMENTATION = r"""
---
short_description: Tell when a folder of photos has new files and nobody writes to it any more
description:
  - Looks at a folder again and again, and sends one event when it has new or changed files and
    nothing in it has changed for a while, so that what is being copied is complete.
  - What lies in the folder at the start counts as new. Uploading it again changes nothing, and so
    nothing is missed while the rulebook does not run. Files that are deleted, moved out or come
    back unchanged send no event.
  - Files and folders whose names begin with a dot, and folders whose names begin with C(@) or C(#),
    in which a NAS keeps its own files, are ignored. Symbolic links are not followed.
  - The folder is polled, so that network file systems (NFS, SMB) work too. Per file, 24 bytes of
    memory are used while the folder is searched and 8 bytes in between.
version_added: 1.0.0
options:
  path:
    description:
      - The folder, as an absolute path on the machine on which ansible-rulebook runs.
    type: str
    required: true
  recursive:
    description:
      - Whether to search subfolders.
    type: bool
    default: true
  include:
    description:
      - Globs. A file must match at least one of them. An empty list means every file.
      - A glob that contains a C(/) is matched against the path relative to O(path), any other
        against the name. Case is ignored.
    type: list
    elements: str
    default: []
  exclude:
    description:
      - Globs of files and folders to ignore, matched like O(include). A glob that ends in C(/)
        matches only folders.
    type: list
    elements: str
    default: []
  quiet:
    description:
      - For how many seconds nothing must have changed.
    type: float
    default: 60
  delay:
    description:
      - How many seconds to wait between two looks at the folder, more than 0.
    type: float
    default: 10
notes:
  - The event is C(immich_folder), a dictionary. With C(state=quiet) it has C(path), C(new_files),
    C(bytes) (of the new files) and C(quiet_for) (seconds). When the folder cannot be read, for
    example because it is not mounted, one event with C(state=unreadable) has C(path) and
    C(message), and the source goes on looking.
  - ansible-rulebook cannot pass on emoji and other characters beyond the Unicode number FFFF. In
    C(path) they are replaced with question marks, so give a playbook the path itself if it has any.
"""

EXAMPLES = r"""
- name: Upload
  hosts: all
  sources:
    - photoyard.immich.immich_folder:
        path: /volume1/photo/incoming
        quiet: 120
  rules:
    - name: Photos have arrived
      condition: event.immich_folder.state == "quiet"
      action:
        run_playbook:
          name: photoyard.immich.upload
          extra_vars:
            immich_upload_src: ["{{ event.immich_folder.path }}"]
"""

LOGGER = logging.getLogger("photoyard.immich.immich_folder")

Event = dict[str, Any]

_ADDED_BY_RULEBOOK = "eda_feedback_queue"
_BUCKETS = 256
_64_BITS = (1 << 64) - 1
_LONGEST = 31622400  # seconds


class Options(NamedTuple):
    """The arguments; times in seconds."""

    path: str
    recursive: bool
    include: Sequence[str]
    exclude: Sequence[str]
    quiet: float
    delay: float

    @classmethod
    def of(cls, args: Mapping[str, Any]) -> Options:
        """Read the arguments. Raises `ValueError` that says which one is wrong, and how."""
        unknown = sorted(set(args) - set(cls._fields) - {_ADDED_BY_RULEBOOK})
        if unknown:
            known = ", ".join(cls._fields)
            message = f"immich_folder has no argument {', '.join(unknown)}. It has {known}."
            raise ValueError(message)
        path = args.get("path")
        if not isinstance(path, str) or not Path(path).is_absolute() or not _can_be_named(path):
            message = "path must be the absolute path of a folder."
            raise ValueError(message)
        return cls(
            path,
            _flag(args, "recursive", default=True),
            _globs(args, "include"),
            _globs(args, "exclude"),
            _seconds(args, "quiet", 60, 0),
            _seconds(args, "delay", 10, 0.01),
        )


def _can_be_named(path: str) -> bool:
    try:
        return b"\0" not in os.fsencode(path)
    except UnicodeEncodeError:
        return False


def _flag(args: Mapping[str, Any], name: str, *, default: bool) -> bool:
    value = args.get(name, default)
    if value is not True and value is not False:
        message = f"{name} must be true or false."
        raise ValueError(message)
    return value


def _globs(args: Mapping[str, Any], name: str) -> list[str]:
    value = args.get(name, [])
    if not isinstance(value, list) or not all(isinstance(glob, str) for glob in value):
        message = f"{name} must be a list of globs."
        raise ValueError(message)
    return value


def _seconds(args: Mapping[str, Any], name: str, default: float, least: float) -> float:
    value = args.get(name, default)
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if not is_number or not least <= value <= _LONGEST:
        message = f"{name} must be a number of seconds from {least} to {_LONGEST}."
        raise ValueError(message)
    return float(value)


class Globs:
    """Names that are meant by globs, as the module immich_upload understands them."""

    def __init__(self, globs: Sequence[str]) -> None:
        """Compile the globs, of which those that end in a slash mean folders alone."""
        files = [glob for glob in globs if not glob.endswith("/")]
        self._files = _compiled(files)
        self._folders = _compiled(files + [glob[:-1] for glob in globs if glob.endswith("/")])

    def match_file(self, name: str, below: str) -> bool:
        """Say whether a file is meant: its name, and its path below the folder that is watched."""
        return _match(self._files, name, below)

    def match_folder(self, name: str, below: str) -> bool:
        """Say the same for a folder."""
        return _match(self._folders, name, below)


class _Expressions(NamedTuple):
    """What is matched with names, and what with paths."""

    names: re.Pattern[str] | None
    paths: re.Pattern[str] | None


def _compiled(globs: Sequence[str]) -> _Expressions:
    return _Expressions(
        _joined([glob for glob in globs if "/" not in glob]),
        _joined([glob.lstrip("/") for glob in globs if "/" in glob]),
    )


def _joined(globs: Sequence[str]) -> re.Pattern[str] | None:
    return re.compile("|".join(map(fnmatch.translate, globs)), re.IGNORECASE) if globs else None


def _match(expressions: _Expressions, name: str, below: str) -> bool:
    names, paths = expressions
    return bool((names and names.match(name)) or (paths and paths.match(below)))


class Files:
    """Which files there are: a hash and a size for each.

    Two of these have the same `sum` when they hold the same files. They lie in buckets, so that
    comparing a million of them never holds up other threads for long, nor needs much memory.
    """

    def __init__(self) -> None:
        """Begin without a file."""
        self._hashes = [array("q") for _number in range(_BUCKETS)]
        self._sizes = [array("Q") for _number in range(_BUCKETS)]
        self._count = 0
        self._total = 0

    @property
    def sum(self) -> tuple[int, int]:
        """How many files, and the sum of their hashes."""
        return self._count, self._total

    def add(self, path: str, size: int, mtime_ns: int) -> None:
        """Add a file."""
        number = hash((path, size, mtime_ns))
        bucket = number % _BUCKETS
        self._hashes[bucket].append(number)
        self._sizes[bucket].append(size)
        self._count += 1
        self._total = (self._total + number) & _64_BITS

    def new_since(self, known: Files) -> tuple[int, int]:
        """Count the files that `known` does not have, and their bytes."""
        count = size = 0
        for bucket, hashes in enumerate(self._hashes):
            old = known.hashes_in(bucket)
            for position, number in enumerate(hashes):
                if number not in old:
                    count += 1
                    size += self._sizes[bucket][position]
        return count, size

    def hashes_in(self, bucket: int) -> set[int]:
        """Copy what is in one bucket."""
        return set(self._hashes[bucket])

    def forget_sizes(self) -> None:
        """Keep only what `new_since` needs of the older one."""
        self._sizes = []


def _passed_on(path: str) -> str:
    """Return what the event says for a path.

    ansible-rulebook 1.3 fails to run a playbook for an event with an emoji in it (observed).
    """
    return "".join(
        character if character <= "\ud7ff" or "\ue000" <= character <= "\uffff" else "?"
        for character in path
    )


class StoppedError(Exception):
    """The rulebook ends."""


class Watch:
    """What is known of one folder from one look to the next."""

    def __init__(self, options: Options) -> None:
        """Begin with a folder in which everything is new."""
        self._options = options
        self._include = Globs(options.include)
        self._exclude = Globs(options.exclude)
        self._reported = Files()
        self._last: tuple[int, int] | None = None
        self._compared = self._reported.sum
        self._changed_at = 0.0
        self._message = ""
        self._unreadable = 0

    def look(self, stop: threading.Event) -> Event | None:
        """Look through the folder, which may take long, and return what there is to tell.

        Raises `StoppedError` soon after `stop` is set.
        """
        try:
            files = self._find(stop)
        except OSError as error:
            return self._say_unreadable(error)
        if self._message:
            LOGGER.warning("The folder %s can be read again.", ascii(self._options.path))
            self._message = ""
        return self.judge(files, time.monotonic())

    def judge(self, files: Files, now: float) -> Event | None:
        """Return what there is to tell when these files are there at the moment `now`.

        It is in seconds of a clock that is never set.
        """
        if files.sum != self._last:
            self._last, self._changed_at = files.sum, now
            return None
        quiet_for = now - self._changed_at
        if quiet_for < self._options.quiet or files.sum in (self._compared, self._reported.sum):
            return None
        count, size = files.new_since(self._reported)
        self._compared = files.sum
        if count == 0:
            # the files of a disk that was unmounted are not new when it is back: what was reported
            # is kept
            return None
        files.forget_sizes()
        self._reported = files
        return {
            "path": _passed_on(self._options.path),
            "state": "quiet",
            "new_files": count,
            "bytes": size,
            "quiet_for": int(quiet_for),
        }

    def _say_unreadable(self, error: OSError) -> Event | None:
        message = f"The folder cannot be read: {error.strerror or type(error).__name__}."
        if message == self._message:
            return None
        self._message = message
        LOGGER.warning("%s: %s", ascii(self._options.path), message)
        return {"path": _passed_on(self._options.path), "state": "unreadable", "message": message}

    def _find(self, stop: threading.Event) -> Files:
        """Find all files. Raises `OSError` when the folder itself cannot be read."""
        files = Files()
        folders = self._list(self._options.path, "", files, stop)
        unreadable = 0
        while folders:
            folder, below = folders.pop()
            try:
                folders += self._list(folder, below, files, stop)
            except FileNotFoundError:
                pass  # it has gone meanwhile
            except OSError:
                unreadable += 1
        if unreadable > self._unreadable:
            LOGGER.warning(
                "Folders below %s that cannot be read: %d. Files in them are not seen.",
                ascii(self._options.path),
                unreadable,
            )
        self._unreadable = unreadable
        return files

    def _list(
        self,
        folder: str,
        below: str,
        files: Files,
        stop: threading.Event,
    ) -> list[tuple[str, str]]:
        """Add the files of one folder, and return its subfolders.

        Each is a path, and a path below `Options.path` with a slash at its end.
        """
        folders = []
        with os.scandir(folder) as entries:
            for entry in entries:
                if stop.is_set():
                    raise StoppedError
                if entry.name.startswith("."):
                    continue
                if entry.is_dir(follow_symlinks=False):
                    if self._options.recursive and self._is_searched(entry.name, below):
                        folders.append((entry.path, below + entry.name + "/"))
                elif self._is_taken(entry.name, below):
                    self._add(entry, files)
        return folders

    def _is_searched(self, name: str, below: str) -> bool:
        return not name.startswith(("@", "#")) and not self._exclude.match_folder(
            name,
            below + name,
        )

    def _is_taken(self, name: str, below: str) -> bool:
        path = below + name
        is_included = not self._options.include or self._include.match_file(name, path)
        return is_included and not self._exclude.match_file(name, path)

    @staticmethod
    def _add(entry: os.DirEntry[str], files: Files) -> None:
        try:
            status = entry.stat(follow_symlinks=False)
        except FileNotFoundError:
            return  # it has gone meanwhile
        if stat.S_ISREG(status.st_mode):
            files.add(entry.path, status.st_size, status.st_mtime_ns)


async def main(queue: asyncio.Queue[Event], args: dict[str, Any]) -> None:
    """Look at the folder until it is cancelled. Raises `ValueError` for a wrong argument."""
    options = Options.of(args)
    watch = Watch(options)
    stop = threading.Event()
    try:
        while True:
            event = await asyncio.to_thread(watch.look, stop)
            if event is not None:
                await queue.put({"immich_folder": event})
            await asyncio.sleep(options.delay)
    finally:
        stop.set()


if __name__ == "__main__":

    class PrintingQueue(asyncio.Queue[Event]):
        """Shows the events, for a try without ansible-rulebook."""

        async def put(self, item: Event) -> None:
            """Show an event."""
            sys.stdout.write(f"{item}\n")

    asyncio.run(main(PrintingQueue(), json.loads(sys.argv[1])))
