# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a layout's reader is asked and what it returns. Private to the collection."""

from __future__ import annotations

from dataclasses import dataclass
from typing import List, Mapping, NamedTuple, Sequence, Tuple

from ..._options import option
from .. import base, facts

LAYOUTS = ("auto", "folder", "google_takeout", "icloud", "picasa", "immich_go", "immich_archive")
SKIP, UPLOAD, WAIT, CREATE = "skip", "upload", "wait", "create"
_SKIP_OR_UPLOAD = (SKIP, UPLOAD)


@dataclass(frozen=True)
class ExportOptions:
    """The module's options of the same names, documented there."""

    untitled_albums: str = option(SKIP, choices=(SKIP, CREATE))
    export_trash: str = option(SKIP, choices=_SKIP_OR_UPLOAD)
    export_archived: str = option(UPLOAD, choices=_SKIP_OR_UPLOAD)
    export_partner: str = option(UPLOAD, choices=_SKIP_OR_UPLOAD)
    export_locked: str = option(SKIP, choices=_SKIP_OR_UPLOAD)
    export_unmatched: str = option(WAIT, choices=(SKIP, UPLOAD, WAIT))


class Export(NamedTuple):
    """An export that was read: its `layout`, and the `items` that go up, each with its facts.

    `counts` says how many files each rule placed (see `Facts`), and under `metadata` how many were read for what they say. `unused` has the
    path of each metadata file that belongs to no picture, and a sentence why. What was left out was reported to the listener. `live` has
    the stills and videos that are known to belong together though their names need not be alike.
    """

    layout: str
    items: List[base.Item]
    albums: List[facts.ExportAlbum]
    counts: Mapping[str, int]
    unused: List[Tuple[str, str]]
    live: Sequence[Tuple[base.Item, base.Item]] = ()
