# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The photos of the source that belong together, on the target: live photos, stacks and albums."""

from __future__ import annotations

from typing import Any, Dict, Iterator, List, Optional, Sequence, Set, Tuple

from .. import _ids, _times, _writers
from .._client import errors, values
from .._client.endpoints.assets import CHECK_BATCH
from .._naming.stacks import Picture, PictureGroup
from .._run import tally
from .._stacks import planning
from .context import CopyContext, Counterpart

_STACKS_AT_ONCE = 500


class LivePhotoCopier:
    """Joins stills with their videos; in check mode only counts them. Both went up apart, the video hidden from the start.

    `videos` has the checksums of the source's videos by their ids.
    """

    def __init__(self, context: CopyContext, videos: _ids.CompactMap) -> None:
        self._context = context
        self._videos = videos
        self._joiner = _writers.LiveJoiner(context.target, predicting=context.predicting, trash=context.trash)

    @property
    def joined(self) -> int:
        """How many were joined."""
        return self._joiner.joined

    def copy(self) -> None:
        """Copies all live photos. A still that has another video keeps that."""
        alone = 0
        for page in self._context.source.live_stills():
            alone += self._join(self._joiner.stills.missing(self._context.counterparts(page)))
        if alone:
            self._context.tally.warn("%d live photos are on the target without their videos, which could not be copied." % alone)

    def _join(self, stills: Sequence[Counterpart]) -> int:
        """Returns how many have no video on the target."""
        alone = 0
        known = self._known([self._sha1(still) for still in stills])
        for still in stills:
            sha1 = self._sha1(still)
            video = known.get(sha1)
            if video is None and bytes.fromhex(sha1) not in self._context.expected:
                alone += 1
                continue
            try:
                self._joiner.join(still, video.asset_id if video else None)
            except errors.ImmichError as exc:
                if exc.fatal:
                    raise
                self._context.tally.failed(still.path, exc.during("It is not joined with its video"))
                continue
            self._context.note_activity()
        return alone

    def _sha1(self, still: Counterpart) -> str:
        """Of its video; empty if the source did not give that."""
        video = still.asset.live_video
        return "" if video is None else (self._videos.get(_ids.pack_id(video)) or b"").hex()

    def _known(self, sha1s: Sequence[str]) -> Dict[str, values.KnownAsset]:
        on_target: Dict[str, values.KnownAsset] = {}
        distinct: List[str] = [sha1 for sha1 in dict.fromkeys(sha1s) if sha1]
        for start in range(0, len(distinct), CHECK_BATCH):
            on_target.update(self._context.target.assets.check(distinct[start : start + CHECK_BATCH]))
        return {sha1: asset for sha1, asset in on_target.items() if not asset.trashed}


class StackCopier:
    """Makes the source's stacks with their covers, and completes them. A stack that the target has keeps its cover.

    Those of a month are compared with the target's together: it tells its stacks month by month, and a month with most of a library is too
    much to be read again for each part of them.
    """

    def __init__(self, context: CopyContext) -> None:
        self._context = context
        self._stacks: List[List[values.Asset]] = []  # of which the target is to be asked
        self._groups: List[PictureGroup] = []  # that it has, and their stacks are to be compared
        self._new: Set[str] = set()
        self._writer = planning.StackWriter(context.target, context.tally.warn, context.note_activity, predicting=context.predicting)

    def copy(self) -> None:
        """Copies all stacks."""
        month: Optional[Tuple[int, int]] = None
        for stack in self._context.source.stacks():
            self._context.note_activity()
            before, month = month, _month_of(stack) or month
            if month != before and len(self._groups) + len(self._stacks) >= _STACKS_AT_ONCE:
                self._write()
            self._stacks.append(stack)
            if len(self._stacks) == _STACKS_AT_ONCE:
                self._find()
        self._write()

    def result(self) -> Dict[str, int]:
        """How many were made, completed, and left alone; none gets another cover."""
        counts = self._writer.result()
        return {action: counts[action] for action in (planning.CREATED, planning.COMPLETED, "left_alone")}

    def lines(self) -> List[str]:
        """What changes, a line each."""
        return self._writer.lines

    def _find(self) -> None:
        """Finds out what of the stacks the target has."""
        stacks, self._stacks = self._stacks, []
        there = self._context.counterparts([asset for stack in stacks for asset in stack])
        ids = {counterpart.asset.id: counterpart.asset_id for counterpart in there if counterpart.asset_id is not None}
        # In check mode what would be new has no id yet. Outside the timeline it would be in no stack.
        new = {
            counterpart.asset.id: counterpart.asset.sha1
            for counterpart in there
            if counterpart.asset_id is None and counterpart.asset.metadata.visibility == "timeline"
        }
        ids.update(new)
        self._groups += _groups(stacks, ids)
        self._new.update(new.values())

    def _write(self) -> None:
        self._find()
        groups, new = self._groups, self._new
        self._groups, self._new = [], set()
        self._writer.write(groups, self._fail, new=new)

    def _fail(self, change: planning.StackChange, error: errors.ImmichError) -> None:
        self._context.tally.failed(", ".join(change.after), error.during("The stack is not on the target"))


def _month_of(stack: List[values.Asset]) -> Optional[Tuple[int, int]]:
    """Year and month in which the timeline shows it, as far as that is known."""
    moment = _times.from_seconds(stack[0].local) if stack else None
    return None if moment is None else (moment.year, moment.month)


def _groups(stacks: List[List[values.Asset]], ids: Dict[str, str]) -> Iterator[PictureGroup]:
    """Those of which the target has two assets at least, by their ids there."""
    for stack in stacks:
        pictures = [
            Picture(ids[asset.id], None, asset.name, asset.taken, None, asset.kind == "image") for asset in stack if asset.id in ids
        ]
        members = {picture.key: picture for picture in pictures}
        if len(members) > 1:
            yield PictureGroup("", tuple(members.values()))


_NEW_ONES_ORDER = "desc"
_OWNER = "the target's user"


class AlbumCopier:
    """Makes and fills the albums; in check mode only computes what it would do.

    The first of several albums of a name, by when they were made, is the first of that name on the target, and so on: so that a later run,
    or one after a run that was killed, finds them again.
    """

    def __init__(self, context: CopyContext, *, shares: bool) -> None:
        self._context = context
        self._shares = shares
        self._users: Optional[Dict[str, str]] = None
        self.results: List[Dict[str, Any]] = []

    def copy(self, *, with_empty: bool) -> None:
        """Copies all albums. Without `with_empty` an album of which the target has nothing is left out."""
        by_name: Dict[str, List[values.Album]] = {}
        known: Set[str] = set()
        for album in sorted(self._context.target.albums.mine(), key=lambda album: (album.created, album.id)):
            known.add(album.id)
            if values.LEASE_MARK not in album.description:
                by_name.setdefault(album.name, []).append(album)
        for album in self._context.source.albums():
            named = by_name.get(album.name, [])
            album_copy = AlbumCopy(self._context, album, named.pop(0) if named else None, known)
            try:
                album_copy.fill(with_empty=with_empty)
                if self._shares and album.users and album_copy.exists:
                    album_copy.share(self._users_of(album))
            except errors.ImmichError as exc:
                if exc.fatal:
                    raise
                error = exc.during("The album was copied only partly")
                self._context.tally.failed("album %s" % album.name, error)
            if album_copy.changed:
                self.results.append(album_copy.result())

    def lines(self) -> List[str]:
        """What changes, a line each."""
        return tally.added_lines("album", self.results)

    def _users_of(self, album: values.Album) -> List[values.AlbumUser]:
        """Those of the target with whom an album is to be shared. Says whom the target does not know."""
        if self._users is None:
            self._users = self._context.target.server.user_ids()
            me = self._context.target.server.me().id
            self._users = {email: _OWNER if user_id == me else user_id for email, user_id in self._users.items()}
        users = []
        for user in album.users:
            user_id = self._users.get(user.email.lower())
            if user_id is None:
                self._context.tally.warn(
                    "The album '%s' is not shared with %s, because the target has no user with this e-mail address."
                    % (album.name, user.email)
                )
            elif user_id != _OWNER:
                users.append(user._replace(id=user_id))
        return users


class AlbumCopy:
    """An album of the source, and `on_target` the one that the target has of it. `known` are the ids of all albums that the target is
    known to have.

    One without photos counts as just made: it gets its description and its order. Others keep theirs.
    """

    def __init__(self, context: CopyContext, album: values.Album, on_target: Optional[values.Album], known: Set[str]) -> None:
        self._context = context
        self._known = known
        self._album = album
        self._on_target = on_target
        self._writer = _writers.AlbumWriter(context.target, album.name, on_target, predicting=context.predicting, trash=context.trash)
        self._is_ready = on_target is not None and on_target.asset_count > 0
        self._is_wanted = False
        self._shared = 0
        self.changed = False

    @property
    def exists(self) -> bool:
        """Whether the target has it, or would."""
        return self._on_target is not None or self._is_wanted

    def fill(self, *, with_empty: bool) -> None:
        """Makes it if it is missing, and adds what it lacks."""
        if with_empty:
            self._make_ready()
        for page in self._context.source.members(self._album.id):
            missing = self._writer.assets.missing(self._context.counterparts(page))
            if missing:
                self._make_ready()
            for start in range(0, len(missing), _writers.ALBUM_BATCH):
                self._add(missing[start : start + _writers.ALBUM_BATCH])

    def share(self, users: Sequence[values.AlbumUser]) -> None:
        """Shares it with those of these users who do not see it yet."""
        known = {user.id for user in self._on_target.users} if self._on_target else set()
        new = [user for user in users if user.id not in known]
        if not new:
            return
        if not self._context.predicting and self._on_target is not None:
            self._context.target.albums.share(self._on_target.id, new)
        self._shared = len(new)
        self.changed = True

    def result(self) -> Dict[str, Any]:
        """What the module returns about it."""
        return {**self._writer.result(), "shared_with": self._shared}

    def _make_ready(self) -> None:
        if self._is_ready:
            return
        self._is_ready = self._is_wanted = True
        order = self._album.order or _NEW_ONES_ORDER
        if self._on_target is None:
            self.changed = True
            if not self._context.predicting:
                self._on_target = self._writer.create(self._album.description, self._known)
        elif (self._on_target.description, self._on_target.order) != (self._album.description, order):
            self.changed = True
        if self._context.predicting or self._on_target is None:
            return
        if self._on_target.description != self._album.description:
            self._on_target = self._context.target.albums.update(self._on_target.id, description=self._album.description)
        if self._on_target.order != order:
            self._on_target = self._context.target.albums.sort(self._on_target.id, order)
        self._context.note_activity()

    def _add(self, part: Sequence[Counterpart]) -> None:
        self.changed = True
        for word in sorted(set(self._writer.add(part).values())):
            self._context.tally.warn(self._writer.refusal(word))
        self._context.note_activity()
