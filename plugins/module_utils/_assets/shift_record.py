# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The file in which it is kept which assets a shift has moved, and to what time.

A shift cannot be seen in a time: without the record a second run would move it again. It is written before the server is asked to change
anything, so that a run that dies in between is finished by the next one, and no asset is moved twice.
"""

from __future__ import annotations

import json
from typing import Dict

from .. import _ids, _own_files, _text
from .._client import errors
from .options import Shift

_FORMAT = "photoyard.immich shift"
_VERSION = 1
_LARGEST = 256 << 20  # bytes: some three million assets


class ShiftRecord:
    """The record of a shift on one server. `moved` has the moments to which assets were moved (seconds since 1970), by their ids."""

    def __init__(self, shift: Shift, server: str) -> None:
        """Reads the file, which may be missing. `server` is its address. Raises `LocalFailure`."""
        self._shift = shift
        self._server = server
        self.moved: Dict[str, float] = {}
        _own_files.refuse_foreign(shift.record, _is_record, option="set.shift.record", what="the record of a shift")
        try:
            content = _own_files.read_start(shift.record, _LARGEST)
        except OSError as exc:
            raise errors.unreadable(exc, _text.printable(shift.record)) from exc
        if content:
            self._read(content)

    def save(self, moved: Dict[str, float]) -> None:
        """Adds these assets, so that it outlives a power failure. Raises `LocalFailure`."""
        self.moved.update(moved)
        record = {"format": _FORMAT, "version": _VERSION, "server": self._server, "by": self._shift.seconds, "moved": self.moved}
        with _own_files.failing("%s could not be written" % _text.printable(self._shift.record), advice=" Nothing was changed."):
            _own_files.write_whole(self._shift.record, json.dumps(record).encode())

    def _read(self, content: bytes) -> None:
        name = _text.printable(self._shift.record)
        try:
            record = _text.parse_json(content)
            by, server = float(record["by"]), str(record["server"])
            moved = {_ids.checked_uuid(asset_id): float(seconds) for asset_id, seconds in record["moved"].items()}
            known = record["version"] == _VERSION
        except (ValueError, TypeError, LookupError, AttributeError):
            raise errors.LocalFailure(
                "%s is not a whole record of a shift, so it cannot be known what was moved. Restore it from a backup." % name
            ) from None
        if not known:
            raise errors.LocalFailure("%s was written by a later version of this collection. Update the collection." % name)
        if (by, server) != (self._shift.seconds, self._server):
            raise errors.InvalidRequest(
                "%s is the record of another shift (by %g seconds, on %s). Name another file with O(set.shift.record)."
                % (name, by, _text.one_line(server)),
                options=("set.shift.record",),
            )
        self.moved = moved


def _is_record(head: bytes) -> bool:
    return head.startswith(json.dumps({"format": _FORMAT})[:-1].encode())
