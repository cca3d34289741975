# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a look through folders is asked to do. Private to the collection."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import FrozenSet, Sequence, Tuple

from .. import facts


@dataclass(frozen=True)
class FolderOptions:
    """The module's options of the same names, documented there; `excluded` are all patterns of what is left out.

    `extensions` are those of the files that go up, in lower case and with their dot.
    """

    src: Sequence[str]
    extensions: FrozenSet[str]
    recursive: bool = True
    follow: bool = False
    hidden: bool = False
    ignore_missing: bool = False
    include: Sequence[str] = ()
    excluded: Sequence[str] = ()
    sidecars: bool = True
    live_photos: bool = False
    album_from: str = "none"
    album_joiner: str = " / "

    def albums_of(self, top: str, below: str, origin: str) -> Tuple[facts.ExportAlbum, ...]:
        """The album of the files in the folder `below` a place; those directly in the place get the name of its `top` folder."""
        if self.album_from == "none":
            return ()
        parts = below.rstrip("/").split("/") if below else [top]
        name = parts[-1] if self.album_from == "folder" else self.album_joiner.join(parts)
        name = os.fsencode(name).decode("utf-8", "replace")
        return (facts.ExportAlbum(name, "", origin),) if name else ()
