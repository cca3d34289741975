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


class PeopleCopier:
    """Goes through the photos that show people with a name, whether this run brought them or not; in check mode only counts."""

    def __init__(self, context: CopyContext, source: ServerSource, reader: FaceReader, writer: FaceWriter) -> None:
        self._context = context
        self._source = source
        self._reader = reader
        self._writer = writer

    def copy(self, check_cancelled: Check) -> None:
        """Copies all faces of people with a name. What fails at one photo does not stop the others."""
        for photo in self._context.counterparts(self._source.showing_people):
            check_cancelled()
            try:
                faces = self._reader.faces_of(photo.asset)
            except errors.ImmichError as exc:
                if exc.fatal:
                    raise
                self._context.tally.failed(photo.path, exc.during("Its faces were not copied"))
                continue
            if faces:
                self._writer.note(photo.path, photo.asset_id, faces)
        self._writer.write(check_cancelled)
