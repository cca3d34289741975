# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is to be said before a local file is deleted. Private to the collection."""

from __future__ import annotations

import stat

from .. import base
from . import opening
from .folder import Folder


def is_behind_link(folder: Folder, name: str, listener: base.Listener) -> bool:
    """Whether a file, or a folder above it, is a link that was followed: it is not deleted, and a person reads about it."""
    if not folder.follow:
        return False
    try:
        is_link = stat.S_ISLNK(opening.look_without_links(folder, name).st_mode)
    except OSError as exc:
        if not opening.met_link(exc):
            raise
        listener.warn("Files in %s were reached through a link and were not deleted." % folder.path)
        return True
    if is_link:
        listener.warn("%s is a link and was not deleted." % (folder.prefix + name))
    return is_link


def why(exc: OSError) -> str:
    """What kept a file from being deleted, as the end of a sentence."""
    return "a folder above it was replaced by a link" if opening.met_link(exc) else exc.strerror or str(exc)
