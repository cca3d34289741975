# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which pictures belong to one stack, by their names, times and cameras.

A stem alone makes no stack: cameras begin their numbers again after 9,999 pictures. The cost is linear in the pictures, but for sorting
those of one camera by time.
"""

from __future__ import annotations

import os
import re
from typing import Dict, Iterable, Iterator, List, Mapping, NamedTuple, Optional, Sequence, Set, Tuple

from .. import _text
from . import stack_kinds
from .related import Series, burst_of, original_of, scan_of

# Files of one shot get the same time, give or take what it takes to write them.
_SAME_SHOT = 1.0  # seconds
_NEXT_FRAME = 0.5  # seconds between two pictures of a burst that no name tells
_SAME_BURST = 10.0  # seconds between two pictures of a burst whose names could be another program's
_SAME_SCAN = 60.0  # seconds between the sides of a scan
_FEWEST_FRAMES = 3  # of a burst that no name tells
_MOST = 10_000  # pictures in a stack: far beyond any burst, and Immich fails beyond some 65,000

RAW = frozenset(
    "." + kind
    for kind in (
        *("3fr", "ari", "arw", "cap", "cin", "cr2", "cr3", "crw", "dcr", "dng", "erf", "fff", "iiq", "k25", "kdc", "mrw", "nef", "nrw"),
        *("orf", "ori", "pef", "raf", "raw", "rw2", "rwl", "sr2", "srf", "srw", "x3f"),
    )
)
HEIC = frozenset((".heic", ".heif", ".hif"))
JPEG = frozenset((".jpg", ".jpeg", ".jpe"))
"""The extensions of RAW, HEIC and JPEG files, in lower case."""

# PXL_20231026_205755225.MP.jpg and PXL_20231026_205755225.dng are one shot: the time has milliseconds.
_PIXEL = re.compile(r"(pxl_\d{8}_\d{9})(?:\.[a-z_]{1,20}){1,4}")


FORMATS = {"raw": RAW, "heic": HEIC, "jpeg": JPEG}
"""The extensions of the formats that pairs are made of, by the words of options."""


class Picture(NamedTuple):
    """A photo or video that may be stacked. `key` is what the caller identifies it by.

    `folder` is None where it is not known: then the time, and for RAW files the camera, must be known and agree. `taken` is in seconds,
    either UTC or local time for all; without `own_time` it is not what the picture itself says, but the time of its file or what an export
    knows. `camera` is make and model. `edited_of` is the name of the file that it is an edited copy of, where the source knows that.
    """

    key: object
    folder: Optional[str]
    name: str
    taken: Optional[float] = None
    camera: Optional[str] = None
    still: bool = True
    edited_of: Optional[str] = None
    own_time: bool = True


class PictureGroup(NamedTuple):
    """Pictures that belong to one stack, two or more, the cover first."""

    kind: str
    members: Tuple[Picture, ...]


def find_groups(pictures: Iterable[Picture], kinds: Sequence[str], covers: Optional[Mapping[str, str]] = None) -> Iterator[PictureGroup]:
    """The stacks of these kinds. A picture is in one at most: what a name says about a series comes first, then scans, then versions of one
    shot (edited copies with their original, RAW and HEIC files with their JPEG file), then bursts that only their times tell.

    All versions of a shot are one stack: an edited copy, its JPEG file and the RAW file are `edited`. Where it is not clear which file
    belongs to which, none is stacked. `covers` maps a kind to another of its `COVERS`. The order is the same for the same pictures.
    """
    defaults = {kind: choices[0] for kind, choices in stack_kinds.COVERS.items()}
    finder = _GroupFinder(list(pictures), kinds, {**defaults, **(covers or {})})
    yield from finder.named_series()
    yield from finder.scans()
    yield from finder.versions()
    yield from finder.unnamed_bursts()


class _GroupFinder:
    """Finds the groups of one kind after another, among the pictures that are in none yet."""

    def __init__(self, pictures: List[Picture], kinds: Iterable[str], covers: Mapping[str, str]) -> None:
        self._pictures = pictures
        self._kinds = frozenset(kinds)
        self._covers = covers
        self._stacked = bytearray(len(pictures))

    def _group(self, kind: str, numbers: Sequence[int]) -> Iterator[PictureGroup]:
        if len(numbers) <= _MOST:
            for number in numbers:
                self._stacked[number] = 1
            yield PictureGroup(kind, tuple(self._pictures[number] for number in numbers))

    def _unstacked(self) -> Iterator[Tuple[int, Picture]]:
        return ((number, picture) for number, picture in enumerate(self._pictures) if not self._stacked[number])

    def named_series(self) -> Iterator[PictureGroup]:
        """Those whose names their phone gave: bursts, and a RAW file with its JPEG file."""
        if not self._kinds & {stack_kinds.BURST, stack_kinds.RAW_JPEG}:
            return
        by_series: Dict[Tuple[Optional[str], str], List[Tuple[int, Series]]] = {}
        for number, picture in self._unstacked():
            series = burst_of(_stem(picture.name))
            if series is not None:
                by_series.setdefault((picture.folder, series.name), []).append((number, series))
        for members in by_series.values():
            series_of = dict(members)
            for alike in self._of_one_camera(list(series_of)):
                for part in [alike] if members[0][1].sure else self._near(alike, _SAME_BURST):
                    yield from self._named(sorted(part, key=lambda number: (series_of[number].frame, *self._rank(number))), series_of)

    def _named(self, numbers: List[int], series_of: Mapping[int, Series]) -> Iterator[PictureGroup]:
        if len({series_of[number].frame for number in numbers}) < 2:
            return
        raw = {number for number in numbers if self._is(number, RAW)}
        kind = stack_kinds.RAW_JPEG if 0 < len(raw) < len(numbers) else stack_kinds.BURST
        if kind not in self._kinds:
            return
        stills = [number for number in numbers if self._pictures[number].still] or numbers
        cover = stills[0]
        if kind == stack_kinds.RAW_JPEG and self._covers[kind] == "raw":
            cover = next((number for number in numbers if number in raw), cover)
        elif kind == stack_kinds.RAW_JPEG or self._covers[kind] == "marked":
            shown = [number for number in stills if kind == stack_kinds.BURST or number not in raw] or stills
            cover = next((number for number in shown if series_of[number].cover), shown[0])
        yield from self._group(kind, [cover, *(number for number in numbers if number != cover)])

    def scans(self) -> Iterator[PictureGroup]:
        """A scan, its enhanced copy and its back."""
        if stack_kinds.SCANS not in self._kinds:
            return
        by_scan: Dict[Tuple[Optional[str], str, str], Dict[int, List[int]]] = {}
        for number, picture in self._unstacked():
            series = scan_of(_stem(picture.name)) if picture.still else None
            if series is not None:
                sides = by_scan.setdefault((picture.folder, series.name, _text.extension_of(picture.name)), {})
                sides.setdefault(series.frame, []).append(number)
        for sides in by_scan.values():
            if 0 not in sides or len(sides) < 2:
                continue
            side_of = {number: side for side, numbers in sides.items() for number in numbers}
            for alike in self._of_one_camera(list(side_of)):
                for part in self._near(alike, _SAME_SCAN):
                    yield from self._scan({side_of[number]: number for number in part}, len(part))

    def _scan(self, sides: Mapping[int, int], count: int) -> Iterator[PictureGroup]:
        if 0 in sides and 1 < count == len(sides):
            order = (1, 0, 2) if self._covers[stack_kinds.SCANS] == "enhanced" else (0, 1, 2)
            yield from self._group(stack_kinds.SCANS, [sides[side] for side in order if side in sides])

    def versions(self) -> Iterator[PictureGroup]:
        """Files of one shot."""
        by_shot: Dict[Tuple[Optional[str], str], List[Tuple[int, bool]]] = {}
        for number, picture in self._unstacked():
            if picture.still:
                shot, edited = _shot_of(picture)
                if not edited or stack_kinds.EDITED in self._kinds:
                    by_shot.setdefault((picture.folder, shot), []).append((number, edited))
        for members in by_shot.values():
            if len(members) > 1:
                edited_ones = {number for number, edited in members if edited}
                for alike in self._of_one_camera([number for number, _edited in members]):
                    for part in self._near(alike, _SAME_SHOT):
                        yield from self._shot(part, edited_ones)

    def _shot(self, numbers: List[int], edited_ones: Set[int]) -> Iterator[PictureGroup]:
        edited = [number for number in numbers if number in edited_ones]
        raw: List[int] = []
        heic: List[int] = []
        jpeg: List[int] = []
        other: List[int] = []
        for number in numbers:
            if number not in edited_ones:
                alike = raw if self._is(number, RAW) else heic if self._is(number, HEIC) else jpeg if self._is(number, JPEG) else other
                alike.append(number)
        if any(len(alike) > 1 for alike in (raw, heic, jpeg, other)):
            return
        kind, originals = "", jpeg or heic or other or raw
        if heic and jpeg and stack_kinds.HEIC_JPEG in self._kinds:
            kind, originals = stack_kinds.HEIC_JPEG, heic + jpeg if self._covers[stack_kinds.HEIC_JPEG] == "heic" else jpeg + heic
        if raw and (heic or jpeg) and stack_kinds.RAW_JPEG in self._kinds and all(map(self._is_sure, raw + originals)):
            kind, originals = stack_kinds.RAW_JPEG, raw + originals if self._covers[stack_kinds.RAW_JPEG] == "raw" else originals + raw
        if edited and originals:
            edited = sorted(edited, key=self._rank)
            kind, originals = stack_kinds.EDITED, edited + originals if self._covers[stack_kinds.EDITED] == "edited" else originals + edited
        if kind:
            yield from self._group(kind, originals)

    def unnamed_bursts(self) -> Iterator[PictureGroup]:
        """Pictures that one camera took right after each other, as it says itself: scans and copies of files come as quickly."""
        if stack_kinds.BURST not in self._kinds:
            return
        by_camera: Dict[Tuple[Optional[str], str], List[int]] = {}
        for number, picture in self._unstacked():
            if picture.still and picture.own_time and picture.taken is not None and picture.camera is not None and not _shot_of(picture)[1]:
                by_camera.setdefault((picture.folder, picture.camera), []).append(number)
        for members in by_camera.values():
            for part in self._near(members, _NEXT_FRAME):
                moments = {self._pictures[number].taken for number in part}
                # Copies have the same time, and so have all pictures of a second where a camera records no fractions.
                if len(moments) >= _FEWEST_FRAMES:
                    yield from self._group(stack_kinds.BURST, part)

    def _of_one_camera(self, numbers: List[int]) -> Iterator[List[int]]:
        """Parts of the same camera, as far as that is known; where there are several, the pictures of unknown ones are left out."""
        by_camera: Dict[str, List[int]] = {}
        for number in numbers:
            camera = self._pictures[number].camera
            if camera is not None:
                by_camera.setdefault(camera, []).append(number)
        yield from by_camera.values() if len(by_camera) > 1 else [numbers]

    def _near(self, numbers: List[int], gap: float) -> Iterator[List[int]]:
        """Parts in which no two neighbours are further apart than so many seconds, in the order of time.

        Pictures of unknown time are with the others of their folder where that makes one part; elsewhere they are left out.
        """
        parts: List[List[int]] = []
        before: Optional[float] = None
        for number in sorted((number for number in numbers if self._pictures[number].taken is not None), key=self._rank):
            taken = self._pictures[number].taken or 0.0
            if before is None or taken - before > gap:
                parts.append([])
            parts[-1].append(number)
            before = taken
        unknown = [number for number in numbers if self._pictures[number].taken is None and self._pictures[number].folder is not None]
        if unknown and len(parts) < 2:
            parts = [(parts[0] if parts else []) + unknown]
        yield from parts

    def _rank(self, number: int) -> Tuple[float, str, str]:
        picture = self._pictures[number]
        return picture.taken or 0.0, _text.fold(picture.name), picture.name

    def _is(self, number: int, extensions: Iterable[str]) -> bool:
        return _text.extension_of(self._pictures[number].name) in extensions

    def _is_sure(self, number: int) -> bool:
        picture = self._pictures[number]
        return picture.folder is not None or picture.camera is not None


def _stem(name: str) -> str:
    return os.path.splitext(name)[0]


def _shot_of(picture: Picture) -> Tuple[str, bool]:
    """What all versions of a shot have in common in their names, and whether this one is edited."""
    stem = _text.fold(_stem(picture.name))
    original = original_of(stem) if picture.edited_of is None else _text.fold(_stem(picture.edited_of))
    shot = stem if original is None else original
    pixel = _PIXEL.fullmatch(shot)
    return pixel.group(1) if pixel else shot, original is not None
