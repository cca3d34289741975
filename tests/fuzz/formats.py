# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the parts of files begin and end, so that a change meets sizes, counts and places, and not mostly pixels."""

from __future__ import annotations

import gzip
import io
import itertools
import re
import struct
import zlib

from fuzz.mutations import ENCODINGS, Format, Spans, between, matches

_MOST = 400  # parts
_WORDS = 16  # numbers of four bytes in a box of which nothing is known
_CONTAINERS = (b"moov", b"meta", b"iinf", b"ilst", b"uuid", b"trak", b"mdia")
_SUB_DIRECTORIES = (0x8769, 0x8825, 0x927C)  # EXIF, GPS, the maker's notes

_ZIP_FIELDS = {
    b"PK\3\4": (4, 2, 2, 2, 2, 2, 4, 4, 4, 2, 2),
    b"PK\1\2": (4, 2, 2, 2, 2, 2, 2, 4, 4, 4, 2, 2, 2, 2, 2, 4, 4),
    b"PK\5\6": (4, 2, 2, 2, 2, 4, 4, 2),
    b"PK\6\6": (4, 8, 2, 2, 4, 4, 8, 8, 8, 8),
    b"PK\6\7": (4, 4, 8, 4),
}
"""The sizes of the fields that follow each mark (APPNOTE.TXT)."""

_TAR_BLOCK = 512
_TAR_FIELDS = (100, 8, 8, 8, 12, 12, 8, 1, 100, 6, 2, 32, 32, 8, 8, 155, 12)
_TAR_CHECKSUM = slice(148, 156)


def _fields(start: int, sizes: tuple[int, ...]) -> list[tuple[int, int]]:
    spans = []
    for size in sizes:
        spans.append((start, start + size))
        start += size
    return spans


def box_spans(content: bytes) -> Spans:
    """Boxes of ISO/IEC 14496-12, their kinds, and the numbers in them."""
    spans: list[tuple[int, int]] = []
    pending = [(0, len(content))]
    while pending and len(spans) < _MOST:
        at, end = pending.pop()
        while at + 8 <= end and len(spans) < _MOST:
            size, kind = int.from_bytes(content[at : at + 4], "big"), content[at + 4 : at + 8]
            if size < 8:
                break
            after = min(at + size, end)
            spans += [(at, after), (at, at + 4), (at + 4, at + 8)]
            if kind in _CONTAINERS:
                version = 0 if kind != b"meta" or content[at + 12 : at + 16] == b"hdlr" else 4
                pending.append((at + 8 + (6 if kind == b"iinf" else version), after))
            else:
                spans += [(place, place + 4) for place in range(at + 8, min(after, at + 8 + 4 * _WORDS), 4)]
            at = after
    return spans


def photo_spans(content: bytes) -> Spans:
    """The same, the segments of a JPEG, and the entries of its EXIF with their fields."""
    spans = list(box_spans(content)) if content[4:8] == b"ftyp" else []
    at = 2 if content.startswith(b"\xff\xd8") else len(content)
    while content[at : at + 1] == b"\xff" and len(spans) < _MOST:
        size = int.from_bytes(content[at + 2 : at + 4], "big")
        spans += [(at, at + 2 + size), (at + 2, at + 4)]
        at += 2 + max(size, 2)
    mark = re.search(rb"II\*\0|MM\0\*", content)
    return [*spans, *_tiff_spans(content, mark.start())] if mark else spans


def _tiff_spans(content: bytes, base: int) -> Spans:
    order = "<" if content[base : base + 2] == b"II" else ">"
    spans: list[tuple[int, int]] = [(base + 4, base + 8)]
    pending = [content[base + 4 : base + 8]]
    while pending and len(spans) < _MOST:
        packed = pending.pop()
        at = base + struct.unpack(order + "I", packed)[0] if len(packed) == 4 else len(content)
        count = content[at : at + 2]
        if len(count) < 2:
            continue
        spans.append((at, at + 2))
        for number in range(min(struct.unpack(order + "H", count)[0], 50)):
            entry = at + 2 + 12 * number
            spans += [(entry, entry + 12), *_fields(entry, (2, 2, 4, 4))]
            if content[entry : entry + 2] in [struct.pack(order + "H", tag) for tag in _SUB_DIRECTORIES]:
                pending.append(content[entry + 8 : entry + 12])
    return spans


def zip_spans(content: bytes) -> Spans:
    """The records of a ZIP, and their fields."""
    marks = [one.start() for one in re.finditer(rb"PK(?:\x03\x04|\x01\x02|\x05\x06|\x06\x06|\x06\x07)", content)][: _MOST // 10]
    spans = [*itertools.pairwise([*marks, len(content)])]
    return [*spans, *(span for mark in marks for span in _fields(mark, _ZIP_FIELDS[content[mark : mark + 4]]))]


def tar_spans(content: bytes) -> Spans:
    """The blocks of a tar, and the fields of headers."""
    spans: list[tuple[int, int]] = []
    for at in range(0, min(len(content), _MOST * 4), _TAR_BLOCK):
        spans.append((at, at + _TAR_BLOCK))
        if content[at + 257 : at + 262] == b"ustar":
            spans += _fields(at, _TAR_FIELDS)
    return spans


def with_checksums(content: bytes) -> bytes:
    """A tar whose headers have the checksum that is theirs: without, nobody looks at a header that was changed."""
    blocks = [bytearray(content[at : at + _TAR_BLOCK]) for at in range(0, len(content), _TAR_BLOCK)]
    for block in blocks:
        if block[257:262] == b"ustar":
            block[_TAR_CHECKSUM] = b" " * 8
            block[_TAR_CHECKSUM] = b"%06o\0 " % (sum(block) & 0o777777)
    return b"".join(blocks)


def pack(content: bytes) -> bytes:
    """With gzip, the same each time."""
    return gzip.compress(content, 1, mtime=0)


def pack_twice(content: bytes) -> bytes:
    """In two of gzip's members, which may follow one another."""
    middle = len(content) // 2
    return pack(content[:middle]) + pack(content[middle:])


def pack_without_end(content: bytes) -> bytes:
    """Packed, without what gzip puts behind it."""
    packer = zlib.compressobj(1, zlib.DEFLATED, 31)
    return packer.compress(content) + packer.flush(zlib.Z_SYNC_FLUSH)


def nest_boxes(part: bytes, times: int) -> bytes:
    """A box in boxes of its kind."""
    kind, out = part[4:8].ljust(4, b"x"), io.BytesIO()
    times = min(times, 2000)
    for number in range(times, 0, -1):
        out.write(struct.pack(">I4s", len(part) + 8 * number, kind))
    return out.getvalue() + part


PHOTO = Format(photo_spans, (b"Exif\0\0", b"II*\0", b"MM\0*", b"Apple iOS\0\0\1MM", b"\xff\xe1\xff\xff", b"\xff\xd8"), nest_boxes)
VIDEO = Format(box_spans, (b"moov", b"meta", b"keys", b"ilst", b"data", b"mvhd", b"free", b"\0\0\0\1"), nest_boxes)
ZIP = Format(zip_spans, (b"PK\3\4", b"PK\1\2", b"PK\5\6", b"PK\6\6", b"PK\6\7", b"\1\0\x18\0", b"../", b"\\", b"\xff\xff\xff\xff"))
TAR = Format(tar_spans, (b"ustar", b"x", b"g", b"L", b"K", b"S", b"1", b"99 path=x\n", b"9" * 11, b"-1", b"\x80" + b"\xff" * 11))
TAR = Format(TAR.spans, TAR.words, pack=(with_checksums, with_checksums, bytes))
TGZ = Format(
    TAR.spans,
    TAR.words,
    pack=(lambda content: pack(with_checksums(content)), lambda content: pack_twice(with_checksums(content)), pack_without_end),
)
XMP = Format(
    matches(rb"<[^>]*>|[\w:]+=\"[^\"]*\"|[^<>]+"),
    (
        b"<!DOCTYPE x [<!ENTITY a 'b'>]>",
        b"&a;",
        b"&#0;",
        b"<rdf:li>",
        b"</rdf:li>",
        b"<rdf:li>a|b/c</rdf:li>",
        b'<rdf:Description rdf:about=""/>',
        b'<?xml version="1.0" encoding="UTF-16"?>',
        b'<?xml version="1.0" encoding="unknown"?>',
        b'<?xml version="1.0" encoding="shift_jis"?>',
        b"<![CDATA[",
        b"]]>",
    ),
    between(b"<rdf:li>", b"</rdf:li>"),
    ENCODINGS,
)
CSV = Format(
    matches(rb'"[^"]*"|[^,\n"]+|,'),
    (b'"', b",", b"\n", b"imgName", b"Images", b"fileChecksum", b"yes", b"May June 4,2022 12:11 PM GMT", b"Feb 31,0000 25:61 GMT", b"\0"),
    between(b'"', b'"'),
    ENCODINGS,
)
INI = Format(
    matches(rb"\[[^\]]*\]|[^=\n;,]+|[=;,]"),
    (b"[", b"]", b"[]", b"[.album:]", b"[Contacts2]", b"albums=", b"faces=rect64(1),f", b"&#0;", b"&#1114112;", b"nan,inf", b"rotate(9)"),
    between(b"[", b"]"),
    ENCODINGS,
)
SQL = Format(
    matches(rb"COPY [^\n]*\n|'[^']*'|\"[^\"]*\"|\$\w*\$|--|/\*|\*/|\\.|;|\w+"),
    (
        b"COPY public.asset (id) FROM stdin;\n",
        b"COPY public.version_history (version) FROM stdin;\nv9999.0.1\n\\.\n",
        b"\\.\n",
        b"$$",
        b"$a$",
        b"'",
        b"E'\\'",
        b"/*",
        b"--",
        b"\\! true\n",
        b"\0",
        b";",
        b"(",
        b"-- PostgreSQL database dump complete\n",
        b'CREATE EXTENSION IF NOT EXISTS "e" WITH SCHEMA public;\n',
        b"-- Dumped from database version 999999999999\n",
    ),
    between(b"/*", b"*/"),
    (bytes, bytes, pack, pack_twice, pack_without_end),
)
NAMES = Format(
    matches(rb"[^/\n.]+|\.[^/\n.]+|/"),
    (b"..", b".json", b".JPG", b"(1)", b"-edited", b".suppl", b"IMG_E1", b"\xff", "ä".encode(), "a\u0308".encode(), b"\x1b[2J"),
    between(b"a/", b""),
)
