# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The source's albums on the target."""

from __future__ import annotations

from typing import Any, Dict, List, Optional, Sequence, Set

from .._client import errors, values
from .._writers import ALBUM_BATCH, AlbumWriter, added_lines
from .context import CopyContext, Counterpart

_NEW_ONES_ORDER = "desc"
_OWNER = "the target's user"


class AlbumCopier:
    """Makes and fills them; in check mode only computes what it would do.

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
        there: Dict[str, List[values.Album]] = {}
        known: Set[str] = set()
        for album in sorted(self._context.target.albums.mine(), key=lambda album: (album.created, album.id)):
            known.add(album.id)
            if values.LEASE_MARK not in album.description:
                there.setdefault(album.name, []).append(album)
        for album in self._context.source.albums():
            named = there.get(album.name, [])
            one = AlbumCopy(self._context, album, named.pop(0) if named else None, known)
            try:
                one.fill(with_empty=with_empty)
                if self._shares and album.users and one.exists:
                    one.share(self._users_of(album))
            except errors.ImmichError as exc:
                if exc.fatal:
                    raise
                error = exc.with_msg("The album was copied only partly: %s" % exc.msg)
                self._context.tally.failed("album %s" % album.name, error)
            if one.changed:
                self.results.append(one.result())

    def lines(self) -> List[str]:
        """What changes, a line each."""
        return added_lines("album", self.results)

    def _users_of(self, album: values.Album) -> List[values.AlbumUser]:
        """Those of the target with whom an album is to be shared. Says whom the target does not know."""
        if self._users is None:
            self._users = self._context.target.server.user_ids()
            me = self._context.target.server.me().id
            self._users = {email: _OWNER if user_id == me else user_id for email, user_id in self._users.items()}
        found = []
        for user in album.users:
            user_id = self._users.get(user.email.lower())
            if user_id is None:
                self._context.tally.warn(
                    "The album '%s' is not shared with %s, because the target has no user with this e-mail address."
                    % (album.name, user.email)
                )
            elif user_id != _OWNER:
                found.append(user._replace(id=user_id))
        return found


class AlbumCopy:
    """An album of the source, and `there` what the target has of it. `known` are the ids of all albums that the target is known to have.

    One without photos counts as just made: it gets its description and its order. Others keep theirs.
    """

    def __init__(self, context: CopyContext, album: values.Album, there: Optional[values.Album], known: Set[str]) -> None:
        self._context = context
        self._known = known
        self._album = album
        self._there = there
        self._writer = AlbumWriter(context.target, album.name, there, predicting=context.predicting, trash=context.trash)
        self._is_ready = there is not None and there.asset_count > 0
        self._is_wanted = False
        self._shared = 0
        self.changed = False

    @property
    def exists(self) -> bool:
        """Whether the target has it, or would."""
        return self._there is not None or self._is_wanted

    def fill(self, *, with_empty: bool) -> None:
        """Makes it if it is missing, and adds what it lacks."""
        if with_empty:
            self._make_ready()
        for page in self._context.source.members(self._album.id):
            missing = self._writer.assets.missing(self._context.counterparts(page))
            if missing:
                self._make_ready()
            for start in range(0, len(missing), ALBUM_BATCH):
                self._add(missing[start : start + ALBUM_BATCH])

    def share(self, users: Sequence[values.AlbumUser]) -> None:
        """Shares it with those of these users who do not see it yet."""
        known = {user.id for user in self._there.users} if self._there else set()
        new = [user for user in users if user.id not in known]
        if not new:
            return
        if not self._context.predicting and self._there is not None:
            self._context.target.albums.share(self._there.id, new)
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
        if self._there is None:
            self.changed = True
            if not self._context.predicting:
                self._there = self._writer.create(self._album.description, self._known)
        elif (self._there.description, self._there.order) != (self._album.description, order):
            self.changed = True
        if self._context.predicting or self._there is None:
            return
        if self._there.description != self._album.description:
            self._there = self._context.target.albums.update(self._there.id, description=self._album.description)
        if self._there.order != order:
            self._there = self._context.target.albums.sort(self._there.id, order)
        self._context.moved()

    def _add(self, part: Sequence[Counterpart]) -> None:
        self.changed = True
        for word in sorted(set(self._writer.add(part).values())):
            self._context.tally.warn(self._writer.refusal(word))
        self._context.moved()
