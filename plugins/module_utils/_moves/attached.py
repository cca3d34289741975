# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What else there is of an asset than its own values, and the file in which it is kept while a library moves.

Once a scan misses the file of an asset, Immich no longer tells in which shared links, stacks and memories it is, of which albums it is the
cover, and who has commented on it (observed on 1.135 to 3.1). So all of it is written down before the scan. The record also lets a run go
on that another one began, whenever that died: what is done, the server tells.
"""

from __future__ import annotations

import json
from typing import Any, Callable, Dict, Mapping, NamedTuple, Optional, Sequence, Set, Tuple

from .. import _ids, _own_files, _text
from .._client import api, errors, values, versions
from .._client.endpoints.attachments import AttachmentCalls
from .._client.endpoints.duplicates import EDITOR, OWNER, DuplicateCalls

_FORMAT = "photoyard.immich move"
_VERSION = 1
_LARGEST = 512 << 20  # bytes: more than a million assets


class Attachments(NamedTuple):
    """What there is of an asset: tags by their values, all else by ids. `covers` are the albums that it is the cover of, `stack` has all
    assets of its stack with the cover first, `video` is that of a live photo, `people` says whether it has names of people that can be
    carried over. `comments` counts comments and likes. `trashed`: its user has put it into the trash."""

    tags: Tuple[str, ...] = ()
    albums: Tuple[str, ...] = ()
    covers: Tuple[str, ...] = ()
    links: Tuple[str, ...] = ()
    memories: Tuple[str, ...] = ()
    stack: Tuple[str, ...] = ()
    duplicate: Optional[str] = None
    video: Optional[str] = None
    people: bool = False
    comments: int = 0
    trashed: bool = False


NOTHING = Attachments()
_LISTS_OF_IDS = ("albums", "covers", "links", "memories", "stack")
_IDS = ("duplicate", "video")


def read_attached(client: api.Immich, assets: Sequence[values.Asset], check_stop: Callable[[], None]) -> Dict[str, Attachments]:
    """What there is of these assets of the key's user, by their ids. One that is gone by now is left out."""
    calls, details = AttachmentCalls(client), DuplicateCalls(client)
    cover_roles = (OWNER, EDITOR) if client.supports(versions.EDITORS_SET_COVERS) else (OWNER,)
    links, memories = details.links(), calls.memories()
    some_archived = client.assets.has_any(values.Search("archive"))
    stacks: Dict[str, Tuple[str, ...]] = {}
    by_asset: Dict[str, Attachments] = {}
    for placed in assets:
        check_stop()
        member = client.assets.get(placed.id)
        if member is None:
            continue
        stack_id = member.stack_id
        if stack_id is None and some_archived:  # Immich names no stack of which the others are in the archive
            stack_id = client.stacks.covered_by(placed.id)
        if stack_id is not None and stack_id not in stacks:
            stacks[stack_id] = _members_of(client, stack_id)
        albums = details.albums_of(placed.id, placed.owner)
        by_asset[placed.id] = Attachments(
            tags=tuple(sorted(member.tags.values())),
            albums=tuple(album.id for album in albums),
            covers=tuple(album.id for album in albums if album.cover == placed.id and album.role in cover_roles),
            links=tuple(sorted(links.get(placed.id, ()))),
            memories=tuple(memory_id for memory_id, asset_ids in memories.items() if placed.id in asset_ids),
            stack=stacks.get(stack_id or "", ()),
            duplicate=member.duplicate_id,
            video=member.live_video,
            # Those of an asset that is shown with changes are marked in the changed picture, and the changes stay behind.
            people=bool(member.people) and not placed.edited,
            trashed=member.trashed and not placed.missing,
        )
    for stack in stacks.values():  # that its others may not name, if they are in the archive
        for asset_id in by_asset.keys() & set(stack):
            by_asset[asset_id] = by_asset[asset_id]._replace(stack=stack)
    album_ids: Set[str] = {album_id for attached in by_asset.values() for album_id in attached.albums}
    for album_id in sorted(album_ids):
        check_stop()
        for asset_id, number in calls.comments(album_id).items():
            if asset_id in by_asset:
                by_asset[asset_id] = by_asset[asset_id]._replace(comments=by_asset[asset_id].comments + number)
    return by_asset


def _members_of(client: api.Immich, stack_id: str) -> Tuple[str, ...]:
    try:
        stack = client.stacks.get(stack_id)
    except errors.NotFound:  # taken apart in this moment
        return ()
    return tuple(sorted(stack.members, key=lambda asset_id: asset_id != stack.cover))


class MoveRecord:
    """The record of a move. `attached` has what there was of each asset before the scan, by ids."""

    def __init__(self, path: str, server: str, library_id: str, moved_from: str) -> None:
        """Reads the file, which may be missing. `server` is its address. Raises `LocalFailure`, and `InvalidRequest` for the record of
        another move."""
        self._path = path
        self._about = {"server": server, "library": library_id, "moved_from": moved_from}
        self.attached: Dict[str, Attachments] = {}
        _own_files.refuse_foreign(path, _is_record, option="move_record", what="the record of a move")
        try:
            content = _own_files.read_start(path, _LARGEST)
        except OSError as exc:
            raise errors.unreadable(exc, _text.printable(path)) from exc
        if content:
            self._read(content)

    def save(self, attached: Mapping[str, Attachments]) -> None:
        """Replaces what is recorded, so that it outlives a power failure. Raises `LocalFailure`."""
        self.attached = dict(attached)
        assets = {
            asset_id: {name: value for name, value in of_asset._asdict().items() if value != getattr(NOTHING, name)}
            for asset_id, of_asset in attached.items()
        }
        content = {"format": _FORMAT, "version": _VERSION, **self._about, "assets": assets}
        with _own_files.failing("%s could not be written" % _text.printable(self._path), advice=" Nothing was changed."):
            _own_files.write_whole(self._path, json.dumps(content).encode())

    def _read(self, content: bytes) -> None:
        name = _text.printable(self._path)
        try:
            record = _text.parse_json(content)
            heading = {key: record[key] for key in self._about}
            self.attached = {_ids.checked_uuid(asset_id): _parse(entry) for asset_id, entry in record["assets"].items()}
            known = record["version"] == _VERSION
        except (ValueError, TypeError, LookupError, AttributeError):
            raise errors.LocalFailure(
                "%s is not a whole record of a move, so it cannot be known what the assets had. Restore it from a backup." % name
            ) from None
        if not known:
            raise errors.LocalFailure("%s was written by a later version of this collection. Update the collection." % name)
        if heading != self._about:
            raise errors.InvalidRequest(
                "%s is the record of another move. Name another file with O(move_record)." % name, options=("move_record",)
            )


def _parse(entry: Mapping[str, Any]) -> Attachments:
    """What a record says of an asset. Raises `ValueError` or `TypeError`."""
    given: Dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in entry.items()}
    attached = Attachments(**given)
    if not all(type(value) is type(getattr(NOTHING, name)) for name, value in given.items() if name not in _IDS):
        raise TypeError("not as it is written")
    for name in _LISTS_OF_IDS:
        for object_id in getattr(attached, name):
            _ids.checked_uuid(object_id)
    for name in _IDS:
        if getattr(attached, name) is not None:
            _ids.checked_uuid(getattr(attached, name))
    if not all(isinstance(tag, str) for tag in attached.tags):
        raise TypeError("not a tag")
    return attached


def _is_record(head: bytes) -> bool:
    return head.startswith(json.dumps({"format": _FORMAT})[:-1].encode())
