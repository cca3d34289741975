# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A file of the server's while it is downloaded."""

from __future__ import annotations

import io
from typing import Any, Callable, Optional, Tuple, Type

from . import errors


class Download(io.RawIOBase):
    """A stream that is read forward, and closed. `read(n)` gives as many bytes as asked for, unless the file ends.

    `size` is in bytes, None where the server does not tell it. A file that ends too early raises `ConnectionCut`, as a connection that
    breaks does, and one on which nothing moves `Timeout`: both are `transient`, and the file is to be opened and read again. `answer` is
    urllib3's; `failures` are what it raises, of which `as_error` makes an `ImmichError`.
    """

    def __init__(
        self, answer: Any, size: Optional[int], failures: Tuple[Type[Exception], ...], as_error: Callable[[Exception], errors.ImmichError]
    ) -> None:
        super().__init__()
        self.size = size
        self._answer = answer
        self._failures = failures
        self._as_error = as_error
        self._read = 0

    def readable(self) -> bool:
        """As of files."""
        return True

    def read(self, size: int = -1) -> bytes:
        """See above."""
        found = self._some(size)
        if 0 <= size == len(found):
            return found
        parts, left = [found], size - len(found)
        while found and (size < 0 or left):
            found = self._some(size if size < 0 else left)
            parts.append(found)
            left -= len(found)
        return b"".join(parts)

    def readinto(self, buffer: Any) -> int:
        """As of files."""
        found = self.read(len(buffer))
        buffer[: len(found)] = found
        return len(found)

    def close(self) -> None:
        """Closes it, and unless it was read to its end the connection too."""
        if not self.closed:
            if self.size is None or self._read < self.size:
                self._answer.close()
            self._answer.release_conn()
        super().close()

    def _some(self, size: int) -> bytes:
        try:
            found: bytes = self._answer.read(None if size < 0 else size, decode_content=False)
        except self._failures as exc:
            raise self._as_error(exc) from None
        self._read += len(found)
        if not found and size and self.size is not None and self._read < self.size:
            raise errors.ConnectionCut("The server ended a file after %d of %d bytes." % (self._read, self.size), method="GET")
        return found
