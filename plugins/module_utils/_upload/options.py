# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What an upload is asked to do: the module's options as plain values."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import List, Mapping, Optional, Sequence, Tuple, Union

from .. import _options, _own_files
from .._client import errors
from .._exports.layouts import SourceOptions
from .._files import base
from .._metadata import model
from .._metadata.faces import FACES, NONE, WITH_PEOPLE
from .._naming import stack_kinds
from .._run.files_run import RunOptions
from . import file_tags

KINDS = ("image", "video")


def cache_path(value: object) -> Optional[str]:
    """Where the option `checksum_cache` wants it: its default place for true, None for false (in YAML's words), else a path."""
    text = str(value)
    if text.lower() in ("false", "no", "off", "n", "f", "0"):
        return None
    if text.lower() not in ("true", "yes", "on", "y", "t", "1"):
        return os.path.expanduser(os.path.expandvars(text))
    return os.path.join(_own_files.cache_folder(), "checksums.sqlite")


def normalise_tags(tags: Sequence[str]) -> List[str]:
    """Tags as Immich keeps them: `/` between levels, none at the ends, each once. Raises `InvalidRequest` for one that cannot be one."""
    normalised = ["/".join(part for part in value.split("/") if part) for value in tags]
    if not all(normalised):
        raise errors.InvalidRequest("One of the tags is empty.", options=("tags",))
    if not all(map(model.is_text, normalised)):
        raise errors.InvalidRequest("One of the tags has a line break, or another character that no tag can have.")
    return list(dict.fromkeys(normalised))


def _names_of_albums(given: object) -> List[str]:
    """The option `album`, a text or a list of texts. Raises `InvalidRequest`."""
    patterns = [] if given in (None, "") else [given] if isinstance(given, (str, int, float)) else given
    if not isinstance(patterns, (list, tuple)) or not all(isinstance(pattern, (str, int, float)) for pattern in patterns):
        raise errors.InvalidRequest("O(album) must be a text or a list of texts.", options=("album",))
    return list(dict.fromkeys(str(pattern) for pattern in patterns if pattern != ""))


@dataclass(frozen=True)
class TransferOptions(RunOptions):
    """What the threads that check and send files go by. `checksum_cache` is a path or None for none."""

    tags: List[str] = _options.option([])
    new_tags: List[str] = _options.option([])
    tags_from: str = _options.option("none", choices=("none", "folder", "path"))
    people_as_tags: bool = False
    date_from_name: bool = True
    time_zone: Optional[str] = None
    favorite: bool = False
    visibility: str = _options.option("timeline", choices=("timeline", "archive", "hidden", "locked"))
    after_upload: str = _options.option("keep", choices=("keep", "delete", "move"))
    move_to: Optional[str] = _options.option(None, type="path")
    checksum_cache: Optional[str] = _options.option(None, spec_default="true", convert=cache_path)
    verify: bool = False

    @property
    def has_tags(self) -> bool:
        """Whether files get tags that no export names."""
        return bool(self.tags or self.new_tags) or self.tags_from != "none"

    def tags_of(self, item: base.Item, *, new: bool) -> List[str]:
        """The tags that a file gets, each once, apart from those of an export; `new`: the server does not have it yet."""
        tags = [*self.tags, *self.new_tags] if new else self.tags
        if self.tags_from == "none":
            return tags
        return list(dict.fromkeys([*tags, *(item.shared_tags or file_tags.folder_tags(item, self.tags_from))]))

    @property
    def removes_local(self) -> bool:
        """Whether local files are deleted or moved once the server has them."""
        return self.after_upload != "keep"


@dataclass(frozen=True)
class UploadOptions(TransferOptions, SourceOptions):
    """The module's options, documented there.

    `taken_after` and `taken_before` are in seconds since 1970 (UTC).
    """

    require: List[str] = _options.option([], type="path")
    types: Tuple[str, ...] = _options.option(KINDS, choices=KINDS)
    album: Union[str, Sequence[str], None] = _options.option(None, type="raw")  # a list would split a name at its commas
    album_id: List[str] = _options.option([])
    existing_metadata: str = _options.option("leave", choices=("leave", "complete"))
    taken_after: Optional[float] = _options.option(None, type="str")
    taken_before: Optional[float] = _options.option(None, type="str")
    stack: Tuple[str, ...] = _options.option((), choices=stack_kinds.KINDS)
    stack_cover: Mapping[str, str] = _options.option({}, type="dict", options=stack_kinds.COVER_OPTIONS, convert=stack_kinds.given_covers)
    only_of_pair: Mapping[str, str] = _options.option({}, type="dict", options=stack_kinds.PAIR_OPTIONS, convert=stack_kinds.given_covers)
    with_people: str = _options.option(FACES, choices=WITH_PEOPLE)
    server_trash: str = _options.option("leave", choices=("leave", "restore"))
    return_assets: int = 0

    @property
    def takes_people(self) -> bool:
        """Whether the people in photos are taken along, where an export says where in the pictures they are."""
        return self.with_people != NONE and self.visibility != "locked"  # where no key reaches them

    @property
    def restores_trashed(self) -> bool:
        """Whether files that are in the server's trash are restored."""
        return self.server_trash == "restore"

    @property
    def album_names(self) -> List[str]:
        """The names of the albums that all files go into."""
        return _names_of_albums(self.album)

    @property
    def album_ids(self) -> List[str]:
        """The ids of such albums, each once."""
        return list(dict.fromkeys(self.album_id))

    @property
    def has_albums(self) -> bool:
        """Whether files go into albums that no export names."""
        return bool(self.album or self.album_id) or self.makes_albums

    @property
    def takes_export_albums(self) -> bool:
        # what lies in the locked folder has no albums
        return self.album_from == "export" or (self.album_from == "auto" and self.visibility != "locked" and not self.has_albums)

    @property
    def organises(self) -> bool:
        """Whether something is to be done with each file once the server has it."""
        completes = self.existing_metadata == "complete"
        return self.has_albums or self.has_tags or bool(self.stack) or completes or self.restores_trashed or self.removes_local
