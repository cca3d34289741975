# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Opens archives, of whichever kind, and those inside of archives."""

from __future__ import annotations

from typing import Iterable, Iterator, Optional

from ..._client import errors
from ..._naming import kinds
from .. import base
from . import containers
from .containers import Archive, ArchiveMember
from .gzip_reader import IdleReaders
from .tars import TarArchive, TarMember
from .tgzs import TgzArchive
from .zips import ZipArchive, ZipMember

_LARGEST_UNPACKED = 64 * 1024 * 1024  # bytes in all of the ZIPs that are packed inside of one archive
_TOO_LARGE = "This ZIP is packed inside another one and is too large to be unpacked in memory. Unpack the outer archive first."
_NOT_FROM_HERE = "A ZIP inside a .tgz cannot be read. Unpack the outer archive first."


def open_archive(path: str, listener: base.Listener, idle: Optional[IdleReaders] = None) -> Optional[Archive]:
    """The archive of this path, whose name `is_archive`; None if there is no such file, which is reported to the listener."""
    try:
        container = containers.Container.at(path)
    except errors.LocalFailure as exc:
        listener.unreadable(path, exc)
        return None
    name = path.lower()
    if name.endswith(kinds.ZIP):
        return ZipArchive(container, listener)
    if name.endswith(kinds.TAR):
        return TarArchive(container, listener)
    return TgzArchive(container, listener, idle or IdleReaders())


def archive_items(paths: Iterable[str], listener: base.Listener) -> Iterator[base.Item]:
    """The files in these archives, one archive after the other, each in its own order, whatever their types."""
    idle = IdleReaders()
    for path in paths:
        archive = open_archive(path, listener, idle)
        if archive is not None:
            yield from archive.items()


def nested_items(item: base.Item, listener: base.Listener) -> Iterator[base.Item]:
    """The files in a ZIP archive that is a member of an archive. What cannot be read is reported to the listener.

    It is read where it lies if it is stored, or unpacked in memory if it is deflated and not large.
    """
    try:
        archive = ZipArchive(_container_of(item), listener)
    except OSError as exc:
        listener.unreadable(item.path, errors.unreadable(exc, "The archive"), size=item.size)
    except errors.LocalFailure as exc:
        listener.unreadable(item.path, exc, size=item.size)
    else:
        yield from archive.items()


def with_nested(items: Iterable[base.Item], listener: base.Listener) -> Iterator[base.Item]:
    """With the files of archives among the files, as if they had been unpacked where they lie: Apple's shared albums."""
    for item in items:
        if not kinds.is_archive(item.inner):
            yield item
            continue
        files = nested_items(item, listener) if isinstance(item, ArchiveMember) else archive_items([item.path], listener)
        for nested in files:
            if isinstance(nested, ArchiveMember):
                nested.move_below(item.inner)
            yield nested


def _container_of(item: base.Item) -> containers.Container:
    if isinstance(item, TarMember):
        return item.container.part(item.path, item.cache_key, item.start, item.size)
    if not isinstance(item, ZipMember):
        raise errors.LocalFailure(_NOT_FROM_HERE)
    outer = item.container
    if item.is_stored:
        with outer.open() as file:
            return outer.part(item.path, item.cache_key, item.locate(file), item.size)
    if outer.unpacked + item.size > _LARGEST_UNPACKED:
        raise errors.LocalFailure(_TOO_LARGE)
    outer.unpacked += item.size
    with item.open() as stream:
        return containers.NestedArchive(outer, item.path, item.cache_key, stream.read())
