# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The source's people on the target, and their faces in its photos."""

from __future__ import annotations

from .._client import errors
from .._people.read import FaceReader
from .._people.write import Check, FaceWriter
from .context import CopyContext
from .server_source import ServerSource


def copy_people(context: CopyContext, source: ServerSource, reader: FaceReader, writer: FaceWriter, check_cancelled: Check) -> None:
    """Copies all faces of people with a name, of photos that this run brought and of others; in check mode only counts them. What fails at
    one photo does not stop the others."""
    for photo in context.counterparts(source.showing_people):
        check_cancelled()
        try:
            faces = reader.faces_of(photo.asset)
        except errors.ImmichError as exc:
            if exc.fatal:
                raise
            context.tally.failed(photo.path, exc.during("Its faces were not copied"))
            continue
        if faces:
            writer.note(photo.path, photo.asset_id, faces)
    writer.write(check_cancelled)
