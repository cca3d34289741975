# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""People, and where in a picture their faces are: plain values, and what edits of a picture do to them."""

from __future__ import annotations

from typing import NamedTuple, Optional, Sequence, Tuple

_SAME_FACE = 0.5  # boxes that overlap by more than this are about one face, as for Immich's own detection
FACES, NAMES, NONE = "faces", "names", "none"
WITH_PEOPLE = (FACES, NAMES, NONE)
"""How much is taken along of the people in photos, by the option of that name."""

Size = Tuple[int, int]
"""Width and height of a picture in pixels, both more than 0."""

Corners = Tuple[Tuple[float, float], Tuple[float, float]]
"""Two opposite corners of a box in pixels, from the left and the top of a picture: they may lie outside of it."""


class Person(NamedTuple):
    """A person whom a user knows. `id` is that on the server that says it; `birth_date` is `2001-12-31`, `color` is `#rrggbb`."""

    id: str
    name: str
    birth_date: Optional[str] = None
    hidden: bool = False
    favorite: bool = False
    color: Optional[str] = None


class FaceBox(NamedTuple):
    """A part of a picture as it is shown, in fractions of its width and height from its left and top: 0 to 1."""

    left: float
    top: float
    right: float
    bottom: float

    @classmethod
    def between(cls, first: Tuple[float, float], second: Tuple[float, float], size: Size) -> Optional[FaceBox]:
        """The box between two opposite corners in pixels, as far as it is inside of the picture; None where nothing is."""
        left, right = sorted(_fraction(corner[0], size[0]) for corner in (first, second))
        top, bottom = sorted(_fraction(corner[1], size[1]) for corner in (first, second))
        return cls(left, top, right, bottom) if left < right and top < bottom else None

    def overlap(self, other: FaceBox) -> float:
        """How much of what both cover they share: 0 to 1."""
        width = min(self.right, other.right) - max(self.left, other.left)
        height = min(self.bottom, other.bottom) - max(self.top, other.top)
        shared = max(width, 0.0) * max(height, 0.0)
        return shared / (self._area + other._area - shared)

    def in_pixels(self, size: Size) -> Tuple[int, int, int, int]:
        """Left, top, width and height in a picture of this size, inside of which they are; the latter two are 1 at least."""
        left, top = min(round(self.left * size[0]), size[0] - 1), min(round(self.top * size[1]), size[1] - 1)
        return left, top, max(round(self.right * size[0]) - left, 1), max(round(self.bottom * size[1]) - top, 1)

    def is_at(self, other: FaceBox, size: Size) -> bool:
        """Whether another one, which was stored in whole pixels of a picture of this size, is about the same face."""
        left, top, width, height = self.in_pixels(size)  # of few pixels, that moves much
        stored = FaceBox(left / size[0], top / size[1], (left + width) / size[0], (top + height) / size[1])
        return max(self.overlap(other), stored.overlap(other)) > _SAME_FACE

    @property
    def _area(self) -> float:
        return (self.right - self.left) * (self.bottom - self.top)


def _fraction(pixels: float, of: int) -> float:
    return min(max(pixels / of, 0.0), 1.0)


class StoredPicture(NamedTuple):
    """A picture as its file has it, in pixels. `orientation` is EXIF's: 1 to 8, how it is turned before it is shown."""

    width: int
    height: int
    orientation: int = 1

    @property
    def shown(self) -> Size:
        """The size in which it is shown, without edits."""
        return (self.height, self.width) if self.orientation > 4 else (self.width, self.height)

    def stored_box(self, box: FaceBox) -> FaceBox:
        """Where a box of the picture as it is shown is in the picture as it is stored."""
        left, top, right, bottom = box
        if self.orientation in (2, 3, 6, 7):
            left, right = 1 - right, 1 - left
        if self.orientation in (3, 4, 7, 8):
            top, bottom = 1 - bottom, 1 - top
        return FaceBox(top, left, bottom, right) if self.orientation > 4 else FaceBox(left, top, right, bottom)


class Face(NamedTuple):
    """Where a person is in a picture."""

    person: Person
    box: FaceBox


class PictureFaces(NamedTuple):
    """The faces in a picture; None for `picture` where its size is not known, without which no sidecar can say where they are."""

    faces: Tuple[Face, ...]
    picture: Optional[StoredPicture] = None


_DECIMALS = 5  # of fractions: less than a pixel of any picture


def faces_to_keep(faces: Sequence[Face], picture: Optional[StoredPicture]) -> Optional[PictureFaces]:
    """What an archive says of a picture, in an order that is the same each time; None where nothing is to be said.

    Of people it has the ids and the names: all else of them is said once for all pictures.
    """
    kept = []
    for face in faces:
        box = FaceBox(*(round(fraction, _DECIMALS) for fraction in face.box))
        if box.left < box.right and box.top < box.bottom:
            kept.append(Face(Person(face.person.id, face.person.name), box))
    return PictureFaces(tuple(sorted(kept, key=lambda face: (face.box, face.person))), picture) if kept else None


class PictureEdit(NamedTuple):
    """A change with which Immich shows a picture (2.5 and later): a `crop` to `values` left and top (pixels), a `rotate` by that many
    degrees clockwise, or a `mirror`, whose `axis` is `horizontal` where left and right are swapped."""

    action: str
    values: Tuple[int, ...] = ()
    axis: str = ""


def box_before(edits: Sequence[PictureEdit], box: Corners, shown: Size, original: Size) -> Optional[FaceBox]:
    """Where a box of a picture of the size `shown`, which has these edits, is in the `original`; None where it is outside of that.

    The crop comes first, then the others in their order (read in the server's source, 2.7 and 3.1).
    """
    width, height = shown
    corners = list(box)
    for edit in reversed(edits):
        for _quarter in range(edit.values[0] // 90 % 4 if edit.action == "rotate" else 0):
            corners = [(y, width - x) for x, y in corners]
            width, height = height, width
        if edit.action == "mirror":
            corners = [(width - x, y) if edit.axis == "horizontal" else (x, height - y) for x, y in corners]
    for edit in edits:
        if edit.action == "crop":
            corners = [(x + edit.values[0], y + edit.values[1]) for x, y in corners]
    return FaceBox.between(corners[0], corners[1], original)
