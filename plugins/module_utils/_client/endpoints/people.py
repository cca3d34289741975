# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""People, their faces in photos, and the size of the picture in which Immich looks for faces."""

from __future__ import annotations

import re
from contextlib import closing
from typing import Any, Dict, List, Mapping, NamedTuple, Optional

from ... import _ids
from ..._metadata.faces import Corners, FaceBox, Person, PictureEdit, Size
from .. import body, checked, errors, versions
from ..client import Calls

_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_COLOR = re.compile(r"#[0-9a-fA-F]{3,8}")
_PREVIEW_HEAD = 256 * 1024  # bytes of a preview in which its size is looked for
_MACHINE = "machine-learning"
_MOST_FACES = 1000  # of one photo


class FoundFace(NamedTuple):
    """A face of an asset as Immich shows that, with its edits: `shown` is the size of the picture that its box was given in.

    `person` is None where nobody was recognised, or somebody of another user's. `by_machine`: Immich found it by itself. `corners` are the
    same box in pixels, with what a crop has cut off.
    """

    id: str
    box: FaceBox
    shown: Size
    person: Optional[Person]
    by_machine: bool
    corners: Corners

    @property
    def has_name(self) -> bool:
        """Whether it is that of a person who has a name."""
        return self.person is not None and bool(self.person.name)


class PersonCalls(Calls):
    """Calls on people and faces.

    Scopes: `face.read`, `face.create` and `face.update`, `person.read`, `person.create` and `person.update`; `asset.edit.get` for edits,
    `asset.view` for previews.
    """

    def has_edits(self) -> bool:
        """Whether Immich shows pictures with edits that their originals do not have."""
        return self._client.supports(versions.EDITS)

    def faces(self, asset_id: str) -> List[FoundFace]:
        """`GET /faces`: the faces of an asset that are shown. Immich checks no box: those that are nowhere in the picture are left out."""
        return self._transport.call("GET", "/faces", query={"id": _checked(asset_id)}, parse=_faces)

    def edits(self, asset_id: str) -> List[PictureEdit]:
        """`GET /assets/{id}/edits`: those with which an asset is shown, in their order."""
        return self._transport.call("GET", "/assets/%s/edits" % _checked(asset_id), parse=_edits)

    def preview_size(self, asset_id: str) -> Optional[Size]:
        """`GET /assets/{id}/thumbnail`: the size of an asset's preview, in which Immich looks for faces. None while there is none."""
        try:
            return self._transport.receive("/assets/%s/thumbnail?size=preview" % _checked(asset_id), _size_in)
        except errors.NotFound:
            return None

    def named(self, name: str) -> List[Person]:
        """`GET /search/person`: the people of exactly this name, hidden ones and those without any photo too."""
        query = {"name": name, "withHidden": "true"}
        people = self._transport.call("GET", "/search/person", query=query, parse=_people)
        return [person for person in people if person.name == name]

    def create(self, person: Person) -> str:
        """`POST /people`: the id of a new person. Names are not unique: a second call makes a second one."""
        fields: Dict[str, Any] = {"name": person.name, "isHidden": person.hidden, "isFavorite": person.favorite}
        fields.update({"birthDate": person.birth_date} if person.birth_date else {})
        fields.update({"color": person.color} if person.color else {})
        return self._transport.call("POST", "/people", json=fields, parse=lambda answer: _ids.checked_uuid(answer["id"]))

    def set_feature_photo(self, person_id: str, asset_id: str) -> None:
        """`PUT /people/{id}`: the asset, which has to show the person, stands for that. 1.135 chooses none by itself (observed)."""
        self._transport.change("PUT", "/people/%s" % _checked(person_id), json={"featureFaceAssetId": _checked(asset_id)})

    def add_face(self, asset_id: str, person_id: str, box: FaceBox, preview: Size) -> None:
        """`POST /faces`: marks a face by hand, in the picture that Immich looks for faces in: there its detection joins it, where it comes
        to the same box, and would add another face otherwise (observed on 1.135 to 3.1). Doing it twice makes two."""
        left, top, width, height = box.in_pixels(preview)
        face = {"x": left, "y": top, "width": width, "height": height, "imageWidth": preview[0], "imageHeight": preview[1]}
        self._transport.change("POST", "/faces", json={"assetId": _checked(asset_id), "personId": _checked(person_id), **face})

    def assign(self, face_id: str, person_id: str) -> None:
        """`PUT /faces/{id}`, whose id is the person's: says whose face it is."""
        self._transport.change("PUT", "/faces/%s" % _checked(person_id), json={"id": _checked(face_id)})


def picture_size(head: bytes) -> Optional[Size]:
    """Width and height of a JPEG (ISO 10918-1) or WebP (RFC 9649), as its first bytes say; None where they do not."""
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return _known(_webp_size(head))
    at = 2 if head[:2] == b"\xff\xd8" else len(head)
    while head[at : at + 1] == b"\xff":
        marker, size = head[at + 1 : at + 2], int.from_bytes(head[at + 2 : at + 4], "big")
        if b"\xc0" <= marker <= b"\xcf" and marker not in (b"\xc4", b"\xc8", b"\xcc"):  # the beginning of a frame
            return _known((int.from_bytes(head[at + 7 : at + 9], "big"), int.from_bytes(head[at + 5 : at + 7], "big")))
        at += 2 + max(size, 1)
    return None


def _webp_size(head: bytes) -> Size:
    if head[12:16] == b"VP8X":
        return 1 + int.from_bytes(head[24:27], "little"), 1 + int.from_bytes(head[27:30], "little")
    if head[12:16] == b"VP8L":
        bits = int.from_bytes(head[21:25], "little")
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    return int.from_bytes(head[26:28], "little") & 0x3FFF, int.from_bytes(head[28:30], "little") & 0x3FFF


def _known(size: Size) -> Optional[Size]:
    return size if min(size) > 0 else None


def _size_in(stream: body.Download) -> Optional[Size]:
    with closing(stream):
        return picture_size(stream.read(_PREVIEW_HEAD))


def _checked(value: str) -> str:
    return checked.require_id(value, "an id")


def _person(answer: Mapping[str, Any]) -> Person:
    birth_date, color = str(answer.get("birthDate"))[:10], str(answer.get("color"))
    return Person(
        _ids.checked_uuid(answer["id"]),
        checked.text(answer["name"] or ""),
        birth_date if _DATE.fullmatch(birth_date) else None,
        answer.get("isHidden") is True,
        answer.get("isFavorite") is True,
        color if _COLOR.fullmatch(color) else None,
    )


def _people(answer: Any) -> List[Person]:
    return [_person(person) for person in checked.array(answer)]


def _faces(answer: Any) -> List[FoundFace]:
    faces = []
    for face in checked.array(answer)[:_MOST_FACES]:
        left, top, right, bottom, width, height = (
            _number(face[name])
            for name in ("boundingBoxX1", "boundingBoxY1", "boundingBoxX2", "boundingBoxY2", "imageWidth", "imageHeight")
        )
        corners = (left, top), (right, bottom)
        box = FaceBox.between(*corners, (width, height)) if min(width, height) > 0 else None
        if box is not None:
            person = None if face.get("person") is None else _person(face["person"])
            by_machine = face.get("sourceType", _MACHINE) == _MACHINE
            faces.append(FoundFace(_ids.checked_uuid(face["id"]), box, (width, height), person, by_machine, corners))
    return faces


def _edits(answer: Mapping[str, Any]) -> List[PictureEdit]:
    edits = []
    for edit in checked.array(answer["edits"]):
        action, parameters = checked.text(edit["action"]), edit["parameters"]
        names = {"crop": ("x", "y"), "rotate": ("angle",)}.get(action, ())
        edits.append(PictureEdit(action, tuple(_number(parameters[name]) for name in names), checked.text(parameters.get("axis", ""))))
    return edits


def _number(value: Any) -> int:
    """A whole number, which may be below 0."""
    if not isinstance(value, int) or isinstance(value, bool) or abs(value) >= 2**31:
        raise TypeError("not a whole number")
    return value
