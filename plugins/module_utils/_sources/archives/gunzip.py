# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a .tgz unpacks to. Private to the collection."""

from __future__ import annotations

import gzip
import zlib
from contextlib import contextmanager
from typing import Iterator

from ..._client import errors
from . import containers, tar_headers


class Damaged(errors.LocalFailure):
    """Which of the members are damaged cannot be known: the checksum is over all of them."""

    def __init__(self) -> None:
        super().__init__(
            "The archive is damaged: it cannot be unpacked, or its checksum is wrong. None of its files is uploaded. Download it again."
        )


class Gunzip:
    """A .tgz as it unpacks, forward only. Raises `Damaged`, `Cut`, `OSError`; and what `Container.open` does when it is opened."""

    def __init__(self, container: containers.Container) -> None:
        self._packed = container.open()
        self._file = gzip.GzipFile(fileobj=self._packed, mode="rb")

    def __del__(self) -> None:
        if hasattr(self, "_file"):  # else it could not be opened
            self.close()

    def read(self, size: int) -> bytes:
        """As many bytes as asked for, unless the end comes before."""
        with _in_our_words():
            return self._file.read(size)

    def seek(self, target: int) -> None:
        """Goes forward; to the end if that comes before."""
        with _in_our_words():
            self._file.seek(target)

    def close(self) -> None:
        """Lets go of the file."""
        self._file.close()
        self._packed.close()


@contextmanager
def _in_our_words() -> Iterator[None]:
    try:
        yield
    except EOFError as exc:
        raise tar_headers.Cut from exc
    except (gzip.BadGzipFile, zlib.error) as exc:
        raise Damaged from exc
