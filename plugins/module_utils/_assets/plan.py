# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What of an asset differs from what it is to have: without a server."""

from __future__ import annotations

import datetime
from typing import Any, Dict, List, Mapping, NamedTuple, Optional, Tuple

from .. import _times
from .._client import values
from .._metadata import fields, value_types
from .._metadata.model import Position, Taken
from .options import Moment, SetOptions, ahead_of_utc

_SAME_TIME = 1.0  # seconds: what a file keeps of a time
_SAME_PLACE = 0.00001  # degrees: a metre
_NOWHERE = Position(0.0, 0.0)
"""By which Immich takes a position away (observed on 1.135 to 3.1). One that the photo itself has comes back (observed on 2.7 and 3.1)."""

TAKEN = "taken"
EDITS = ("description", "rating", "position", TAKEN)
"""What Immich also writes to the sidecar, from which it reads it back."""

_WRITE = {field.name: field.write for field in fields.FIELDS if field.name in EDITS}
_OFFSET = value_types.EXIF + " OffsetTimeOriginal"

ZONE_OF_PLACE = "It has a position, from which Immich takes its time zone."
CHANGED_SINCE = "Its time is neither that before the shift nor that after it, so somebody has changed it since."


class Difference(NamedTuple):
    """What an asset has of one thing and what it is to have, which is also what Immich is sent. A time is a `Moment`."""

    before: Any
    after: Any


class AssetChange(NamedTuple):
    """What is changed of an asset: `differences` by names of `EDITS`, `favorite` and `visibility`; tags and albums by name."""

    asset: values.Asset
    differences: Mapping[str, Difference]
    add_tags: Tuple[str, ...] = ()
    remove_tags: Tuple[str, ...] = ()
    add_to_albums: Tuple[str, ...] = ()
    remove_from_albums: Tuple[str, ...] = ()

    @property
    def is_nothing(self) -> bool:
        """Whether the asset has all."""
        return not any(self[1:])

    @property
    def edits(self) -> bool:
        """Whether Immich writes anything of `differences` to the sidecar."""
        return not self.differences.keys().isdisjoint(EDITS)

    @property
    def in_sidecar(self) -> Tuple[str, ...]:
        """The names of what of it goes into the sidecar."""
        tags = ["tags"] * bool(self.add_tags or self.remove_tags)
        return (*(name for name in self.differences if name in EDITS), *tags)


def moment_of(asset: values.Asset) -> Optional[Moment]:
    """When an asset was taken, as a user sees it."""
    seconds = asset.taken if asset.shown is None else asset.shown
    if seconds is None:
        return None
    ahead = 0 if asset.local is None or asset.taken is None else round((asset.local - asset.taken) / 60)
    return Moment(seconds, ahead)


def differences(asset: values.Asset, wanted: SetOptions, shifted: Optional[float]) -> Dict[str, Difference]:
    """What differs, by name. `shifted` is the moment to which a shift moves the asset (seconds since 1970), None for none."""
    all_wanted = {
        "description": wanted.description,
        "rating": wanted.rating,
        "favorite": wanted.favorite,
        "visibility": wanted.visibility,
        "position": wanted.position,
        TAKEN: _taken(asset, wanted, shifted),
    }
    return differing(asset, {name: value for name, value in all_wanted.items() if value is not None})


def differing(asset: values.Asset, wanted: Mapping[str, Any]) -> Dict[str, Difference]:
    """What an asset has otherwise than it is wanted, by name."""
    has = asset.metadata
    now = {
        "description": has.description,
        "rating": has.rating or 0,
        "favorite": has.favorite,
        "visibility": has.visibility,
        "position": has.position or _NOWHERE,
        TAKEN: moment_of(asset),
    }
    return {name: Difference(now[name], value) for name, value in wanted.items() if not is_same(name, now[name], value, has.position)}


def is_near(seconds: float, other: float) -> bool:
    """Whether two moments are the same to Immich."""
    return abs(seconds - other) < _SAME_TIME


def is_same(name: str, before: Any, after: Any, position: Optional[Position]) -> bool:
    """Whether two values are the same to Immich, of an asset at a position: from that it takes the time zone."""
    if name == "position":
        return all(abs(degrees - other) < _SAME_PLACE for degrees, other in zip(before, after))
    if name == TAKEN:
        if before is None or not is_near(before.seconds, after.seconds):
            return False
        return position is not None or before.ahead == after.ahead
    if name == "description":  # Immich cuts off blanks at its ends
        return bool(before.strip() == after.strip())
    return bool(before == after)


def _taken(asset: values.Asset, wanted: SetOptions, shifted: Optional[float]) -> Optional[Moment]:
    has = moment_of(asset)
    if wanted.moment is not None:
        return wanted.moment
    if has is None:
        return None
    if shifted is not None:
        return Moment(shifted, has.ahead)
    if wanted.zone is not None and asset.metadata.position is None:
        return Moment(has.seconds, ahead_of_utc(wanted.zone, has.seconds))
    return None


def body_of(differences_of_asset: Mapping[str, Difference], *, zero_rating: bool) -> Dict[str, Any]:
    """What `PUT /assets/{id}` is sent. `zero_rating`: the server takes 0 for no rating, and not null."""
    body: Dict[str, Any] = {}
    for name, (_before, after) in differences_of_asset.items():
        if name == TAKEN:
            body["dateTimeOriginal"] = iso_of(after)
        elif name == "position":
            body.update(latitude=after.latitude, longitude=after.longitude)
        elif name == "favorite":
            body["isFavorite"] = after
        elif name == "rating":
            body["rating"] = after if after or zero_rating else None
        else:
            body[name] = after
    return body


def xmp_of(change: AssetChange) -> value_types.Xmp:
    """What the sidecar is to say of what differs, but for tags, by property (see `xmp.with_values`).

    A rating of 0 and the position 0, 0 are written out, since they have to win over what the file itself says. A time has its offset once
    more where there is no position, from which Immich takes the time zone otherwise.
    """
    wanted = {name: after for name, (_before, after) in change.differences.items() if name in EDITS}
    properties: value_types.Xmp = {}
    for name, value in wanted.items():
        if name == TAKEN:
            local = iso_of(value)
            has_place = wanted.get("position", change.asset.metadata.position) not in (None, _NOWHERE)
            offset = "+00:00" if local.endswith("Z") else local[-len("+00:00") :]
            properties[_OFFSET] = ""
            value = Taken(value.seconds, local, None if has_place else offset)
        properties.update(_WRITE[name](value))
    return properties


def iso_of(moment: Moment) -> str:
    """A moment in ISO 8601, by the clock that was so far ahead of UTC."""
    utc = _times.from_seconds(moment.seconds)
    if utc is None:
        return ""
    return _times.to_iso(utc + datetime.timedelta(minutes=moment.ahead), datetime.timedelta(minutes=moment.ahead))


def shown(name: str, value: Any) -> Any:
    """A value of a difference as results have it."""
    if name == TAKEN:
        return None if value is None else iso_of(value)
    if name == "position":
        return None if value == _NOWHERE else {"latitude": value.latitude, "longitude": value.longitude}
    return None if name == "rating" and not value else value


def lines_of(change: AssetChange, *, after: bool) -> List[str]:
    """A change as lines of a diff."""
    values_of = {name: shown(name, difference.after if after else difference.before) for name, difference in change.differences.items()}
    lines = ["  %s: %s" % pair for pair in sorted(values_of.items())]
    for what, added, removed in (("tag", change.add_tags, change.remove_tags), ("album", change.add_to_albums, change.remove_from_albums)):
        lines += ["  %s: %s" % (what, name) for name in (added if after else removed)]
    return lines
