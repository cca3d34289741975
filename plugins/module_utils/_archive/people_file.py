# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Who is in the photos of an archive, and where: asked photo by photo, since lists do not say it. One file has all people."""

from __future__ import annotations

from typing import Dict, List, Optional

from .._archive_format import record
from .._client import values
from .._metadata.faces import Person, faces_to_keep
from .._people.read import FaceReader
from .tree import ArchiveTree

_PATH = "%s/%s" % (record.FOLDER, record.PEOPLE)


class ArchivePeople:
    """Adds faces to what is said of photos, unless `reader` is None, and keeps the file of the people. Without `names` nobody is named."""

    def __init__(self, tree: ArchiveTree, reader: Optional[FaceReader], *, names: bool, predicting: bool) -> None:
        self._tree = tree
        self._reader = reader
        self._names = names
        self._predicting = predicting
        self._people: Dict[str, Person] = {}

    def describe(self, asset: values.Asset) -> values.Asset:
        """The asset with the faces in its picture, or without the people in it."""
        if not self._names:
            return asset._replace(metadata=asset.metadata._replace(people=()))
        if self._reader is None or not asset.metadata.people:
            return asset
        faces = self._reader.faces_of(asset)
        self._people.update((face.person.id, face.person) for face in faces)
        return asset._replace(metadata=asset.metadata._replace(faces=faces_to_keep(faces, asset.picture)))

    def write(self) -> List[str]:
        """Brings the file of the people up to date: its path if it changes. Whoever is in it stays, as photos that were not looked at may
        show them."""
        if not self._people:
            return []
        on_disk = self._tree.content(_PATH, record.LARGEST_ALBUM)
        try:
            people = record.parse_people(on_disk or b"")
        except ValueError:  # there is none, or it is damaged
            people = {}
        content = record.people_file({**people, **self._people})
        if content == on_disk:
            return []
        if not self._predicting:
            self._tree.write(_PATH, content)
        return [_PATH]
