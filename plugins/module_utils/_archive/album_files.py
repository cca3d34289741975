# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The files of an archive that are about it as a whole: what it is, and its albums."""

from __future__ import annotations

import json
from typing import Callable, Dict, Iterable, List, Optional, Set

from .. import _text
from .._archive_format import record as archive_format
from .._archive_format.kept import keep_album
from .._client import errors
from .memberships import AlbumMembers
from .paths import fit, with_mark
from .tree import ArchiveTree

_LONGEST_NAME = 200  # bytes
_MARK = 8  # digits of an album's id
_FEW = 3  # albums that may be gone however few there are
_FOLDER = "%s/%s" % (archive_format.FOLDER, archive_format.ALBUMS)

_ABOUT = [
    "This is a copy of a library of Immich (https://immich.app), made by the Ansible collection photoyard.immich.",
    "Each photo and video is as it was uploaded. Beside it, a file with the same name and .xmp has what was known of it: description, "
    "tags, rating, position, time, people, albums. Most photo programs read such files.",
    "%s/%s has a line of JSON for each photo, which also says what is a favourite, in the archive, in a stack, and which video belongs to "
    "a live photo." % (archive_format.FOLDER, archive_format.MANIFEST),
    "%s/%s has a file for each album. %s/%s has what was moved aside, and nothing that is still on the server."
    % (archive_format.FOLDER, archive_format.ALBUMS, archive_format.FOLDER, archive_format.REMOVED),
    "The sidecars say where in a picture people are. %s/%s has their birthdays, and who of two with one name is who."
    % (archive_format.FOLDER, archive_format.PEOPLE),
    "To bring it back, upload this folder with the module photoyard.immich.immich_upload: it recognises it.",
]


class AlbumFiles:
    """The albums' files. With `predicting` they are only compared. `day` names the folder for what is moved aside.

    `written` has the names of the albums whose files are new or changed, `removed` those of the files that were moved aside by `prune`.
    """

    def __init__(self, tree: ArchiveTree, *, day: str, predicting: bool) -> None:
        self.written: List[str] = []
        self.removed: List[str] = []
        self._tree = tree
        self._day = day
        self._predicting = predicting
        self._names = self._known()

    def write(self, albums: Iterable[AlbumMembers], path_of: Callable[[bytes], Optional[str]], *, with_empty: bool = True) -> None:
        """Writes those that are new or have changed, those `with_empty` too of which nothing is in the archive. Those that are gone from
        the server stay.

        `path_of` gives the path of a member by its key, None for one that is not in the archive.
        """
        taken: Set[str] = {_text.fold(name) for name in self._names.values()}
        for album in albums:
            paths = [path for path in map(path_of, album.members) if path is not None]
            content = archive_format.album_file(keep_album(album.album), paths)
            name = self._name(album.album, taken)
            before = self._names.get(album.album.id)
            if not (paths or with_empty or before):
                continue
            if before == name and self._tree.content(_path(name), archive_format.LARGEST_ALBUM) == content:
                continue
            self.written.append(album.album.name)
            if self._predicting:
                continue
            self._tree.write(_path(name), content)
            if before not in (None, name):
                self._tree.set_aside(_path(str(before)), self._day)

    def prune(self, albums: Iterable[AlbumMembers], limit: int) -> None:
        """Moves aside those that the server no longer has. `LocalFailure` if they are more than so many percent, and more than a few."""
        album_ids = {album.album.id for album in albums}
        removed_ids = [album_id for album_id in self._names if album_id not in album_ids]
        if len(removed_ids) > max(_FEW, len(self._names) * limit // 100):
            raise errors.LocalFailure(
                "The files of %d of %d albums were not moved by prune, although the server no longer lists these albums, since that is "
                "more than O(prune_limit) (%d%%) allows. If they were deleted on purpose, raise O(prune_limit) for one run."
                % (len(removed_ids), len(self._names), limit),
                options=("prune_limit",),
            )
        for album_id in removed_ids:
            self.removed.append(self._names[album_id])
            if not self._predicting:
                self._tree.set_aside(_path(self._names[album_id]), self._day)

    def _name(self, album: archive_format.AlbumRecord, taken: Set[str]) -> str:
        plain = fit(album.name, _LONGEST_NAME - len(".json")).rstrip(".") + ".json"
        marked = with_mark(plain, "~" + album.id[:_MARK], _LONGEST_NAME)
        before = self._names.get(album.id)
        if before in (plain, marked):
            return before
        name = marked if _text.fold(plain) in taken else plain
        taken.add(_text.fold(name))
        return name

    def _known(self) -> Dict[str, str]:
        """The names of the files that are there, by the ids of their albums. Other files are ignored."""
        names: Dict[str, str] = {}
        for name in self._tree.names(_FOLDER):
            if name.lower().endswith(".json"):
                try:
                    album, _paths = archive_format.parse_album(self._tree.content(_path(name), archive_format.LARGEST_ALBUM) or b"")
                except (ValueError, errors.LocalFailure):
                    continue
                names[album.id] = name
        return names


def write_about(tree: ArchiveTree, *, predicting: bool) -> List[str]:
    """Says in the archive what it is. The path of the file, if it was not there like that."""
    document = {"software": archive_format.SOFTWARE, "immich_archive": archive_format.FORMAT, "about": _ABOUT}
    content = json.dumps(document, indent=1).encode() + b"\n"
    path = "%s/%s" % (archive_format.FOLDER, archive_format.ABOUT)
    if tree.content(path, len(content)) == content:
        return []
    if not predicting:
        tree.write(path, content)
    return [path]


def _path(name: str) -> str:
    return "%s/%s" % (_FOLDER, name)
