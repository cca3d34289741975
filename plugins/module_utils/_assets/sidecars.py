# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The sidecars of photos in external libraries to which Immich may not write: written on the host where the files lie.

When Immich is told of a change in such a library, it notes where the sidecar would be, fails to write it, and reads what is there (observed
on 1.135 to 3.1). So each sidecar is written first, and then Immich is told the same.
"""

from __future__ import annotations

import os
import stat
from typing import List, Mapping, NamedTuple, Optional, Tuple

from .. import _own_files, _text
from .._client import errors, values
from .._files.base import LARGEST_SIDECAR
from .._files.folders.folder import Folder, Root, descriptor_of, met_link, stat_without_links
from .._metadata import model, xmp
from . import plan

_EXTENSION = ".xmp"

_ELSEWHERE = "Its original %s is in an external library, and in none of the folders of O(paths). Add that folder, or do not select it."
_NO_PATH = "Its original %s has a path that leads out of the folder of O(paths)."
_MISSING = "Its original is not at %s on this host. Is a disk not mounted? Mount it, or correct O(paths)."
_LINK = "%s is a link, or behind one. Links are not followed, so nothing was written. Correct O(paths)."
_NO_FILE = "%s is not a file, so nothing was written. Correct O(paths)."
_OTHER_FILE = "%s has %s bytes on this host, and %s as Immich says. Is it another file? Correct O(paths), or scan the library."
_SHARED = "%s is the sidecar of %s too, which would get the same values. Give each a sidecar of its own, such as %s."
_UNREADABLE = "%s cannot be read as XMP: %s. It is left as it is. Correct or delete it."
_LEFT = "%s is left as it is: %s.%s"
_TOO_LARGE = "it is larger than any sidecar"
_UNWRITABLE = "%s cannot be written: %s.%s"
_AS_ANOTHER = " Run this on a host, and as a user, that can write there."


class _Sidecar(NamedTuple):
    """A sidecar, or where one is to be, which is new. `content` is what it says, or begins with. `like` is what has the owner and the mode
    that it is to have."""

    folder: Folder
    name: str
    content: Optional[bytes]
    like: os.stat_result
    is_new: bool

    @property
    def path(self) -> str:
        """Its path, fit for a message."""
        return _text.printable(self.folder.prefix + self.name)


class LibrarySidecars:
    """Those of photos below some folders. Each folder between these and a photo is opened without following a link."""

    def __init__(self, paths: Mapping[str, str]) -> None:
        """`paths` are folders as Immich sees them, each with the same one on this host (see `AssetOptions.mapped_paths`)."""
        self._paths = paths

    def is_for(self, change: plan.AssetChange) -> bool:
        """Whether a change is to be written to a sidecar. What was uploaded has one that Immich writes."""
        return change.asset.external and bool(change.in_sidecar)

    def refusal(self, change: plan.AssetChange) -> Optional[errors.ImmichError]:
        """Why a change cannot be written, as far as that can be known before; None where it can, or need not be."""
        if not self.is_for(change):
            return None
        try:
            sidecar = self._find(change.asset)[0]
            _merge(sidecar, change, ())
            if not os.access(".", os.W_OK | os.X_OK, dir_fd=descriptor_of(sidecar.folder)):
                raise errors.LocalFailure(
                    _UNWRITABLE % (sidecar.path, _own_files.why_not_writable(sidecar.folder.path), _AS_ANOTHER), options=("paths",)
                )
        except errors.ImmichError as exc:
            return exc
        return None

    def write(self, change: plan.AssetChange, tags: Tuple[str, ...], *, unread: bool = False) -> None:
        """Writes a change to the sidecar, unless that says so. `tags` are those that the asset has. Raises `LocalFailure`.

        With `unread`, Immich has read nothing of what was written before: it keeps to the other name of a sidecar, so both are written.
        """
        for sidecar in self._find(change.asset, both=unread):
            content = _merge(sidecar, change, tags)
            if sidecar.is_new or content != sidecar.content:
                self._replace(sidecar, content)

    @staticmethod
    def _replace(sidecar: _Sidecar, content: bytes) -> None:
        try:
            _own_files.write_whole(sidecar.name, content, like=sidecar.like, dir_fd=descriptor_of(sidecar.folder))
        except OSError as exc:
            why = exc.strerror or str(exc)
            raise errors.LocalFailure(_UNWRITABLE % (sidecar.path, why, _own_files.disk_advice(exc)), options=("paths",)) from exc

    def _find(self, asset: values.Asset, *, both: bool = False) -> List[_Sidecar]:
        """The sidecar of an asset whose original is on this host for certain, and with `both` also the one of the other name. Raises
        `LocalFailure`, and `InvalidRequest` for an asset that is below none of the folders."""
        seen = max((seen for seen in self._paths if asset.path.startswith(seen + "/")), key=len, default=None)
        shown = _text.printable(asset.path)
        if seen is None:
            raise errors.InvalidRequest(_ELSEWHERE % shown, options=("paths",))
        *folders, name = asset.path[len(seen) + 1 :].split("/")
        if not all(_is_name(part) for part in (*folders, name)):
            raise errors.LocalFailure(_NO_PATH % shown, options=("paths",))
        root = self._paths[seen]
        folder = Folder("/".join((root.rstrip("/"), *folders)) or "/", Root.at(root), follow=False)
        on_host = _text.printable(folder.prefix + name)
        try:
            status = stat_without_links(folder, name)
            if stat.S_ISLNK(status.st_mode):
                raise errors.LocalFailure(_LINK % on_host, options=("paths",))
            if not stat.S_ISREG(status.st_mode):
                raise errors.LocalFailure(_NO_FILE % on_host, options=("paths",))
            if status.st_size != asset.size:
                raise errors.LocalFailure(_OTHER_FILE % (on_host, status.st_size, asset.size), options=("paths",))
            return _sidecars_of(folder, name, status, both=both)
        except (FileNotFoundError, NotADirectoryError) as exc:
            raise errors.MissingPath(_MISSING % on_host, options=("paths",)) from exc
        except OSError as exc:
            raise errors.LocalFailure(_LINK % on_host, options=("paths",)) if met_link(exc) else errors.unreadable(exc, on_host) from exc


def _is_name(part: str) -> bool:
    """Whether a part of a path that a server says is the name of something in a folder."""
    try:
        return part not in ("", ".", "..") and b"\0" not in os.fsencode(part)
    except UnicodeEncodeError:
        return False


def _sidecars_of(folder: Folder, name: str, original: os.stat_result, *, both: bool) -> List[_Sidecar]:
    """The sidecar that Immich reads: that with the whole name, or else the one without its extension, which Immich keeps to if it was there
    when the photo was imported. One without extension that came later it never reads (both observed on 1.135 to 3.1).

    With `both`, that with the whole name is made of the other one, or that without extension comes second if it is there and belongs to
    this photo only. Raises `OSError`, and `LocalFailure` for one that cannot be read.
    """
    opened = descriptor_of(folder)
    stem = os.path.splitext(name)[0]
    whole, short = name + _EXTENSION, stem + _EXTENSION
    has_whole = _own_files.is_in_folder(whole, opened)
    if (has_whole and not both) or short == whole or not _own_files.is_in_folder(short, opened):
        return [_read(folder, whole, original)]
    others = [other for other in _names_in(opened) if os.path.splitext(other)[0] == stem and other not in (name, short)]
    if has_whole:
        return [_read(folder, sidecar, original) for sidecar in ([whole] if others else [whole, short])]
    if others:
        message = _SHARED % tuple(_text.printable(text) for text in (short, min(others), whole))
        raise errors.LocalFailure(message, options=("paths",))
    sidecar = _read(folder, short, original)
    return [sidecar, sidecar._replace(name=whole, is_new=True)] if both else [sidecar]


def _read(folder: Folder, sidecar: str, original: os.stat_result) -> _Sidecar:
    try:
        content = _own_files.read_start(sidecar, LARGEST_SIDECAR + 1, dir_fd=descriptor_of(folder))
        if content is None:
            return _Sidecar(folder, sidecar, None, original, is_new=True)
        if len(content) > LARGEST_SIDECAR:
            raise OSError(_TOO_LARGE)
        return _Sidecar(folder, sidecar, content, stat_without_links(folder, sidecar), is_new=False)
    except OSError as exc:
        message = _LEFT % (_text.printable(folder.prefix + sidecar), exc.strerror or exc, _own_files.disk_advice(exc))
        raise errors.LocalFailure(message, options=("paths",)) from exc


def _names_in(opened: int) -> Tuple[str, ...]:
    """The names in an open folder, which may be open for looking names up only."""
    descriptor = os.open(".", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC, dir_fd=opened)
    try:
        return tuple(os.listdir(descriptor))
    finally:
        os.close(descriptor)


def _merge(sidecar: _Sidecar, change: plan.AssetChange, tags: Tuple[str, ...]) -> bytes:
    tag_change = xmp.TagChange(change.add_tags, change.remove_tags, tags) if change.add_tags or change.remove_tags else None
    try:
        return xmp.with_values(sidecar.content, plan.xmp_of(change), tag_change)
    except model.UnreadableXmp as exc:
        raise errors.LocalFailure(_UNREADABLE % (sidecar.path, exc), options=("paths",)) from exc
