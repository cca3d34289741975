# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""An archive that `immich-go archive` wrote: beside each file another one named `<name>.JSON`.

The fields are those of simulot/immich-go internal/assets/metadata.go. From version 0.30 on it names files `~1`, `~2` and so on, without
an extension; their true names stand in the JSON (its issues 1192, 1412).
"""

from __future__ import annotations

from typing import Any, Dict, List, Mapping, Sequence, Set, Tuple

from .. import _text, _times
from .._files import base, facts
from .._metadata import model, value_types
from . import export, files, reader

_SOFTWARE = "immich-go"
_MOST = 1000  # albums or tags of one picture

_NO_PICTURE = "The file that it is about is not there."


def is_immich_go(value: Any) -> bool:
    """Whether a JSON value is what immich-go writes about a file."""
    return isinstance(value, dict) and isinstance(value.get("software"), str) and value["software"].startswith(_SOFTWARE)


class ImmichGoReader(reader.ExportReader):
    """Reads an archive of immich-go. Each file gets the name that it had in Immich."""

    def __init__(self, layout: str, media_types: Mapping[str, str], options: export.ExportOptions, listener: base.Listener) -> None:
        super().__init__(layout, media_types, options, listener)
        self._files: Dict[Tuple[files.PartFolder, str], List[base.Item]] = {}
        self._sidecars: List[base.Item] = []
        self._others: List[base.Item] = []
        self._described: Set[int] = set()  # the ids of the files that a JSON file is about
        self._flags: Dict[int, reader.Flags] = {}  # by the id of the item, of those that have some

    def classify(self, items: Sequence[base.Item]) -> None:
        self._files = files.group_by_name(items)
        for item in items:
            (self._sidecars if item.extension == ".json" else self._others).append(item)

    def read_metadata(self) -> None:
        for item in self._sidecars:
            if self.read_or_report(item, self._read_json) is False:
                self.skip_type(item)

    def match(self) -> None:
        for item in self._others:
            if id(item) in self._described or item.extension in self.media_types:
                self.media.append(item)
            else:
                self.skip_type(item)
        self.originals = {id(video): still for video, still in files.inherit_live(self.media, self.media_types)}

    def flags_of(self, item: base.Item) -> reader.Flags:
        return self._flags.get(id(item), reader.Flags(unmatched=item.facts.rule == "none"))

    def _read_json(self, item: base.Item) -> bool:
        document = files.read_json(item)
        if is_immich_go(document):
            self._match_sidecar(item, document)
            return True
        return False

    def _match_sidecar(self, item: base.Item, sidecar: Mapping[str, Any]) -> None:
        beside = item.file_name[: -len(".json")]
        found_files = self._files.get((files.folder_of(item), _text.fold(beside)), [])
        candidates = [item for item in found_files if item.file_name == beside] or found_files
        name = _text.name_to_send(files.text_in(sidecar.get("fileName")).replace("\\", "/").rpartition("/")[2])
        is_known = _text.extension_of(name) in self.media_types
        candidates = [item for item in candidates if (is_known or item.extension in self.media_types) and id(item) not in self._described]
        if not candidates:
            self.skip_unused(item.path, _NO_PICTURE)
            return
        self.metadata += 1
        self._described.add(id(candidates[0]))
        if is_known:
            candidates[0].name = name
        self._describe(candidates[0], item, sidecar)

    def _describe(self, file: base.Item, item: base.Item, sidecar: Mapping[str, Any]) -> None:
        file.facts = facts.Facts(
            "exact",
            item.path,
            model.Metadata(
                taken=model.Taken.at(_times.seconds_of_rfc3339(sidecar.get("dateTaken"))),
                description=_text.text_to_send(files.text_in(sidecar.get("description"))),
                position=files.position_of(sidecar.get("latitude") or 0, sidecar.get("longitude") or 0),  # it leaves out a zero
                favorite=sidecar.get("favorited") is True,
                visibility="archive" if sidecar.get("archived") is True else "timeline",
                rating=value_types.send_rating(sidecar.get("rating")),
                tags=tuple(dict.fromkeys(_tags_of(sidecar))),
            ),
            albums=tuple(dict.fromkeys(self._albums_of(sidecar, item))),
        )
        flags = reader.Flags(
            trashed=sidecar.get("trashed") is True, archived=sidecar.get("archived") is True, partner=sidecar.get("fromPartner") is True
        )
        if any(flags):
            self._flags[id(file)] = flags

    def _albums_of(self, sidecar: Mapping[str, Any], item: base.Item) -> List[facts.ExportAlbum]:
        albums = []
        for entry in files.objects_in(sidecar.get("albums"), _MOST):
            title, description, album_id = (files.text_in(entry.get(key)) for key in ("title", "description", "id"))
            album = self.albums.get(album_id or (title,), title, description, item.path)
            if album is not None:
                albums.append(album)
        return albums


def _tags_of(sidecar: Mapping[str, Any]) -> List[str]:
    tags = (files.text_in(tag.get("value") or tag.get("name")) for tag in files.objects_in(sidecar.get("tags"), _MOST))
    return [tag for tag in map(_text.name_to_send, tags) if tag]
