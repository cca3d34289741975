# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is done with files once the server has them: out of the trash, into albums, tags, and away from the local disk.

In batches while files arrive, so that an interrupted run leaves little undone; the next run does the rest, since it looks at
files that the server had before as well. Private to the collection.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import Any, Dict, Iterator, List, Optional, Sequence, Set

from ..._client import errors
from ..._client.api import Immich
from ..options import Options
from ..reporting.tally import Tally
from .albums import Albums, Target
from .members import Placed, key_of, without_repeats
from .removal import Removal
from .tags import Tags

# Assets in one call. Immich rewrites the metadata of each asset that gets a tag, one after the other (observed: some 5 ms each on
# an idle machine, 170 ms on one with no time to spare), so that many at once would look like a server that hangs.
_AT_ONCE = 1000
_TAGGED_AT_ONCE = 50

_NOT_IN_ALBUM = "It is not in its album '%s': "

# What went wrong with a file, by the identity of its `Placed`.
Failed = Dict[int, errors.ImmichError]


class Organiser:
    """Does it, or with `predicting` only finds out what it would do. Used by one thread."""

    def __init__(self, client: Immich, options: Options, tally: Tally, *, predicting: bool) -> None:
        self._client = client
        self._options = options
        self._tally = tally
        self._predicting = predicting
        self._albums = Albums(client, album_id=options.album_id, predicting=predicting)
        self._tags = Tags(client, options.tags, predicting=predicting)
        self._removal = Removal(client.assets, tally, predicting=predicting)
        self._hidden_keys: Optional[Set[bytes]] = None

    def look_up(self) -> None:
        """Finds out early about an album that does not exist or a name that is not clear."""
        key = self._options.album_id or self._options.album
        if key:
            self._albums.target(key)

    def handle(self, batch: Sequence[Placed]) -> None:
        """Takes care of some files. Raises only what would stop the whole run; other failures are told to the tally."""
        failed: Failed = {}
        self._restore([one for one in batch if one.trashed], failed)
        active = [one for one in batch if (not one.trashed or self._options.restore_trashed) and id(one) not in failed]
        self._fill_albums(active, failed)
        if self._options.tags:
            with _noting("It has not got its tags: ", active, failed):
                self._tag(active)
        for one in batch:
            error = failed.get(id(one))
            if error is not None:
                self._tally.failed(one.media.path, error, media=one.media, asset_id=one.asset_id)
        if self._options.delete_local:
            self._removal.delete([one for one in active if id(one) not in failed and not one.keep])

    def finish(self) -> None:
        """To be called when every file was handled, and only then."""
        self._removal.finish()

    def albums(self) -> List[Dict[str, Any]]:
        """The albums that were made or added to."""
        return [target.result() for target in list(self._albums.targets.values()) if target.added or target.made]

    def tags(self) -> List[Dict[str, Any]]:
        """The tags that were made or given."""
        return [tag.result() for tag in self._tags.used()]

    def _restore(self, placed: Sequence[Placed], failed: Failed) -> None:
        if not placed or not self._options.restore_trashed:
            return
        with _noting("It is still in the trash: ", placed, failed):
            if not self._predicting:
                self._client.assets.restore([str(one.asset_id) for one in without_repeats(placed)])
            self._tally.was_restored([one.media for one in placed])

    def _fill_albums(self, active: Sequence[Placed], failed: Failed) -> None:
        by_album: Dict[str, List[Placed]] = {}
        for one in active:
            if one.media.folder.album is not None:
                by_album.setdefault(one.media.folder.album, []).append(one)
        lacking: Dict[str, List[Placed]] = {}
        made: Dict[str, Target] = {}
        for key, placed in by_album.items():
            with _noting(_NOT_IN_ALBUM % key, placed, failed):
                part = self._lacking(self._albums.target(key), placed)
                if part and not self._predicting:
                    made.update(self._make(key))
                lacking[key] = part
        agreed = not made
        with _noting(_NOT_IN_ALBUM % "', '".join(made), [one for key in made for one in by_album[key]], failed):
            self._albums.agree(list(made.values()))
            agreed = True
        for key in [key for key in lacking if agreed or key not in made]:
            with _noting(_NOT_IN_ALBUM % key, by_album[key], failed):
                self._add(self._albums.target(key), lacking[key], by_album[key], failed)

    def _make(self, key: str) -> Dict[str, Target]:
        """The album if it had to be made."""
        target = self._albums.target(key)
        if target.id is not None:
            return {}
        target.make()
        return {key: target}

    def _lacking(self, target: Target, placed: Sequence[Placed]) -> List[Placed]:
        return self._visible([one for one in without_repeats(placed) if target.members.lacks(one)])

    def _add(self, target: Target, lacking: Sequence[Placed], placed: Sequence[Placed], failed: Failed) -> None:
        for start in range(0, len(lacking), _AT_ONCE):
            part = lacking[start : start + _AT_ONCE]
            if self._predicting:
                target.added += len(part)
            else:
                self._send_to(target, part, placed, failed)
            target.members.add(part)

    def _send_to(self, target: Target, part: Sequence[Placed], placed: Sequence[Placed], failed: Failed) -> None:
        answers = self._client.albums.add(str(target.id), [str(one.asset_id) for one in part])
        target.added += sum(answer.success for answer in answers)
        refused = {key_of(answer.id): answer.error for answer in answers if not answer.success and answer.error != "duplicate"}
        if not refused:
            return
        for one in placed:
            word = refused.get(one.key)
            if word is None:
                continue
            if one.fresh:
                failed[id(one)] = errors.InvalidRequest("It is not in its album '%s': Immich answered %s." % (target.name, word))
            else:
                one.keep = True
                self._tally.warn(
                    "Some files that were there before are not in album '%s': Immich answered %s, as it does for what "
                    "lies in the locked folder." % (target.name, word)
                )

    def _tag(self, placed: Sequence[Placed]) -> None:
        tags = self._tags.all
        for missing, lacking in self._tags.lacking(without_repeats(placed)).items():
            seen = self._visible(lacking)
            for start in range(0, len(seen), _TAGGED_AT_ONCE):
                part = seen[start : start + _TAGGED_AT_ONCE]
                count = len(part) * len(missing)
                if not self._predicting:
                    self._tags.make()
                    ids = [str(tags[number].id) for number in missing]
                    count = self._client.tags.add(ids, [str(one.asset_id) for one in part])
                for number in missing:
                    tags[number].added += -(-count // len(missing))
                    tags[number].members.add(part)

    def _visible(self, lacking: List[Placed]) -> List[Placed]:
        """Leaves out what Immich hides: the video of a live photo, which it takes out of all albums when it finds the photo."""
        if self._options.visibility == "hidden" or all(one.fresh or one.asset_id is None for one in lacking):
            return lacking
        if self._hidden_keys is None:
            self._hidden_keys = {key_of(asset_id) for asset_id in self._client.assets.ids_where(visibility="hidden")}
        return [one for one in lacking if one.fresh or one.key not in self._hidden_keys]


@contextmanager
def _noting(what: str, placed: Sequence[Placed], failed: Failed) -> Iterator[None]:
    """A failure that is only about these files is noted for each of them; one that would stop the whole run goes on."""
    try:
        yield
    except errors.ImmichError as exc:
        if exc.fatal:
            raise
        exc.msg = what + exc.msg
        failed.update((id(one), exc) for one in placed)


def scopes(options: Options) -> Dict[str, str]:
    """The scopes that a run needs, each with what it is for."""
    wanted = {"asset.upload": "check and upload files"}
    if options.album or options.album_from != "none":
        wanted.update({"album.read": "find albums", "album.create": "make albums"})
    if options.album_id:
        wanted["album.read"] = "find the album"
    if options.album or options.album_id or options.album_from != "none":
        wanted["albumAsset.create"] = "add to albums"
        wanted["asset.read"] = "see what is in them already"
    if options.tags:
        wanted.update({"tag.read": "find tags", "tag.create": "make tags", "tag.asset": "tag files"})
        wanted.setdefault("asset.read", "see what has them already")
    if options.restore_trashed:
        wanted["asset.delete"] = "take files out of the trash"
    return wanted
