# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Joins the stills and videos of live photos, so that Immich shows one photo that plays.

Both halves go up like any other file, the video hidden from the start, and are joined once both are there: so a pair of which one half
was there before, or of which a run that was killed brought one, is completed in the same way.
"""

from __future__ import annotations

from typing import Dict, List, Sequence, Set, Tuple

from ... import _ids, _writers
from ..._client import api
from ..._files import base, live
from ..item_tally import ItemTally
from .stored import StoredFile

SCOPES = ("asset.read", "asset.update")

_LACKS_SCOPES = "Live photos are uploaded as a photo and a video each, because the API key lacks the scope %s."
_LACKS_LIBRARY = (
    "Live photos are uploaded as a photo and a video each, because whether a photo and a video belong together cannot be seen without "
    "the Python library %s. Install it on this host (on Debian and Ubuntu it is the package python3-%s) and run the upload again to "
    "join them."
)
_ASKED_ONE_BY_ONE = 20  # files: a look at more of them begins with a list of all assets

_OUT_OF_REACH = "%s and its video were not joined: Immich does not show the photo, as if it were in the locked folder."


class LivePhotos:
    """Joins pairs, in check mode only counts them. But for `is_hidden_video` and `is_sent_hidden` it is used by one thread.

    Without the scopes `asset.read` and `asset.update`, or where it is not `wanted`, the halves stay apart, as two assets. With
    `all_are_hidden` all files are to be hidden, so that it does not tell a video.
    """

    def __init__(self, client: api.Immich, tally: ItemTally, *, wanted: bool, all_are_hidden: bool, predicting: bool) -> None:
        self._all_are_hidden = all_are_hidden
        self._client = client
        self._tally = tally
        self._wanted = wanted
        self._joiner = _writers.LiveJoiner(client, predicting=predicting)
        self._lacking = [scope for scope in SCOPES if not client.has_scope(scope)]
        self._halves: Dict[live.LivePair, StoredFile] = {}
        self._videos = _ids.CompactMap(_ids.ID_SIZE)  # that this run joined with their stills
        self._sent_hidden: Set[bytes] = set()  # the checksums of videos

    @property
    def joined(self) -> int:
        """How many were joined."""
        return self._joiner.joined

    def is_hidden_video(self, item: base.Item) -> bool:
        """Whether a file is to be hidden, because it is the video of a live photo. The file is looked into for that."""
        pair = item.live
        if pair is None or pair.video is not item or not self._wanted:
            return False
        is_one = pair.is_live_photo
        if pair.missing_library is not None:
            self._tally.warn(_LACKS_LIBRARY % (pair.missing_library, pair.missing_library))
        if is_one and self._lacking:
            self._tally.warn(_LACKS_SCOPES % " and ".join(self._lacking))
        return is_one and not self._lacking

    def is_sent_hidden(self, item: base.Item) -> bool:
        """The same for a file that is about to be sent, or in check mode would be: copies of it belong to its still as well."""
        is_hidden = self.is_hidden_video(item)
        if is_hidden:
            self._sent_hidden.add(item.sha1)
        return is_hidden

    def pairs_of(self, files: Sequence[StoredFile]) -> List[Tuple[StoredFile, StoredFile]]:
        """The pairs, still and video, of which the second half is among these files, and the first as well, or in an earlier call."""
        pairs = []
        for file in files:
            pair = file.item.live
            if pair is None:
                continue
            other = self._halves.pop(pair, None)
            if other is None:
                self._halves[pair] = file
            else:
                pairs.append((file, other) if pair.still is file.item else (other, file))
        return pairs

    def is_waiting(self, file: StoredFile) -> bool:
        """Whether this is half of a pair whose other half has not come yet, or of which a later run can tell whether it is one."""
        pair = file.item.live
        return pair is not None and (pair.missing_library is not None or self._halves.get(pair) is file)

    def join(self, still: StoredFile, video: StoredFile) -> None:
        """Joins a pair, unless it is joined already or was not taken together. A still that has another video keeps that.

        A pair whose video this run brought counts, though Immich may have been faster.
        """
        if (
            self._lacking
            or self._joiner.stills.has(still.key, is_new=still.fresh or video.fresh)
            or not self.is_hidden_video(video.item)
            or not self._can_be_joined(still, video)
        ):
            return
        self._joiner.join(still, video.asset_id)
        self._videos.add(video.key)

    def without_videos(self, files: Sequence[StoredFile]) -> List[StoredFile]:
        """Leaves out the videos that this run brought or joined, and their copies: they are hidden, and belong to their stills.

        Those that were there before are known by being hidden; where all files are to be, they are looked into again.
        """
        return [file for file in files if not self._belongs_to_still(file)]

    def _belongs_to_still(self, file: StoredFile) -> bool:
        item = file.item
        if file.fresh:
            return item.live is not None and self.is_sent_hidden(item)
        if item.sha1 in self._sent_hidden or file.key in self._videos:
            return True
        return self._all_are_hidden and item.live is not None and self.is_hidden_video(item)

    def _can_be_joined(self, still: StoredFile, video: StoredFile) -> bool:
        """Whether the still can be changed and has no video: another client may have joined or hidden it."""
        if still.fresh or still.asset_id is None:
            return True
        asset = self._client.assets.get(still.asset_id)
        if asset is None:
            self._tally.warn(_OUT_OF_REACH % still.item.path)
            return False
        return asset.live_video is None or (video.fresh and asset.live_video == video.asset_id)


class HiddenAssets:
    """The files that Immich hides, with `trash` those in the trash as well. `all_are_meant_to` be hidden: then none is left out.

    `locked` tells what no key reaches.
    """

    def __init__(self, client: api.Immich, tally: ItemTally, *, all_are_meant_to: bool, trash: bool) -> None:
        self._all_are_meant_to = all_are_meant_to
        self.locked = LockedAssets(client, tally)
        self._assets = _writers.AssetSet(lambda: _writers.ids_where(client, visibility="hidden", trash=trash), remember=False)

    def exclude_from(self, files: List[StoredFile]) -> List[StoredFile]:
        """Leaves out what Immich hides: the video of a live photo, which it takes out of all albums when it finds the photo."""
        if self._all_are_meant_to or all(file.fresh or file.asset_id is None for file in files):
            return files
        return [file for file in files if not self._assets.has(file.key, is_new=file.fresh)]


class LockedAssets:
    """Tells which files no API key reaches, because they are in the locked folder. Without the scope `asset.read` it knows of none."""

    def __init__(self, client: api.Immich, tally: ItemTally) -> None:
        self._client = client
        self._tally = tally
        self._can_look = client.has_scope("asset.read")
        # Where many are to be looked at, a list of all assets spares a request for each. One that came after the list is asked for itself.
        self._shown = _writers.AssetSet(lambda: _writers.ids_where(client, trash=True), remember=False)
        self._locked = _ids.CompactMap(_ids.ID_SIZE)

    def exclude_from(self, files: List[StoredFile], warning: str) -> List[StoredFile]:
        """Leaves out what is locked, with this warning if there is any. The local files of that are kept."""
        known = {file.key: file for file in files if not file.fresh and file.asset_id is not None} if self._can_look else {}
        if len(known) > _ASKED_ONE_BY_ONE:
            known = {key: file for key, file in known.items() if not self._shown.has(key)}
        locked = {key for key, file in known.items() if self._is_locked(file)}
        if not locked:
            return files
        self._tally.warn(warning)
        for file in files:
            file.keep = file.keep or file.key in locked
        return [file for file in files if file.key not in locked]

    def _is_locked(self, file: StoredFile) -> bool:
        if file.key in self._locked:
            return True
        if self._client.assets.get(str(file.asset_id)) is not None:
            return False
        self._locked.add(file.key)
        return True
