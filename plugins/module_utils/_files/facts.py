# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a source knows of a photo or video beside its bytes."""

from __future__ import annotations

from typing import List, NamedTuple, Optional, Sequence, Tuple

from .._metadata import model


class ExportAlbum(NamedTuple):
    """An album of an export, or one that is named after a folder. `name` is unique: of two of one title the second is "Title (2)".

    Where an export knows albums of one name apart, as Immich does, they keep it. `namesakes` then has all of them, and `number` says which
    one it is, from 1 on, else it is 0. `origin` says how the album came about, for the report: the path of the file or folder that names
    it. `order` is `asc` or `desc`, by when its photos were taken, or None.
    """

    name: str
    description: str
    origin: str
    order: Optional[str] = None
    number: int = 0
    namesakes: Optional[Namesakes] = None

    @property
    def before(self) -> Sequence[ExportAlbum]:
        """Those of its name that are to be made before it, so that a later run knows by their age which is which."""
        return self.namesakes.albums[: self.number - 1] if self.namesakes is not None else ()

    @property
    def key(self) -> str:
        """What tells it from all others of a run."""
        return "%s\0%d" % (self.name, self.number) if self.number else self.name


class Namesakes:
    """Albums of one name, in the order in which they were made."""

    def __init__(self) -> None:
        self.albums: List[ExportAlbum] = []


class StackMembership(NamedTuple):
    """A place in a stack of Immich's. `key` is the same for all that are in it; `cover` says whether it is the one that is shown."""

    key: str
    cover: bool


class Facts(NamedTuple):
    """All that an export, an archive or another server says of one photo or video, and how that was found. What it does not say is None or
    empty."""

    rule: str = "none"
    """How it was found: `exact`, `truncated`, `numbered`, `edited`, `live`, `embedded`, `none`, `ambiguous` …"""

    sidecar: Optional[str] = None
    """The path of the file that says it."""

    metadata: model.Metadata = model.NOTHING

    year: Optional[int] = None
    """That of the folder, a guess of last resort."""

    albums: Tuple[ExportAlbum, ...] = ()

    edited_of: Optional[str] = None
    """The name of the file in its folder that it is an edited copy of, where its own name does not say so in full."""

    stack: Optional[StackMembership] = None

    sha1: Optional[bytes] = None
    """The checksum that its bytes must have."""


NO_FACTS = Facts()
"""Of a file that no export says anything about: the same object for all of them."""
