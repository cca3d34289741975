# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Multipart forms written out by hand, so that odd names go out exactly as they are."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
BOUNDARY = "----immich-conformance"


@dataclass(frozen=True)
class Part:
    """A part of a form; with a `filename` it is a file."""

    name: str
    value: bytes
    filename: bytes | None = None
    kind: str = "application/octet-stream"

    def describe(self) -> dict[str, Any]:
        """The part in a record."""
        if self.filename is None:
            return {"name": self.name, "value": self.value.decode()}
        shown = {"name": self.name, "filename": self.filename.decode("utf-8", "backslashreplace"), "type": self.kind}
        return {**shown, "bytes": len(self.value), "sha1": hashlib.sha1(self.value).hexdigest()}


def file_part(name: str, value: bytes | str, filename: bytes | str, kind: str = "application/octet-stream") -> Part:
    """A part that is a file."""
    return Part(name, as_bytes(value), as_bytes(filename), kind)


def as_bytes(value: bytes | str) -> bytes:
    """Text as UTF-8."""
    return value if isinstance(value, bytes) else value.encode()


def multipart(parts: list[Part]) -> bytes:
    """The body of a form."""
    out = bytearray()
    for part in parts:
        head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{part.name}"'.encode()
        if part.filename is not None:
            head += b'; filename="' + part.filename + b'"\r\nContent-Type: ' + part.kind.encode()
        out += head + b"\r\n\r\n" + part.value + b"\r\n"
    return bytes(out + f"--{BOUNDARY}--\r\n".encode())


def photo(variation: str) -> bytes:
    """A small JPEG with EXIF; bytes after its end make each variation another file."""
    return (HERE / "media/photo.jpg").read_bytes() + variation.encode()


def video(variation: str) -> bytes:
    """A small MP4; a `free` box at its end makes each variation another file."""
    text = variation.encode()
    return (HERE / "media/video.mp4").read_bytes() + (8 + len(text)).to_bytes(4, "big") + b"free" + text
