# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The names of archives and of their members. Private to the collection."""

from __future__ import annotations

import re
from typing import Optional

from ..._client import errors

ZIP, TAR, TGZ = (".zip",), (".tar",), (".tgz", ".tar.gz")
"""The ends of the names of archives, in lower case."""

_LONGEST = 4096  # bytes: what a path may have on Linux, from which such names come

_UNPACK = "If you trust the archive, unpack it, and name its folder in src."

_DRIVE = re.compile(r"[A-Za-z]:(/|\\|$)")


def is_archive(name: str) -> bool:
    """Whether a file of this name is taken for an archive."""
    return name.lower().endswith(ZIP + TAR + TGZ)


def decode(raw: bytes, *, utf8: bool, unicode_path: Optional[bytes] = None) -> str:
    """A name in a ZIP archive. Bytes that are not UTF-8 although the flag `utf8` is set become lone surrogates, as in `os.fsdecode`.

    Without the flag a name is in code page 437 (APPNOTE.TXT, appendix D), but many programs write UTF-8 all the same: what can be
    read as that is that. `unicode_path` is the name in Info-ZIP's extra field, if there is one that belongs to these bytes.
    """
    if utf8 or raw.isascii():
        return raw.decode("utf-8", "surrogateescape")
    for candidate in (unicode_path, raw):
        if candidate is not None:
            try:
                return candidate.decode("utf-8")
            except UnicodeDecodeError:
                continue
    return raw.decode("cp437")


def inner_path(name: str) -> str:
    """A member's name as a path below the archive, without `.` and empty parts; "" for the archive's own top folder.

    `LocalFailure` for a name that would lead out of the archive if it were unpacked, that no file can have, or that is too long.
    """
    if "\0" in name:
        raise errors.LocalFailure("Its name holds a NUL byte, so the archive is damaged or malicious. It is left out.")
    if len(name) > _LONGEST:
        raise errors.LocalFailure("Its name is longer than %d characters, so the archive is damaged or malicious." % _LONGEST)
    if name.startswith("/") or _DRIVE.match(name):
        raise errors.LocalFailure("Its name is an absolute path, so it is left out. %s" % _UNPACK)
    parts = [part for part in name.split("/") if part not in ("", ".")]
    if ".." in parts:
        raise errors.LocalFailure("Its name leads out of the archive (..), so it is left out. %s" % _UNPACK)
    return "/".join(parts)
