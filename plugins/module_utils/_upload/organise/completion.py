# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Fills in what Immich lacks of what an export says of files that it had before.

Among them are files that went up before what an export says of them was there: a picture of a Takeout whose JSON file was in a part that
was missing has the date of its file, and is neither a favourite nor archived.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Dict, Mapping, Optional, Sequence, Set

from ... import _ids, _times
from ..._client import api, values
from ..._files import base
from ..._metadata import fields, model
from ..._naming.dates import NamedTime
from .. import dates
from ..item_tally import ItemTally
from ..options import UploadOptions
from .stored import StoredFile


class Completion:
    """Completes assets; in check mode only computes what it would change. Used by one thread. `media_types` are those of the extensions.

    Nothing is overwritten. A date is never missing: Immich takes the file's last change for one (1.135 to 3.1). So it is completed, as the
    favourite mark and the archive are, where all is as it is after an upload that knew nothing but the file (see `Undated`). What is set
    before Immich has read a file's metadata may be lost, so that such a file is left for a later run.
    """

    def __init__(
        self, client: api.Immich, options: UploadOptions, media_types: Mapping[str, str], tally: ItemTally, *, predicting: bool
    ) -> None:
        self._client = client
        self._tally = tally
        self._predicting = predicting
        self._undated = Undated(options, media_types)
        self._fresh = _ids.CompactMap(_ids.ID_SIZE)
        self._found: Dict[bytes, values.Asset] = {}  # assets that were looked at, and what they have by now
        self._unread: Set[bytes] = set()
        self._unplaced: Set[bytes] = set()

    def note_new(self, files: Sequence[StoredFile]) -> None:
        """Those of these files that this run brought went up with all that is known of them."""
        self._fresh.update(file.key for file in files if file.fresh)

    def complete(self, file: StoredFile) -> None:
        """Completes the asset of one file, unless this run brought it. One that is left for a later run is not deleted."""
        if file.key in self._fresh or file.asset_id is None:
            return
        wanted = file.item.facts.metadata
        if not fields.missing(wanted, model.NOTHING) and not is_timed(wanted):
            return
        if file.key not in self._found and file.key not in self._unread:
            self._look_at(file)
        if file.key in self._unread:
            file.keep = True
            return
        asset = self._found[file.key]
        if _is_video_part(file.item, asset):
            return
        changes = fields.missing(wanted, asset.metadata)
        if changes.get("rating") == model.REJECTED and self._client.assets.loses_rejections():
            del changes["rating"]
        changes.update(self._undated.missing(file.item, asset))
        if "dateTimeOriginal" in changes and asset.metadata.position is not None:
            changes.update(zip(("latitude", "longitude"), asset.metadata.position))  # beside a date Immich takes the zone of the place
        elif "latitude" in changes and self._client.assets.moves_times() and not self._undated.with_time(file.item, changes, asset):
            del changes["latitude"], changes["longitude"]
            self._unplaced.add(file.key)
        if not changes:
            return
        if not self._predicting:
            self._client.assets.describe(file.asset_id, changes)
        self._found[file.key] = _changed(asset, changes, wanted)
        self._tally.was_completed(file.item)

    def finish(self) -> None:
        """To be called when every file was handled."""
        left = sum(key not in self._fresh for key in self._unread)
        if left:
            self._tally.warn(
                "The metadata of %d files that were already on the server was not completed, because Immich has not read them yet or does "
                "not show them. Run the upload again later to complete it." % left
            )
        if self._unplaced:
            self._tally.warn(
                "The places of %d files that were already on the server were left out: neither the files nor the export say in which time "
                "zone they were taken, and Immich would move their times to the zone of the place." % len(self._unplaced)
            )

    def _look_at(self, file: StoredFile) -> None:
        asset = self._client.assets.get(str(file.asset_id))
        if asset is None or not asset.metadata_read:
            self._unread.add(file.key)
        else:
            self._found[file.key] = asset


def _changed(asset: values.Asset, changes: Mapping[str, Any], wanted: model.Metadata) -> values.Asset:
    """What an asset has once it was changed: what a copy of the same file says later is not filled in again."""
    if "dateTimeOriginal" in changes:
        asset = asset._replace(shown=wanted.taken and wanted.taken.seconds, local=None)  # until Immich has read it
    return asset._replace(metadata=fields.changed(asset.metadata, wanted, changes))


def _is_video_part(item: base.Item, asset: values.Asset) -> bool:
    """Whether it is the video of a live photo, which is hidden, or will be: whatever is known of it belongs to the still.

    Only for one that is not hidden are the files looked into. Whether that was done before, which goes by their order, does not count.
    """
    pair = item.live
    return pair is not None and pair.video is item and (asset.metadata.visibility == "hidden" or pair.is_live_photo)


_MINUTE = 60  # seconds: some exports know no smaller unit
_SAME = 0.0015  # seconds: Immich tells milliseconds, and 1.135 may be one early
_SECOND = 1.0


class Undated:
    """Recognises files that went up without what their export says: Immich shows the date that it makes of the file alone.

    So nothing is overwritten that a user has changed. Where both dates are the same, the description says whether the export was there.
    """

    def __init__(self, options: UploadOptions, media_types: Mapping[str, str]) -> None:
        self._options = options
        self._media_types = media_types

    def missing(self, item: base.Item, asset: values.Asset) -> Dict[str, Any]:
        """The date, the favourite mark and the archive as far as they are missing, as `AssetCalls.describe` takes them.

        The file is looked into where its date is not that of the export, or where something else is missing. Raises as `own_time`.
        """
        item_facts, wanted = item.facts, item.facts.metadata
        if not is_timed(wanted) or wanted.taken is None or asset.shown is None:
            return {}
        rest = self._unmarked(wanted, asset.metadata)
        if not rest and abs(asset.shown - wanted.taken.seconds) < _MINUTE:
            return {}
        own = self._own_time(item)
        named = dates.named_time(item) if self._options.date_from_name else None
        if not _shows(asset, own, named, item_facts.year):
            return {}
        dated = dates.choose_date(item_facts, own, named, item.mtime_ns)
        if _is_moment(dated.original) and abs(dated.seconds - asset.shown) >= _SECOND:
            return {"dateTimeOriginal": dated.original, **rest}
        return rest if not (wanted.description and asset.metadata.description) else {}

    def with_time(self, item: base.Item, changes: Dict[str, Any], asset: values.Asset) -> bool:
        """Adds to a position the time that has to go along, so that Immich does not move it. False if none is known.

        Immich takes a local time without a zone for UTC, and shows it in the zone of the place. What has a zone, as a video has, or no time
        but that of the file's last change, stays. The file is looked into where Immich knows no zone. Raises as `own_time`.
        """
        taken = item.facts.metadata.taken
        if "dateTimeOriginal" in changes or asset.metadata.zone not in (None, "UTC", "UTC+0") or asset.shown is None or asset.local is None:
            return True
        own = self._own_time(item)
        if own is not None and own.offset is not None:
            return True
        if own is None and asset.modified is not None and abs(asset.shown - asset.modified) <= _SAME:
            return True
        local, moment = _times.from_seconds(asset.local), None if taken is None else _times.from_seconds(taken.seconds)
        offset = (
            None if local is None or moment is None or taken is None else dates.zone_of(local, moment, minutes=taken.basis == model.MINUTE)
        )
        if local is None or not offset:
            return False
        changes["dateTimeOriginal"] = _times.to_iso(local, offset)
        return True

    def _own_time(self, item: base.Item) -> Optional[model.LocalTime]:
        return dates.own_time(item, video=self._media_types.get(item.extension) == "video")

    def _unmarked(self, wanted: model.Metadata, has: model.Metadata) -> Dict[str, Any]:
        missing: Dict[str, Any] = {}
        if wanted.favorite and not has.favorite:
            missing["isFavorite"] = True
        if wanted.visibility == "archive" and has.visibility == self._options.visibility == "timeline":
            missing["visibility"] = "archive"
        return missing


def is_timed(metadata: model.Metadata) -> bool:
    """Whether an export says when a file was taken; what comes from a server is not for this."""
    return metadata.taken is not None and not metadata.is_read


def _is_moment(text: Optional[str]) -> bool:
    """Whether a time in ISO 8601 has an offset."""
    return text is not None and (text[-1] == "Z" or text[-6] in "+-")


def _shows(asset: values.Asset, own: Optional[model.LocalTime], named: Optional[NamedTime], year: Optional[int]) -> bool:
    """Whether Immich shows what it makes of a file that was sent without an export: its own time, or else that of its last change, or what
    its name or folder says.

    Of a later export the file has another time of last change, so that the one counts that Immich got.
    """
    if own is not None:
        locals_sent = [own.local]
    elif asset.shown is not None and asset.modified is not None and abs(asset.shown - asset.modified) <= _SAME:
        return True
    else:
        locals_sent = [named.local] if named is not None else []
        locals_sent += [datetime(year, 1, 1)] if year is not None and 1 <= year <= 9999 else []
    return any(asset.local is not None and abs(asset.local - _times.to_seconds(local)) < _SECOND for local in locals_sent)
