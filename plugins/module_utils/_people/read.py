# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The faces that a server has of a user's people, as another server or an archive takes them."""

from __future__ import annotations

from typing import Dict, List

from .._client import values
from .._client.client import Client
from .._client.endpoints.people import FoundFace, PersonCalls
from .._metadata.faces import Face, box_before


def scopes_to_read(client: Client) -> Dict[str, str]:
    """The scopes that a `FaceReader` needs, each with what it is for."""
    edits = {"asset.edit.get": "see how pictures with faces were edited"} if PersonCalls(client).has_edits() else {}
    return {"face.read": "read faces", **edits}


class FaceReader:
    """Reads faces of one server."""

    def __init__(self, client: Client) -> None:
        self._calls = PersonCalls(client)

    def faces_of(self, asset: values.Asset) -> List[Face]:
        """The faces of people with a name, in the picture as it is shown without edits. What an edit has cut off is not among them."""
        named = [face for face in self._calls.faces(asset.id) if face.has_name]
        if named and asset.edited:
            return self._before_edits(asset, named)
        return [Face(face.person, face.box) for face in named if face.person is not None]

    def _before_edits(self, asset: values.Asset, named: List[FoundFace]) -> List[Face]:
        edits, faces = self._calls.edits(asset.id), []
        for face in named:
            original = None if asset.picture is None else asset.picture.shown
            box = face.box if not edits else box_before(edits, face.corners, face.shown, original) if original else None
            if box is not None and face.person is not None:
                faces.append(Face(face.person, box))
        return faces
