# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The rules that say which photo of a group stays, which never goes, and which groups are left alone. Each is a line in a table."""

from __future__ import annotations

import fnmatch
from typing import Any, Callable, Dict, List, Mapping, NamedTuple, Optional, Sequence, Set

from .._client import errors
from .._client.values import Asset
from .._naming import stacks
from .._text import extension_of, fold, one_line
from .._times import parse_iso, to_seconds
from .model import DuplicateGroup

Test = Callable[[DuplicateGroup, Asset], bool]
Narrow = Callable[[DuplicateGroup, Sequence[Asset]], Sequence[Asset]]

_FIRST_DATE = to_seconds(parse_iso("1990-01-01"))  # what is older is a clock that was never set, more often than a scan
_ANY = ("any",)
UPLOAD, EXTERNAL = "upload", "external"


class KeepRule(NamedTuple):
    """A rule for who stays. `narrow` gives those that fit best; where none fits, none, and the rule says nothing."""

    name: str
    narrow: Narrow


class Protection(NamedTuple):
    """A photo that `test` is true of never goes."""

    name: str
    test: Test


def format_of(member: Asset) -> str:
    """What a file is by its name: `raw`, `heic`, `jpeg`, or its extension."""
    extension = extension_of(member.name)
    for name, extensions in (("raw", stacks.RAW), ("heic", stacks.HEIC), ("jpeg", stacks.JPEG)):
        if extension in extensions:
            return name
    return extension[1:]


def _in_album(names: Sequence[str]) -> Test:
    anywhere = tuple(names) == _ANY
    return lambda group, member: any(anywhere or album.name in names for album in group.albums.get(member.id, ()))


def _at_path(globs: Sequence[str]) -> Test:
    return lambda group, member: any(fnmatch.fnmatchcase(member.path, glob) for glob in globs)


def _in_library(names: Sequence[str]) -> Test:
    def test(group: DuplicateGroup, member: Asset) -> bool:
        return (UPLOAD if member.library_id is None else EXTERNAL) in names or (member.library_id or "") in names

    return test


def _all(test: Test) -> Narrow:
    return lambda group, members: [member for member in members if test(group, member)]


def _most(key: Callable[[Asset], Any]) -> Narrow:
    """Those whose `key` is highest; those of which it is not known (None) are out."""

    def narrow(group: DuplicateGroup, members: Sequence[Asset]) -> Sequence[Asset]:
        known = [(key(member), member) for member in members if key(member) is not None]
        return [member for value, member in known if value == max(other for other, _member in known)]

    return narrow


def _negated(value: Optional[float]) -> Optional[float]:
    return None if value is None else -value


def _dated(member: Asset) -> Optional[float]:
    return member.taken if member.taken is not None and member.taken >= _FIRST_DATE else None


def _suggested(member: Asset) -> Any:
    """As Immich proposes since 2.7, before in its web pages: the largest file, then the most fields, then the last of the list, which goes
    by local time (observed)."""
    return member.size or 0, member.exif_fields, float("-inf") if member.local is None else member.local


def _formats(names: Sequence[str]) -> Narrow:
    """Those of the format that is named first."""

    def narrow(group: DuplicateGroup, members: Sequence[Asset]) -> Sequence[Asset]:
        for name in names:
            of_format = [member for member in members if format_of(member) == name]
            if of_format:
                return of_format
        return []

    return narrow


_KEEP: Dict[str, Narrow] = {
    "favorite": _all(lambda group, member: member.metadata.favorite),
    "rated": _most(lambda member: member.metadata.rating if (member.metadata.rating or 0) > 0 else None),
    "has_people": _all(lambda group, member: bool(member.people)),
    "live_photo": _all(lambda group, member: member.live_video is not None),
    "most_pixels": _most(lambda member: member.width * member.height),
    "largest": _most(lambda member: member.size),
    "smallest": _most(lambda member: _negated(member.size)),
    "earliest": _most(lambda member: _negated(_dated(member))),
    "latest": _most(_dated),
    "most_exif": _most(lambda member: member.exif_fields),
    "suggested": _most(_suggested),
}
_KEEP_LISTS: Dict[str, Callable[[Sequence[str]], Narrow]] = {
    "in_album": lambda names: _all(_in_album(names)),
    "path": lambda globs: _all(_at_path(globs)),
    "library": lambda names: _all(_in_library(names)),
    "format": lambda names: _formats([name.lower() for name in names]),
}
_PROTECT: Dict[str, Test] = {
    "external": lambda group, member: member.library_id is not None,
    "favorite": lambda group, member: member.metadata.favorite,
    "people": lambda group, member: bool(member.people),
    "live_photo": lambda group, member: member.live_video is not None,
    "edited": lambda group, member: member.edited,
}
_PROTECT_LISTS: Dict[str, Callable[[Sequence[str]], Test]] = {"in_album": _in_album, "path": _at_path}

KEEP_RULES = ("protected", *_KEEP, *_KEEP_LISTS)
PROTECTIONS = (*_PROTECT, *_PROTECT_LISTS)


def parse_protections(given: Sequence[Any]) -> List[Protection]:
    """The option `protect`. Raises `InvalidRequest`."""
    protections = []
    for entry in given:
        name, values = _name_and_values("protect", entry, _PROTECT_LISTS)
        if values is None and name in _PROTECT:
            protections.append(Protection(name, _PROTECT[name]))
        elif values is not None and name in _PROTECT_LISTS:
            protections.append(Protection(name, _PROTECT_LISTS[name](values)))
        else:
            raise _unknown("protect", entry, PROTECTIONS)
    return protections


def parse_rules(given: Sequence[Any], protections: Sequence[Protection]) -> List[KeepRule]:
    """The option `keep`. Raises `InvalidRequest`."""
    rules = []
    for entry in given:
        name, values = _name_and_values("keep", entry, _KEEP_LISTS)
        if values is not None and name in _KEEP_LISTS:
            rules.append(KeepRule(name, _KEEP_LISTS[name](values)))
        elif values is None and name == "protected":
            rules.append(KeepRule(name, _all(lambda group, member: bool(protected_by(group, member, protections)))))
        elif values is None and name in _KEEP:
            rules.append(KeepRule(name, _KEEP[name]))
        else:
            raise _unknown("keep", entry, KEEP_RULES)
    return rules


def rule_names(given: Sequence[Any]) -> Set[str]:
    """The names of rules that were read without an error."""
    return {str(name) for entry in given for name in ([entry] if isinstance(entry, str) else entry)}


def protected_by(group: DuplicateGroup, member: Asset, protections: Sequence[Protection]) -> List[str]:
    """What protects a photo."""
    return [protection.name for protection in protections if protection.test(group, member)]


def _name_and_values(option: str, entry: Any, lists: Mapping[str, Any]) -> Any:
    """`path: [a, b]` → `("path", ["a", "b"])`, `favorite` → `("favorite", None)`, and `in_album` alone means any."""
    if isinstance(entry, str):
        return (entry, _ANY) if entry == "in_album" else (entry, None)
    if isinstance(entry, dict) and len(entry) == 1:
        ((name, values),) = entry.items()
        if isinstance(values, str):
            values = [values]
        if name in lists and isinstance(values, list) and values and all(isinstance(value, str) for value in values):
            return name, values
    raise errors.wrong_option(
        option,
        "has an entry that cannot be read: %s. Give the name of a rule, or one of %s with a list."
        % (one_line(repr(entry)), ", ".join(lists)),
    )


def _unknown(option: str, entry: Any, known: Sequence[str]) -> errors.InvalidRequest:
    return errors.wrong_option(option, "has no rule %s. There are %s." % (one_line(repr(entry)), ", ".join(known)))


def unmet_requirement(group: DuplicateGroup, require: Mapping[str, Any]) -> Optional[str]:
    """Why a group is left alone, as a sentence; None for one that meets all requirements."""
    members = group.members
    most, apart, formats = (require.get(name) for name in ("max_members", "max_time_difference", "formats"))
    member_formats = {format_of(member) for member in members}
    if most is not None and len(members) > most:
        return "It has %d members (require.max_members)." % len(members)
    if require.get("same_type") and len({member.kind for member in members}) > 1:
        return "It has photos and videos (require.same_type)."
    if require.get("same_format") and len(member_formats) > 1:
        return "Its files are of different formats (require.same_format)."
    if formats and not member_formats <= {name.lower() for name in formats}:
        return "One of its files is of another format (require.formats)."
    if require.get("same_name_stem") and len({_stem(member) for member in members}) > 1:
        return "Its files have different names (require.same_name_stem)."
    if require.get("same_pixels") and len({(member.width, member.height) for member in members}) > 1:
        return "Its pictures differ in size (require.same_pixels)."
    if apart is not None and not _taken_within(members, apart):
        return "They were not taken at the same time (require.max_time_difference)."
    return None


def _stem(member: Asset) -> str:
    extension = extension_of(member.name)
    return fold(member.name[: len(member.name) - len(extension)])


def _taken_within(members: Sequence[Asset], seconds: float) -> bool:
    times = [member.taken for member in members if member.taken is not None]
    return len(times) == len(members) and max(times) - min(times) <= seconds
