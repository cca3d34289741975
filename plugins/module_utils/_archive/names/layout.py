# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The option `layout`: which folder of an archive a photo goes into. Private to the collection."""

from __future__ import annotations

import re
from typing import List, Mapping, NamedTuple, Tuple

from ..._client import errors, reading
from ..._sources.exports.immich_archive.record import FOLDER
from .filenames import fit, folded

FIELDS = ("year", "month", "day", "album", "owner", "type", "name")
LONGEST_NAME = 240
"""Bytes of a file's name: `.xmp` and a mark that tells it from others fit behind it."""

_LONGEST_FOLDER = 120
_MOST_FOLDERS = 16
_FIELD = re.compile(r"\{([^{}]*)\}")


class Layout(NamedTuple):
    """A template, cut into its folders and the name of the file."""

    folders: Tuple[str, ...]
    name: str

    def place(self, values: Mapping[str, str]) -> Tuple[Tuple[str, ...], str]:
        """The folders and the name of a file. `values` has a text for each of `FIELDS`, which may hold anything."""
        folders = [_filled(folder, values, _LONGEST_FOLDER) for folder in self.folders]
        name = _filled(self.name, values, LONGEST_NAME)
        if folders and folded(folders[0]) == FOLDER:  # which is ours
            folders[0] += "_"
        elif not folders and folded(name) == FOLDER:
            name += "_"
        return tuple(folders), name

    @staticmethod
    def fit_name(name: str) -> str:
        """The name of a file, whatever the template says."""
        return fit(name, LONGEST_NAME)


def parse_layout(text: str) -> Layout:
    """Reads the option. Raises `InvalidRequest` with words for a person."""
    parts = [part for part in text.strip().split("/") if part]
    for field in _FIELD.findall(text):
        if field not in FIELDS:
            raise _refused(text, "{%s} is unknown. There are %s" % (reading.shown(field), ", ".join("{%s}" % one for one in FIELDS)))
    if "{" in _FIELD.sub("", text) or "}" in _FIELD.sub("", text):
        raise _refused(text, "a brace is not closed or not opened")
    if any(part.strip() in (".", "..") for part in parts):
        raise _refused(text, "it has . or .. for a folder")
    if any("{name}" in part for part in parts[:-1]):
        raise _refused(text, "{name} is the name of the file, so it can only stand in the last part")
    has_name = bool(parts) and "{name}" in parts[-1]
    if has_name and not parts[-1].endswith("{name}"):
        raise _refused(text, "{name} must stand at the end, since it ends in the extension")
    folders: List[str] = parts[:-1] if has_name else parts
    if len(folders) > _MOST_FOLDERS:
        raise _refused(text, "it has more than %d folders" % _MOST_FOLDERS)
    return Layout(tuple(folders), parts[-1] if has_name else "{name}")


def _filled(part: str, values: Mapping[str, str], longest: int) -> str:
    return fit(_FIELD.sub(lambda match: values[match.group(1)], part), longest)


def _refused(text: str, why: str) -> errors.InvalidRequest:
    return errors.InvalidRequest("layout cannot be '%s': %s." % (reading.shown(text), why))
