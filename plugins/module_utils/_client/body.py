# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is streamed: the form in which a file is uploaded (RFC 7578), of known length; and a file that is downloaded.

requests-toolbelt is not used here because Immich takes a file's name from Content-Disposition as raw bytes: the encoders of
requests, urllib3 and requests-toolbelt send `%22` for a quote, which Immich 1.135 to 3.1 stores literally, and they cannot
send a name that is not UTF-8 at all.
"""

from __future__ import annotations

import hashlib
import io
import os
import secrets
from typing import Any, BinaryIO, Callable, Iterator, Mapping, Optional, Tuple, Type, Union

from . import errors

BLOCK = 256 * 1024

# What would end the header (line ends), cut the name as if it were a path (a backslash; both observed on 1.135 to 3.1), or make the
# server refuse the form (other control characters; a tab is fine), so that the file could never go up.
_REPLACED = {code: "_" for code in (*range(32), 127, ord("\\")) if code != ord("\t")}


class _Form:
    """A form whose last part is a file of `size` bytes. Its beginning, `_head`, is filled by those who inherit from it."""

    def __init__(self, size: int) -> None:
        boundary = secrets.token_hex(16)
        self.content_type = "multipart/form-data; boundary=" + boundary
        self._dashes = b"--" + boundary.encode()
        self._head, self._size, self._tail = b"", size, b"\r\n" + self._dashes + b"--\r\n"

    def __len__(self) -> int:
        """The number of bytes in the whole form."""
        return len(self._head) + self._size + len(self._tail)


class FormBody(_Form):
    """The body of one upload. Iterating it yields blocks of bytes; it can be iterated once, an attempt needs a new one.

    The blocks are hashed on the way and the last one is held back until the hash is known: when the file is not what was
    checked, `FileChanged` is raised before the form has ended, so that the server drops it. (A form that ends properly
    around half a file would be stored truncated.) A read error raises `LocalFailure` with the same effect. `on_block` is called
    with the number of bytes of each block before it is sent: to count, to slow down, or to raise and so cut the transfer. `block` is
    the most bytes in one.

    In place of an open `file` it takes the very bytes that were hashed, where they are still in memory.
    """

    def __init__(
        self,
        fields: Mapping[str, str],
        file: Union[BinaryIO, bytes],
        *,
        name: str,
        size: int,
        sha1: str,
        sidecar: Optional[Tuple[str, bytes]] = None,
        on_block: Optional[Callable[[int], None]] = None,
        block: int = BLOCK,
    ) -> None:
        super().__init__(size)
        head = bytearray()
        for key, value in fields.items():
            head += b'%s\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n' % (self._dashes, key.encode(), value.encode())
        if sidecar is not None:
            head += _file_head(self._dashes, "sidecarData", sidecar[0], b"application/xml") + sidecar[1] + b"\r\n"
        head += _file_head(self._dashes, "assetData", name, b"application/octet-stream")
        self._head = bytes(head)
        self._file, self._sha1, self._on_block, self._block = file, sha1, on_block, block

    def __iter__(self) -> Iterator[bytes]:
        return self._from_memory(self._file) if isinstance(self._file, bytes) else self._from_disk(self._file)

    def _from_memory(self, content: bytes) -> Iterator[bytes]:
        before = self._head
        for start in range(0, self._size or 1, self._block):  # an empty file is one empty block
            block = content[start : start + self._block]
            if self._on_block is not None:
                self._on_block(len(block))
            after = self._tail if start + self._block >= self._size else b""
            yield b"".join((before, block, after))  # copied once: for a photo, a second time costs as much as to hash it
            before = b""

    def _from_disk(self, file: BinaryIO) -> Iterator[bytes]:
        digest, left, held = hashlib.sha1(), self._size, self._head
        while left:
            block = _read(file, min(self._block, left))
            if not block:
                raise errors.FileChanged("The file became shorter while it was sent.")
            digest.update(block)
            left -= len(block)
            if self._on_block is not None:
                self._on_block(len(block))
            if len(held) + len(block) <= self._block:  # a small file goes out in one piece with its form
                held += block
                continue
            yield held
            held = block
        if _read(file, 1):
            raise errors.FileChanged("The file became longer while it was sent.")
        if digest.hexdigest() != self._sha1:
            raise errors.FileChanged("The file changed while it was sent.")
        yield held + self._tail


class FileBody(_Form):
    """A form with one file of `size` bytes, in a `field` of that name. Iterating it yields blocks of bytes, once."""

    def __init__(self, field: str, file: BinaryIO, *, name: str, size: int) -> None:
        super().__init__(size)
        self._head = _file_head(self._dashes, field, name, b"application/octet-stream")
        self._file = file

    def __iter__(self) -> Iterator[bytes]:
        yield self._head
        left = self._size
        while left:
            block = _read(self._file, min(BLOCK, left))
            if not block:
                raise errors.FileChanged("The file became shorter while it was sent.")
            left -= len(block)
            yield block
        yield self._tail


def _read(file: BinaryIO, size: int) -> bytes:
    # An OSError from here would look like a broken connection to the HTTP library, which sends what this yields.
    try:
        return file.read(size)
    except OSError as exc:
        raise errors.unreadable(exc) from exc


def _file_head(dashes: bytes, field: str, name: str, content_type: bytes) -> bytes:
    return b'%s\r\nContent-Disposition: form-data; name="%s"; filename="%s"\r\nContent-Type: %s\r\n\r\n' % (
        dashes,
        field.encode(),
        encode_file_name(name),
        content_type,
    )


def encode_file_name(name: str) -> bytes:
    """A local file's name as it goes into Content-Disposition: raw bytes, a quote escaped.

    Backslashes and control characters become `_`. Bytes that are not UTF-8 become U+FFFD, since Immich would store them as
    something else each.
    """
    plain = os.fsencode(name).decode("utf-8", "replace")
    return plain.translate(_REPLACED).replace('"', '\\"').encode("utf-8")


class Download(io.RawIOBase):
    """A file as a stream that is read from its beginning to its end. `read(n)` gives as many bytes as asked for, unless the file ends.

    `size` is in bytes, None where the server does not say it. They begin at byte `start` of the file, of which the server says `etag`,
    `last_modified` and `disposition`, its header Content-Disposition. Reading raises `ConnectionCut` where the file or the connection
    ends too early, and `Timeout` where no bytes come: both are `transient`, and the file is to be opened and read again. `answer` is
    urllib3's response; `failures` are what it raises, which `as_error` turns into an `ImmichError`.
    """

    def __init__(
        self,
        answer: Any,
        size: Optional[int],
        failures: Tuple[Type[Exception], ...],
        as_error: Callable[[Exception], errors.ImmichError],
        *,
        start: int = 0,
        etag: Optional[str] = None,
        last_modified: Optional[str] = None,
        disposition: Optional[str] = None,
    ) -> None:
        super().__init__()
        self.size = size
        self.start = start
        self.etag = etag
        self.last_modified = last_modified
        self.disposition = disposition
        self._answer = answer
        self._failures = failures
        self._as_error = as_error
        self._read = 0

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        """All that is left, or as many bytes as asked for, unless the file ends."""
        block = self._read_some(size)
        if 0 <= size == len(block):
            return block
        parts, left = [block], size - len(block)
        while block and (size < 0 or left):
            block = self._read_some(size if size < 0 else left)
            parts.append(block)
            left -= len(block)
        return b"".join(parts)

    def readinto(self, buffer: Any) -> int:
        block = self.read(len(buffer))
        buffer[: len(block)] = block
        return len(block)

    def close(self) -> None:
        """Ends the download. The connection is used again only if the file was read to its end."""
        if not self.closed:
            if self.size is None or self._read < self.size:
                self._answer.close()
            self._answer.release_conn()
        super().close()

    def _read_some(self, size: int) -> bytes:
        try:
            block: bytes = self._answer.read(None if size < 0 else size, decode_content=False)
        except self._failures as exc:
            raise self._as_error(exc) from None
        self._read += len(block)
        if not block and size and self.size is not None and self._read < self.size:
            raise errors.ConnectionCut("The server ended a file after %d of %d bytes." % (self._read, self.size), method="GET")
        return block
