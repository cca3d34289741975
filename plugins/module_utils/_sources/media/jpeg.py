# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The segments of a JPEG file (ISO 10918-1). Private to the collection."""

from __future__ import annotations

import io
from typing import BinaryIO, Container, Iterator, Tuple, Union

from . import glimpse

_MOST_SEGMENTS = 1000
_IMAGE_DATA, _END = 0xDA, 0xD9  # markers


def segments(stream: Union[BinaryIO, glimpse.Glimpse], wanted: Container[int]) -> Iterator[Tuple[int, bytes]]:
    """The segments before the image whose marker is wanted, as marker and payload. The stream is at the beginning of the JPEG file."""
    if stream.read(2) != b"\xff\xd8":
        return
    for _number in range(_MOST_SEGMENTS):
        head = stream.read(4)
        if len(head) < 4 or head[0] != 0xFF or head[1] in (_IMAGE_DATA, _END):
            return
        size = int.from_bytes(head[2:], "big") - 2
        if size < 0:
            return
        if head[1] in wanted:
            yield head[1], stream.read(size)
        else:
            stream.seek(size, io.SEEK_CUR)
