# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""An archive that `immich-go archive` wrote: beside each file another one named `<name>.JSON`. Private to the collection.

The fields are those of simulot/immich-go internal/assets/metadata.go. From version 0.30 on it names files `~1`, `~2` and so on, without
an extension; their true names stand in the JSON (its issues 1192, 1412).
"""

from __future__ import annotations

import math
from typing import Any, Dict, List, Mapping, Optional, Sequence, Set, Tuple

from ..._client import errors
from ..._metadata import model
from ..._text import extension_of, fold, name_to_send, parse_json, text_to_send
from ..._times import seconds_of_rfc3339
from .. import base, facts
from . import places, text_files
from .albums import Albums, albums_of
from .export import SKIP, UPLOAD, Export, ExportOptions

_SOFTWARE = "immich-go"
_MOST = 1000  # albums or tags of one picture

_TRASHED = "It was in the trash. With 'export_trash: upload' it is uploaded."
_ARCHIVED = "It was archived, and 'export_archived' is 'skip'."
_PARTNER = "It is a partner's, and 'export_partner' is 'skip'."
_UNMATCHED = "There is no JSON file about it, and 'export_unmatched' is 'skip'."
_NO_PICTURE = "The file that it is about is not there."


def is_immich_go(value: Any) -> bool:
    """Whether a JSON value is what immich-go writes about a file."""
    return isinstance(value, dict) and isinstance(value.get("software"), str) and value["software"].startswith(_SOFTWARE)


def read_immich_go(items: Sequence[base.Item], kinds: Mapping[str, str], options: ExportOptions, listener: base.Listener) -> Export:
    """Reads an archive; see `Export`. Each file gets the name that it had in Immich."""
    return _Reader(kinds, options, listener).read(items)


class _Reader:
    def __init__(self, kinds: Mapping[str, str], options: ExportOptions, listener: base.Listener) -> None:
        self._kinds = kinds
        self._options = options
        self._listener = listener
        self._albums = Albums(options.untitled_albums)
        self._left_out: Dict[int, Tuple[str, str]] = {}  # by the id of the item: the kind that it is counted as, and why
        self._metadata = 0
        self._unused: List[Tuple[str, str]] = []

    def read(self, items: Sequence[base.Item]) -> Export:
        beside = places.by_place_and_key(items)
        about: Set[int] = set()  # the ids of the files that a JSON file is about
        others: List[base.Item] = []
        for item in items:
            if extension_of(item.inner) == ".json":
                name = places.name_of(item)[: -len(".json")]
                files = beside.get((places.place_of(item), fold(name)), [])
                self._read_json(item, [one for one in files if places.name_of(one) == name] or files, about)
            else:
                others.append(item)
        media = [item for item in others if id(item) in about or extension_of(item.inner) in self._kinds]
        taken = {id(item) for item in media}
        for item in others:
            if id(item) not in taken:
                places.skip_type(item, self._listener)
        places.inherit_live(media, self._kinds)
        kept = [item for item in media if self._takes(item)]
        counts = {"metadata": self._metadata}
        for item in kept:
            counts[item.facts.rule] = counts.get(item.facts.rule, 0) + 1
        return Export("immich_go", kept, albums_of(kept), counts, self._unused)

    def _read_json(self, item: base.Item, files: List[base.Item], about: Set[int]) -> None:
        try:
            found = parse_json(text_files.content_of(item, text_files.LARGEST_JSON))
        except errors.LocalFailure as exc:
            self._listener.unreadable(item.path, exc, size=item.size)
            return
        except ValueError as exc:
            self._listener.unreadable(item.path, errors.LocalFailure("The file is not JSON: %s." % exc), size=item.size)
            return
        if not is_immich_go(found):
            places.skip_type(item, self._listener)
            return
        name = found.get("fileName")
        name = name_to_send(name.replace("\\", "/").rpartition("/")[2]) if isinstance(name, str) else ""
        is_known = extension_of(name) in self._kinds
        files = [one for one in files if (is_known or extension_of(one.inner) in self._kinds) and id(one) not in about]
        if not files:
            self._unused.append((item.path, _NO_PICTURE))
            self._listener.skipped(item.path, "sidecar", _NO_PICTURE)
            return
        self._metadata += 1
        about.add(id(files[0]))
        if is_known:
            files[0].name = name
        self._describe(files[0], item, found)

    def _describe(self, file: base.Item, item: base.Item, found: Mapping[str, Any]) -> None:
        rating, description = found.get("rating"), found.get("description")
        file.facts = facts.Facts(
            "exact",
            item.path,
            taken=seconds_of_rfc3339(found.get("dateTaken")),
            description=text_to_send(description) or None if isinstance(description, str) else None,
            position=_position_of(found.get("latitude"), found.get("longitude")),
            favorite=found.get("favorited") is True,
            visibility="archive" if found.get("archived") is True else None,
            rating=rating if isinstance(rating, int) and rating is not True and 1 <= rating <= 5 else None,
            albums=tuple(dict.fromkeys(self._albums_of(found, item))),
            tags=tuple(dict.fromkeys(_tags_of(found))),
        )
        options = self._options
        if found.get("trashed") is True and options.export_trash != UPLOAD:
            self._left_out[id(file)] = ("trashed", _TRASHED)
        elif found.get("archived") is True and options.export_archived != UPLOAD:
            self._left_out[id(file)] = ("archived", _ARCHIVED)
        elif found.get("fromPartner") is True and options.export_partner != UPLOAD:
            self._left_out[id(file)] = ("partner", _PARTNER)

    def _albums_of(self, found: Mapping[str, Any], item: base.Item) -> List[facts.ExportAlbum]:
        albums = []
        for one in _objects(found.get("albums")):
            title, about, number = (one[key] if isinstance(one.get(key), str) else "" for key in ("title", "description", "id"))
            album = self._albums.get(number or (title,), title, about, item.path)
            if album is not None:
                albums.append(album)
        return albums

    def _takes(self, item: base.Item) -> bool:
        left_out = self._left_out.get(id(item))
        if left_out is None and item.facts.rule == "none" and self._options.export_unmatched == SKIP:
            left_out = ("unmatched", _UNMATCHED)
        if left_out is None:
            return True
        self._listener.skipped(item.path, *left_out)
        return False


def _tags_of(found: Mapping[str, Any]) -> List[str]:
    values = (one.get("value") or one.get("name") for one in _objects(found.get("tags")))
    return [tag for tag in (name_to_send(value) for value in values if isinstance(value, str)) if tag]


def _objects(value: Any) -> List[Dict[str, Any]]:
    return [one for one in value[:_MOST] if isinstance(one, dict)] if isinstance(value, list) else []


def _position_of(latitude: Any, longitude: Any) -> Optional[model.Position]:
    """Immich-go leaves a nought out, and writes neither if there is no position."""
    if latitude is None and longitude is None:
        return None
    north, east = latitude or 0, longitude or 0
    if isinstance(north, bool) or isinstance(east, bool) or not isinstance(north, (int, float)) or not isinstance(east, (int, float)):
        return None
    if not (abs(north) <= 90 and abs(east) <= 180) or not (math.isfinite(north) and math.isfinite(east)):
        return None
    return model.Position(float(north), float(east)) if north or east else None
