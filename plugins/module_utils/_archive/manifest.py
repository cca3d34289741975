# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The manifest of an archive: which photos and videos it has, and what was written of each.

Lines of JSON that are only ever added to, so that a run can be killed at any moment: the last line may be half, all others stand. They can
be read with an editor in thirty years, on any file system, and out of a ZIP file; a database could not. A line replaces earlier ones about
the same asset. In memory there are some 200 bytes for each asset.
"""

from __future__ import annotations

import hashlib
import json
import os
from contextlib import suppress
from typing import Any, BinaryIO, Dict, List, NamedTuple, Optional, Set

from .. import _ids, _text
from .._archive_format.record import (
    FOLDER,
    FORMAT,
    LONGEST_LINE,
    LONGEST_WRITTEN,
    MANIFEST,
    SOFTWARE,
    ArchiveRecord,
    RemovedRecord,
    is_about,
    lines_of,
    parse_line,
)
from .._client import errors
from .._own_files import write_all
from .tree import ArchiveTree

PATH = "%s/%s" % (FOLDER, MANIFEST)
_FEW = 1000  # lines that are out of date and not worth a new file
_DIGEST = 8  # bytes


class Header(NamedTuple):
    """The first line: whose photos these are. `user` is an id."""

    user: str
    server: str

    @property
    def line(self) -> bytes:
        """With its end."""
        header = {"software": SOFTWARE, "immich_archive": FORMAT, "user": self.user, "server": self.server}
        return json.dumps(header, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace") + b"\n"


class Manifest:
    """An archive's manifest, read when this is made. Used by one thread.

    `damaged` counts the lines that could not be read: what they were about is found again by its checksum. `partial` has the keys of the
    assets in whose line some value could not be read.
    """

    def __init__(self, tree: ArchiveTree, owner: Header) -> None:
        """Raises `LocalFailure` for the manifest of another user, of a later version, or of somebody else."""
        self._tree = tree
        self._owner = owner
        self._file: Optional[int] = None
        self._stream: Optional[BinaryIO] = None
        self._pending: List[bytes] = []
        try:
            self._load()
        except BaseException:
            self.close()
            raise

    def __len__(self) -> int:
        return len(self._lines)

    def get(self, asset_id: str) -> Optional[ArchiveRecord]:
        """What the manifest says of an asset; None for one that it does not know."""
        at = self._lines.get(_ids.pack_id(asset_id))
        if at is None:
            return None
        with self._tree.failing(PATH, "cannot be read"):
            line = self._line_at(at)
        try:
            line_record = parse_line(line, [])
        except ValueError:
            line_record = None
        if not isinstance(line_record, ArchiveRecord):
            raise errors.LocalFailure("%s was changed by something else while it was in use." % self._name)
        return line_record

    def path_of(self, key: bytes) -> Optional[str]:
        """Where an asset lies, by its key (see `pack_id`); None for one that the manifest does not know."""
        record = self.get(_ids.unpack_id(key)) if key in self._lines else None
        return None if record is None else record.path

    def ids(self) -> List[str]:
        """The ids of all assets."""
        return [_ids.unpack_id(key) for key in self._lines]

    def missing(self, seen: _ids.CompactMap) -> List[str]:
        """The ids of the assets that are not among those that were `seen` (see `pack_id`)."""
        return [_ids.unpack_id(key) for key in self._lines if key not in seen]

    def is_taken(self, path: str) -> bool:
        """Whether a path, or one that some file system does not tell from it, belongs to an asset."""
        return _path_key(path) in self._taken

    def take(self, path: str) -> None:
        """Notes that a path belongs to an asset."""
        self._taken.add(_path_key(path))

    def add(self, record: ArchiveRecord) -> None:
        """Adds a line, or replaces what was said of the asset. It is in the file after `write`.

        Raises `LocalFailure` for a record that could not be read again as it is; `keep_record` returns none of these.
        """
        line = record.line
        if not _can_be_read(line, record):
            raise errors.LocalFailure("The manifest of the archive cannot hold what Immich says of it.")
        self._stale += _ids.pack_id(record.id) in self._lines
        self.partial.discard(_ids.pack_id(record.id))
        self._note(record, self._end)
        self._end += len(line)
        self._pending.append(line)

    def remove(self, record: ArchiveRecord) -> None:
        """Says that an asset is no longer in the archive."""
        line = RemovedRecord(record.id).line
        self._lines.pop(_ids.pack_id(record.id), None)
        self._taken.discard(_path_key(record.path))
        self._stale += 2
        self._end += len(line)
        self._pending.append(line)

    def write(self) -> None:
        """Brings the lines that were added to the disk. The files that they are about must be there already."""
        if not self._pending:
            return
        content = b"".join(self._pending)
        start = self._end - len(content)
        if self._file is None:
            self._file = self._tree.append(PATH)
        with self._tree.failing(PATH, "cannot be written"):
            try:
                os.ftruncate(self._file, start)  # behind it there may be what a run that was killed, or met a full disk, wrote in part
                os.lseek(self._file, start, os.SEEK_SET)
                write_all(self._file, content)
                os.fsync(self._file)
            except OSError:
                with suppress(OSError):  # half a line is worth nothing, and on a full disk every byte counts
                    os.ftruncate(self._file, start)
                raise
        self._pending, self._written = [], self._end

    def tidy(self) -> None:
        """Writes the file again if most of its lines are out of date, or some are damaged."""
        if self._stale <= max(_FEW, len(self._lines)) and not self.damaged:
            return
        with self._tree.new_file() as file:
            file.write(self._owner.line)
            for asset_id in self.ids():
                record = self.get(asset_id)
                if record is not None:
                    file.write(record.line)
            file.finish()
            self._tree.place(file, PATH, replace=True)
        self._tree.sync()
        self.close()
        self._load()

    def close(self) -> None:
        """Closes the file. Raises `LocalFailure` where the operating system says only then that it could not be written."""
        file, stream, self._file, self._stream = self._file, self._stream, None, None
        with self._tree.failing(PATH, "cannot be written"):
            if stream is not None:
                stream.close()
            if file is not None:
                os.close(file)

    @property
    def _name(self) -> str:
        return _text.printable(os.path.join(self._tree.path, PATH))

    def _load(self) -> None:
        self.damaged = 0
        self.partial: Set[bytes] = set()
        self._lines: Dict[bytes, int] = {}  # where in the file the line of each asset begins
        self._taken: Set[int] = set()  # digests of paths
        self._stale = 0
        self._end = 0  # the end of the last whole line, with those that are pending
        self._written = 0  # the same without those
        if self._tree.stat(PATH) is not None:
            self._stream = self._tree.read(PATH)
            with self._tree.failing(PATH, "cannot be read"):
                self._read_lines(self._stream)
            self._written = self._end
        if not self._end:
            line = self._owner.line
            self._pending, self._end = [line], len(line)

    def _read_lines(self, stream: BinaryIO) -> None:
        is_ours = is_empty = True
        for line in lines_of(stream):
            if not line.endswith(b"\n") and len(line) <= LONGEST_LINE:
                is_empty = is_empty and not line.strip(b"\0")
                break  # the last one, in the middle of which a run was killed
            is_ours = (self._take_line(line) or is_ours) if self._end else self._take_header(line)
            is_empty = False
            self._end += len(line)
        if not is_empty and not (is_ours and self._end):
            raise errors.LocalFailure(
                "%s is not the manifest of an archive, and was left unchanged. Give another folder, or move that file away." % self._name
            )

    def _take_header(self, line: bytes) -> bool:
        """Whether the line is a first line of ours. One that is damaged does no harm, if lines of ours follow."""
        try:
            document: Any = _text.parse_json(line)
        except ValueError:
            document = None
        if not is_about(document):
            self.damaged += 1
            return False
        if document["immich_archive"] > FORMAT:
            raise errors.LocalFailure(
                "The archive %s was made by a later version of this collection. Update it on this host." % _text.printable(self._tree.path)
            )
        if document.get("user") != self._owner.user:
            raise errors.LocalFailure(
                "The archive %s holds the photos of another user (on %s). Give each user, and each new server, a folder of its own."
                % (_text.printable(self._tree.path), _text.printable(str(document.get("server"))))
            )
        return True

    def _take_line(self, line: bytes) -> bool:
        unread: List[str] = []
        try:
            line_record = parse_line(line, unread)
        except ValueError:
            self.damaged += 1
            return False
        key = _ids.pack_id(line_record.id)
        self.partial.discard(key)
        if isinstance(line_record, ArchiveRecord):
            self._stale += key in self._lines
            self._note(line_record, self._end)
            if unread:
                self.partial.add(key)
        else:
            self._lines.pop(key, None)  # its path stays taken until the next run, which does no harm
            self._stale += 1
        return True

    def _note(self, record: ArchiveRecord, at: int) -> None:
        self._lines[_ids.pack_id(record.id)] = at
        self.take(record.path)

    def _line_at(self, at: int) -> bytes:
        start = self._written
        for line in self._pending:  # which are not written here: their files may not be on the disk yet
            if start == at:
                return line
            start += len(line)
        if self._stream is None:
            self._stream = self._tree.read(PATH)
        self._stream.seek(at)
        return self._stream.readline(LONGEST_LINE + 1)


def _can_be_read(line: bytes, record: ArchiveRecord) -> bool:
    try:
        return len(line) <= LONGEST_WRITTEN and parse_line(line) == record
    except ValueError:
        return False


def _path_key(path: str) -> int:
    digest = hashlib.blake2b(_text.fold(path).encode("utf-8", "replace"), digest_size=_DIGEST)
    return int.from_bytes(digest.digest(), "big")
