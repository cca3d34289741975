# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""ZIP archives made byte by byte, so that they can lie."""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass
from typing import Any

UTF8, ENCRYPTED, SIZES_BEHIND = 0x800, 0x1, 0x8  # flags
STORED, DEFLATED = 0, 8
DOS, UNIX = 0, 3


@dataclass
class Entry:
    """A member. What is None is what a sound archive has there."""

    name: bytes
    content: bytes = b""
    method: int = STORED
    flags: int = 0
    system: int = UNIX
    mode: int = 0o100644
    date: int = (2020 - 1980) << 9 | 5 << 5 | 17
    time: int = 12 << 11 | 30 << 5 | 7  # 12:30:14
    extra: bytes = b""
    local_name: bytes | None = None
    local_method: int | None = None
    local_extra: bytes = b""
    crc: int | None = None
    size: int | None = None
    packed: bytes | None = None
    packed_size: int | None = None
    offset: int | None = None
    zip64: bool = False
    no_local: bool = False


def deflate(content: bytes) -> bytes:
    """Without zlib's header."""
    packer = zlib.compressobj(6, zlib.DEFLATED, -15)
    return packer.compress(content) + packer.flush()


def field_of(kind: int, content: bytes) -> bytes:
    """An extra field."""
    return struct.pack("<HH", kind, len(content)) + content


def zip_bytes(
    *entries: Entry,
    before: bytes = b"",
    comment: bytes = b"",
    zip64: bool = False,
    disk: int = 0,
    **end: Any,
) -> bytes:
    """An archive. `end` replaces fields of its last record: `count`, `size`, `start`; of ZIP64's where there is one."""
    out = bytearray(before)
    directory = bytearray()
    for one in entries:
        packed = one.packed
        if packed is None:
            packed = deflate(one.content) if one.method == DEFLATED else one.content
        crc = zlib.crc32(one.content) if one.crc is None else one.crc
        size = len(one.content) if one.size is None else one.size
        packed_size = len(packed) if one.packed_size is None else one.packed_size
        offset = len(out) - len(before) if one.offset is None else one.offset
        behind = one.flags & SIZES_BEHIND
        local_name = one.name if one.local_name is None else one.local_name
        if not one.no_local:
            out += struct.pack(
                "<4s5H3L2H",
                b"PK\3\4",
                45 if one.zip64 else 20,
                one.flags,
                one.method if one.local_method is None else one.local_method,
                one.time,
                one.date,
                *(
                    (0, 0, 0)
                    if behind
                    else (crc, 0xFFFFFFFF, 0xFFFFFFFF)
                    if one.zip64
                    else (crc, packed_size & 0xFFFFFFFF, size & 0xFFFFFFFF)
                ),
                len(local_name),
                len(one.local_extra),
            )
            out += local_name + one.local_extra + packed
            if behind:
                out += struct.pack("<4s3L", b"PK\7\x08", crc, packed_size, size)
        extra = one.extra
        numbers = (packed_size, size, offset)
        if one.zip64:
            extra = field_of(1, struct.pack("<3Q", size, packed_size, offset)) + extra
            numbers = (0xFFFFFFFF, 0xFFFFFFFF, 0xFFFFFFFF)
        directory += struct.pack(
            "<4s6H3L5H2L",
            b"PK\1\2",
            one.system << 8 | 20,
            20,
            one.flags,
            one.method,
            one.time,
            one.date,
            crc,
            numbers[0],
            numbers[1],
            len(one.name),
            len(extra),
            0,
            0,
            0,
            one.mode << 16 if one.system == UNIX else 0,
            numbers[2],
        )
        directory += one.name + extra
    count, size, start = end.get("count", len(entries)), end.get("size", len(directory)), end.get("start", len(out) - len(before))
    out += directory
    if zip64:
        at = len(out) - len(before)
        out += struct.pack("<4sQ2H2L4Q", b"PK\6\6", 44, 45, 45, disk, disk, count, count, size, start)
        out += struct.pack("<4sLQL", b"PK\6\7", 0, at, disk + 1)
        count, size, start = 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF
    return bytes(out) + struct.pack("<4s4H2LH", b"PK\5\6", disk, disk, count & 0xFFFF, count & 0xFFFF, size, start, len(comment)) + comment
