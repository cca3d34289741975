# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The page of pictures on which duplicates are reviewed, from the report of immich_duplicates."""

from __future__ import annotations

import base64
import os
from typing import Any, Iterable, Mapping, NamedTuple

from ansible_collections.photoyard.immich.plugins.module_utils._ids import is_uuid

from .._wording import numbers
from . import lines
from .visible import environment

MOST_GROUPS = 1000
MOST_BYTES = 40_000_000
"""Of pictures in one page; the rest are linked only."""

_LARGEST = 500_000  # bytes of one picture
_TYPES = ((b"RIFF", "webp"), (b"\xff\xd8\xff", "jpeg"), (b"\x89PNG", "png"))
_STATES = {
    "planned": "",
    "done": "",
    "skip": "left alone",
    "unchanged": "was done already",
    "conflict": "changed meanwhile",
    "restored": "restored",
    "failed": "failed",
}
_DECISIONS = {"trash": "One stays", "stack": "Stacked", "dismiss": "No duplicates", "skip": "Left alone"}
_RULES = {
    "protected": "it is protected",
    "favorite": "it is a favourite",
    "rated": "it has the best rating",
    "has_people": "people are recognised in it",
    "live_photo": "it is a live photo",
    "most_pixels": "it has the most pixels",
    "largest": "its file is the largest",
    "smallest": "its file is the smallest",
    "earliest": "it was taken first",
    "latest": "it was taken last",
    "most_exif": "its file says the most about it",
    "suggested": "Immich suggests it: the largest file, then the one that says the most",
    "in_album": "it is in an album",
    "path": "it is in a folder that comes first",
    "library": "it is in a library that comes first",
    "format": "it is of the format that comes first",
    "lowest_id": "no rule made a difference, so its id decided",
    "reviewed": "somebody chose it",
}
"""Why a photo stays, by the rule of `keep` that decided."""

_BY_SIZE = ("largest", "smallest", "suggested")
_MERGED = {"favorite": "favourite", "live_photo": "video of a live photo", "shared_links": "shared links"}


class ShownPhoto(NamedTuple):
    """A photo of a group. `state` is a CSS class: `new` for one that stays, `trashed` for one that goes, `there` for neither."""

    name: str
    state: str
    label: str
    facts: list[str]
    link: str | None
    picture: str | None


class ShownGroup(NamedTuple):
    """A group as the page shows it."""

    number: int
    heading: str
    rule: str | None
    reason: str | None
    merged: list[str]
    lost: list[str]
    photos: list[ShownPhoto]


class _Pictures:
    """Thumbnails from a folder, as data URLs, until the page is large enough."""

    def __init__(self, folder: str | None) -> None:
        self._folder = folder
        self._left = MOST_BYTES

    def url(self, asset_id: str) -> str | None:
        """The picture of an asset; None where there is none.

        :raises OSError: it cannot be read.
        """
        if self._folder is None or not is_uuid(asset_id):
            return None
        try:
            with open(os.path.join(self._folder, asset_id + ".webp"), "rb") as stream:
                content = stream.read(_LARGEST + 1)
        except FileNotFoundError:
            return None
        kind = next((name for start, name in _TYPES if content.startswith(start)), None)
        if kind is None or len(content) > min(_LARGEST, self._left):
            return None
        self._left -= len(content)
        return f"data:image/{kind};base64,{base64.b64encode(content).decode()}"


def render(source: str | Iterable[lines.Line], title: str | None, thumbnails: str | None) -> str:
    """The page for a report: the path of its file, its text, or its parsed lines, also the module's `groups`.

    :raises ValueError: it is not a report of duplicates.
    :raises OSError: it cannot be read.
    """
    pictures = _Pictures(thumbnails)
    run: Mapping[str, Any] = {}
    groups: list[ShownGroup] = []
    total = photos = going = 0
    totals = dict.fromkeys(_DECISIONS, 0)
    verbs = set()
    for line in lines.read(source):
        if line is None:
            continue
        if line.get("kind") == "run":
            run = line
            continue
        total += 1
        totals[line["decision"]] += 1
        photos += len(line["members"])
        going += len(line["trashed"])
        verbs |= {"would go" if line.get("status") == "planned" else "went"} if line["trashed"] else set()
        if len(groups) < MOST_GROUPS:
            groups.append(_group(total, line, str(run.get("server") or ""), pictures))
    if run.get("module", "immich_duplicates") != "immich_duplicates":
        raise ValueError("it is of another module")
    server = str(run.get("server") or "")
    template = environment().get_template("duplicates.html.j2")
    return template.render(
        title=title or "Duplicates in Immich",
        server=server,
        version=str(run.get("version") or ""),
        link=lines.page(server, ""),
        groups=groups,
        total=total,
        sentence=f"{numbers.count(going)} of {numbers.count(photos, 'photo')} {' or '.join(sorted(verbs))} to the trash" if going else "",
        most=MOST_GROUPS,
        totals=[(_DECISIONS[name], count) for name, count in totals.items() if count],
    )


def _group(number: int, line: lines.Line, server: str, pictures: _Pictures) -> ShownGroup:
    state = _STATES[line.get("status", "done")]
    heading = _DECISIONS[line["decision"]] + (f", {state}" if state and line["decision"] != "skip" else "")
    merged = [f"{_MERGED.get(name, name)}: {_short(name, difference['after'])}" for name, difference in line.get("merged", {}).items()]
    exact = line.get("rule") in _BY_SIZE and _look_equal(line["members"])
    photos = [_photo(photo, line, server, pictures, exact=exact) for photo in _in_order(line)]
    rule = line.get("rule")
    why = f"{_RULES[rule]} ({rule})" if rule in _RULES else rule
    return ShownGroup(number, heading, why, line.get("skipped_reason"), merged, list(line.get("lost", [])), photos)


def _in_order(line: lines.Line) -> list[Mapping[str, Any]]:
    """The photos of a group, those that stay first."""
    places = {asset_id: place for place, asset_id in enumerate(line["keep"])}
    return sorted(line["members"], key=lambda member: places.get(member["id"], len(places)))


def _look_equal(members: Iterable[Mapping[str, Any]]) -> bool:
    """Whether files of different sizes look the same when these are rounded."""
    sizes = {member["size"] for member in members if member.get("size") is not None}
    return len({numbers.size(size) for size in sizes}) < len(sizes)


def _photo(photo: Mapping[str, Any], line: lines.Line, server: str, pictures: _Pictures, *, exact: bool) -> ShownPhoto:
    asset_id = str(photo["id"])
    state, label = ("there", "")
    if asset_id in line["trashed"]:
        state, label = ("trashed", "goes")
    elif asset_id in line["keep"]:
        state, label = ("new", "stays")
    size = photo.get("size")
    facts = [
        f"{photo.get('width')} × {photo.get('height')}" if photo.get("width") else "",
        "" if size is None else numbers.count(size, "byte") if exact else numbers.size(size),
        str(photo.get("format") or ""),
        str(photo.get("taken") or "").replace("T", " ").removesuffix(".000Z"),
        *(word for word, flag in (("favourite", "favorite"), ("external", "external"), ("live photo", "live_photo")) if photo.get(flag)),
        "archived" if photo.get("visibility") == "archive" else "",
        *(f"album {name}" for name in photo.get("albums", [])),
        *(str(name) for name in photo.get("people", []) if name),
    ]
    link = lines.page(server, f"photos/{asset_id}") if is_uuid(asset_id) else None
    return ShownPhoto(str(photo.get("name")), state, label, [fact for fact in facts if fact], link, pictures.url(asset_id))


def _short(name: str, value: Any) -> str:
    is_mark = value is True or name == "live_photo"  # whose value is an id
    text = "yes" if is_mark else ", ".join(map(str, value)) if isinstance(value, list) else str(value)
    return text if len(text) <= 200 else text[:200] + "…"
