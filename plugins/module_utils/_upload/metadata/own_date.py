# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whether a file may say itself when it was taken, found out without a library. Private to the collection.

Files of plain folders are looked into like this, on hosts that may not have exifread, so that an upload of many is not slower for it.
What is not certain counts as a date: then all stays as the file has it.
"""

from __future__ import annotations

import re
from typing import BinaryIO, Union

from ..._sources.media import glimpse
from ..._sources.media.container import read_container
from ..._sources.media.exif_block import exif_blocks

_HEAD = 64 * 1024
# As EXIF and XMP write it. Cameras whose clock was not set write zeros.
_DATE = re.compile(rb"[12]\d{3}([:-])\d\d\1\d\d[ T]\d\d:\d\d")


def may_have_own_date(source: Union[bytes, BinaryIO], *, video: bool) -> bool:
    """Given a file's bytes, or an open file, which is anywhere afterwards. `LocalFailure` if it cannot be read.

    Of a video the movie box is looked for, at its end too, which takes three or four reads: a phone's video has its date there. Videos
    that are not MP4 or QuickTime count as dated.
    """
    if video:
        container = read_container(source)
        return container is None or container.time is not None
    file = glimpse.Glimpse(source)
    try:
        return _has_date(file) or any(_has_date(block) for block in exif_blocks(file) if block is not file)
    except glimpse.Exhausted:
        return True


def _has_date(file: glimpse.Glimpse) -> bool:
    return _DATE.search(file.at(0, _HEAD)) is not None
