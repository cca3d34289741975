# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What each kind of source fills in: the source, the items that it yields, and the listener that it reports to what it does not yield."""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, BinaryIO, Callable, Collection, Dict, Iterator, List, NamedTuple, Optional, Protocol, Tuple

from .. import _text
from .._client import errors
from .._run import tally
from . import facts

if TYPE_CHECKING:
    from .._media import exif
    from .._media.movie import Movie
    from . import live


class SidecarPart(NamedTuple):
    """An XMP sidecar. `path` names it to a person; `state` is what its file was when it was read, None if there is no file of its own."""

    path: str
    content: bytes
    state: Optional[Tuple[int, ...]]


LARGEST_SIDECAR = 16 * 1024 * 1024
"""Bytes: it is held in memory; real ones have a few kilobytes."""

_BLOCK = 1024 * 1024


class Listener(Protocol):
    """Receives what a source reports, as it occurs. Safe to use from all threads."""

    def skipped(self, path: str, kind: str, reason: str) -> None:
        """A file is not taken. `kind` is what it is counted as (an extension, or a word such as `trashed`), `reason` a sentence."""

    def unreadable(self, path: str, error: errors.ImmichError, *, size: Optional[int] = None) -> None:
        """A file, folder or archive cannot be read, in whole or in part. It counts as failed. `size` is in bytes, if it is known."""

    def warn(self, text: str) -> None:
        """Something a person should know that is not a failure."""


def skip_type(listener: Listener, path: str, name: str) -> None:
    """A file of this name is neither a photo or video nor says anything about one."""
    listener.skipped(path, _text.extension_of(name), "Files of this type are not uploaded.")


def fail_empty(listener: Listener, path: str) -> None:
    """A photo or video has no bytes."""
    listener.unreadable(path, errors.LocalFailure("The file is empty."), size=0)


class Forwarding(Listener):
    """Passes everything on to another listener. Subclasses look at some of it on the way."""

    def __init__(self, listener: Listener) -> None:
        self._listener = listener

    def skipped(self, path: str, kind: str, reason: str) -> None:
        self._listener.skipped(path, kind, reason)

    def unreadable(self, path: str, error: errors.ImmichError, *, size: Optional[int] = None) -> None:
        self._listener.unreadable(path, error, size=size)

    def warn(self, text: str) -> None:
        self._listener.warn(text)


class Counting(Forwarding):
    """Counts the files that are reported: those skipped in `skip_reasons`, by their kinds, and `unreadable_files`."""

    def __init__(self, listener: Listener) -> None:
        super().__init__(listener)
        self.skip_reasons: Dict[str, int] = {}
        self.unreadable_files = 0

    def skipped(self, path: str, kind: str, reason: str) -> None:
        tally.count_kind(self.skip_reasons, kind)
        super().skipped(path, kind, reason)

    def unreadable(self, path: str, error: errors.ImmichError, *, size: Optional[int] = None) -> None:
        self.unreadable_files += 1
        super().unreadable(path, error, size=size)


class UnreadFiles(Forwarding):
    """Remembers what cannot be read and may say something of pictures: metadata files, folders and archives.

    `media` are the extensions of photos and videos (lower case, with their dot), of which none says anything of another.
    """

    def __init__(self, listener: Listener, media: Collection[str]) -> None:
        super().__init__(listener)
        self._media = media
        self._count = 0
        self._first = ""

    @property
    def messages(self) -> List[str]:
        """One clause, such as "takeout-002.zip and 3 more cannot be read"; empty if all could be read."""
        if not self._count:
            return []
        more = " and %d more" % (self._count - 1) if self._count > 1 else ""
        return ["%s%s cannot be read" % (os.path.basename(self._first.rstrip("/")), more)]

    def unreadable(self, path: str, error: errors.ImmichError, *, size: Optional[int] = None) -> None:
        if _text.extension_of(path) not in self._media:
            self._count += 1
            self._first = self._first or path
        super().unreadable(path, error, size=size)


class Excluding(Forwarding):
    """Leaves out what is said of some `paths`, but for warnings."""

    def __init__(self, listener: Listener, paths: Collection[str]) -> None:
        super().__init__(listener)
        self._paths = paths

    def skipped(self, path: str, kind: str, reason: str) -> None:
        if path not in self._paths:
            super().skipped(path, kind, reason)

    def unreadable(self, path: str, error: errors.ImmichError, *, size: Optional[int] = None) -> None:
        if path not in self._paths:
            super().unreadable(path, error, size=size)


class Item(ABC):
    """A photo or video of a source as it was when it was found."""

    __slots__ = (
        *("beside", "content", "dated_by", "facts", "held", "live", "name", "read_ns", "sha1", "shared_tags", "sidecar_sent"),
        "tags_sent",
    )

    def __init__(self, name: str) -> None:
        self.name = name
        """The name that it gets in Immich."""
        self.facts: facts.Facts = facts.NO_FACTS
        self.live: Optional[live.LivePair] = None
        """The live photo that it may be a half of."""
        self.beside: Optional[Item] = None
        """The XMP sidecar that lies beside it, if that is an item of its source."""
        self.sha1 = b""
        """Empty until it is known."""

        # What the pipeline notes.
        self.held = 0
        """How many bytes of the read-ahead budget it takes up."""
        self.content: Optional[bytes] = None
        """The bytes that were hashed, while they are in memory."""
        self.read_ns = 0
        """When its reading for the checksum began, in nanoseconds since 1970; 0 before that."""
        self.sidecar_sent: Optional[Tuple[int, ...]] = None
        """The `SidecarPart.state` of its sidecar, if the server took it."""
        self.tags_sent: Optional[bool] = None
        """Whether its tags went up with it, or in check mode would; False where it has none, None if nothing is known."""
        self.shared_tags: Tuple[str, ...] = ()
        """The tags from its folders and from those of the files that equal it, where these are others."""
        self.dated_by: Optional[str] = None
        """Where the time comes from that it was sent with (see `DateToSend.trust`)."""

    @property
    @abstractmethod
    def path(self) -> str:
        """The path that messages and reports name; of a member of an archive the archive's path, a colon, a blank and the member's name.

        Not necessarily valid UTF-8: it is what `os.fsdecode` makes of the bytes.
        """

    @property
    @abstractmethod
    def inner(self) -> str:
        """The path below the folder or archive that `src` names, with `/` between folders."""

    @property
    def file_name(self) -> str:
        """The last part of that: the name that it has there."""
        return self.inner.rpartition("/")[2]

    @property
    def below(self) -> str:
        """What stands before the last part: the folder that it lies in, empty or with a slash at its end."""
        return self.inner[: self.inner.rfind("/") + 1]

    @property
    def extension(self) -> str:
        """The extension of its name there, in lower case and with its dot; empty if there is none."""
        return _text.extension_of(self.inner)

    @property
    @abstractmethod
    def size(self) -> int:
        """In bytes."""

    @property
    @abstractmethod
    def mtime_ns(self) -> int:
        """When it was last written to, in nanoseconds since 1970. Where only a local time is known it counts as UTC."""

    @property
    def crc(self) -> Optional[int]:
        """Its CRC-32, where the source knows it without reading the file."""
        return None

    @property
    @abstractmethod
    def cache_key(self) -> bytes:
        """Its key in the checksum cache."""

    @property
    @abstractmethod
    def identity(self) -> Tuple[int, int, int]:
        """What changes when the file is written to or replaced."""

    @property
    def albums(self) -> Tuple[facts.ExportAlbum, ...]:
        """The albums that its source puts it into."""
        return self.facts.albums

    @property
    def can_be_removed(self) -> bool:
        """Whether `after_upload` may delete or move it: not a member of an archive."""
        return False

    @abstractmethod
    def open(self) -> BinaryIO:
        """Opens it again, from its beginning. Raises `FileChanged` if it is not as it was found, `LocalFailure` if it cannot be opened.

        The stream has `read`, `readinto` and `close`; it is read from its beginning and never wound back. `read(n)` gives as many
        bytes as asked for, unless the file ends. Reading raises `OSError`, or `LocalFailure` (a broken member of an
        archive: its checksum is compared with what was read before the last bytes are returned).
        """

    @abstractmethod
    def require_unchanged(self) -> None:
        """Raises `FileChanged` if the file is not as it was found any more, `LocalFailure` if it cannot be looked at."""

    def require_read_unchanged(self, stream: BinaryIO) -> None:
        """The same for what was just read from a `stream` that `open` gave."""
        self.require_unchanged()

    @abstractmethod
    def refresh(self) -> None:
        """Makes it the file as it is now, whose checksum is not known. Raises `LocalFailure` if it is not a file any more."""

    def clear_checksum(self) -> None:
        """Forgets its checksum."""
        self.read_ns = 0
        self.sha1 = b""
        self.content = None

    def fetch_metadata(self) -> None:  # noqa: B027  # most are known in full
        """Asks for the facts that take a request. The thread that is about to send the item calls this first.

        Raises an `ImmichError` if it cannot be sent.
        """

    def read_sidecar(self) -> Optional[SidecarPart]:
        """The XMP sidecar that lies beside it, perhaps an empty one; None if there is none. `LocalFailure` if it cannot be sent."""
        if self.beside is None:
            return None
        return SidecarPart(self.beside.path, _content_of_sidecar(self.beside), None)

    def remove(self, sha1_of: Callable[[Item], bytes], listener: Listener, remover: Any, *, predicting: bool) -> bool:
        """Deletes or moves the file that `can_be_removed` with a remover of `folders.removers`, and its sidecar with the last of those that
        it belongs to.

        With `predicting` it is only found out whether that would go well. Returns False for one that stays because it is in its place, or
        because it was reached through a link, which is reported to the listener. `LocalFailure` if it cannot be taken away, `FileChanged`
        if it holds other bytes than those that were read: where that is in doubt it is read again with `sha1_of`.
        """
        raise NotImplementedError  # not called unless it `can_be_removed`

    def open_seekable(self) -> BinaryIO:
        """A stream that can seek, and whose bytes are not compared with a checksum. Raises as `open`.

        What must be unpacked to seek in it ends after its first MiB, if it is large.
        """
        return self.open()

    def camera(self) -> exif.CameraData:
        """What EXIF says in it. Raises as `open`, reading and `read_camera` do."""
        from .._media import exif  # only here: most files are not looked into

        with self.open_seekable() as stream:
            return exif.read_camera(stream)

    def movie(self) -> Optional[Movie]:
        """What it says of itself as an MP4 or QuickTime video; None if that is not found. Raises as `open` and `read_movie` do."""
        from .._media.movie import read_movie  # as above

        with self.open_seekable() as stream:
            return read_movie(stream)

    def blocks(self) -> Iterator[bytes]:
        """All its bytes, a MiB at a time. Raises as `open` and reading do."""
        with self.open() as stream:
            yield from iter(lambda: stream.read(_BLOCK), b"")

    def read(self, limit: int) -> bytes:
        """The first `limit` bytes. Raises as `open` and reading do."""
        with self.open() as stream:
            return stream.read(limit)


Batch = List[Item]


class Source(ABC):
    """A folder, an archive, an export or a server. It is read once, and reports to a listener what it does not yield.

    `total` is how many files, and how many bytes, it yields, once that is known. `can_be_counted`: a second look at it costs little.
    """

    total: Optional[Tuple[int, int]] = None
    can_be_counted = False

    @abstractmethod
    def batches(self) -> Iterator[Batch]:
        """The items, in the same order on each run. No batch is empty."""

    @abstractmethod
    def finish(self) -> None:
        """Is called when all items were yielded and handled. A run that is stopped may leave it out."""


def sidecar_too_large(path: str) -> errors.LocalFailure:
    """What a file fails with whose sidecar is larger than `LARGEST_SIDECAR`."""
    return errors.LocalFailure("Its sidecar %s is larger than 16 MiB, the limit for sidecars." % _text.printable(path))


def _content_of_sidecar(sidecar: Item) -> bytes:
    if sidecar.size > LARGEST_SIDECAR:
        raise sidecar_too_large(sidecar.path)
    try:
        return sidecar.read(sidecar.size)
    except (errors.LocalFailure, OSError) as exc:
        message = exc.msg if isinstance(exc, errors.LocalFailure) else "%s." % (exc.strerror or exc)
        raise errors.LocalFailure("Its sidecar %s cannot be read: %s" % (_text.printable(sidecar.path), message)) from exc
