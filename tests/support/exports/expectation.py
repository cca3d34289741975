# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What must become of an export: derived from the library, not from the names of the export's files."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from support.collection import Export, Facts, Item
from support.photos.said import is_to_the_minute, seconds_of

ANY: frozenset[str] = frozenset({"*"})
"""In place of names or albums: whichever."""


@dataclass(frozen=True)
class Expected:
    """What one content must go up with. `names` are the names that it may get, `more_albums` albums that it may be in besides.

    `sure`: if False it may go up without any facts and be reported, but not with others. `optional`: it may also be left out.
    `reported`: False where the source of these facts does not say what becomes of such a file; then only its name is looked at.
    """

    names: frozenset[str]
    taken: float | None = None
    minutes: bool = False
    year: int | None = None
    description: str | None = None
    position: tuple[float, float] | None = None
    favorite: bool = False
    archived: bool = False
    rating: int | None = None
    albums: frozenset[str] = frozenset()
    more_albums: frozenset[str] = frozenset()
    tags: frozenset[str] = frozenset()
    people: frozenset[str] = frozenset()
    sure: bool = True
    optional: bool = False
    reported: bool = True


@dataclass
class Expectation:
    """Of a whole export. Contents are SHA-1s; paths are those inside the parts.

    `albums` has each album's description, None where it is not written in plain; `left_out` why a content must not go up; `orphans` are
    sidecars without a picture, `used` sidecars that have one.
    """

    layout: str
    contents: dict[str, str] = field(default_factory=dict)
    pictures: dict[str, Expected] = field(default_factory=dict)
    left_out: dict[str, str] = field(default_factory=dict)
    albums: dict[str, str | None] = field(default_factory=dict)
    orphans: set[str] = field(default_factory=set)
    used: set[str] = field(default_factory=set)

    def content_of(self, inner: str) -> str | None:
        """The SHA-1 of the file at a path inside a part, whose folders above the export's own do not count; None for one not of it."""
        path = unicodedata.normalize("NFC", inner)
        while path and path not in self.contents:
            path = path.partition("/")[2]
        return self.contents.get(path)


def differences(expectation: Expectation, export: Export, given: Iterable[Item], reported: Mapping[str, str]) -> list[str]:
    """The differences between an export as read and its expectation, as messages.

    `given` is what the reader was given, `reported` the kind of each path that it reported the listener of.
    """
    given = list(given)
    found: list[str] = []
    if export.layout != expectation.layout:
        found.append(f"the layout is {export.layout}")
    total = len(export.items) + len(reported) + export.counts.get("metadata", 0)
    if total != len(given):
        found.append(f"{len(given)} files were given, {total} are accounted for")
    gone_up: set[str] = set()
    for item in export.items:
        content = expectation.content_of(item.inner)
        if content is None:
            found.append(f"{item.inner}: is uploaded and is not a file of the library")
        elif content in expectation.left_out:
            found.append(f"{item.inner}: goes up though it is {expectation.left_out[content]}")
        else:
            gone_up.add(content)
            found += [f"{item.inner}: {text}" for text in _wrong(expectation.pictures[content], item)]
    for content, picture in expectation.pictures.items():
        if content not in gone_up and not picture.optional:
            paths = [path for path, one in expectation.contents.items() if one == content]
            found.append(f"{' = '.join(paths)}: does not go up")
    found += _wrong_albums(expectation, export)
    return found + _wrong_sidecars(expectation, export, given)


def _wrong(expected: Expected, item: Item) -> list[str]:
    facts = item.facts
    found = []
    if expected.names != ANY and unicodedata.normalize("NFC", item.name) not in expected.names:
        found.append(f"its name is {item.name!r} and not one of {sorted(expected.names)}")
    if not expected.reported or (not expected.sure and _says_nothing(facts)):
        return found
    checks: list[tuple[str, object, object]] = [
        ("taken", seconds_of(facts), expected.taken),
        ("minutes", is_to_the_minute(facts), expected.minutes),
        ("description", facts.metadata.description or None, expected.description),
        ("favorite", facts.metadata.favorite, expected.favorite),
        ("visibility", facts.metadata.visibility, "archive" if expected.archived else "timeline"),
        ("rating", facts.metadata.rating, expected.rating),
        ("people", set(facts.metadata.people), set(expected.people)),
        ("tags", set(facts.metadata.tags), set(expected.tags)),
    ]
    if expected.year is not None:
        checks.append(("year", facts.year, expected.year))
    found += [f"{name} is {here!r} and not {there!r}" for name, here, there in checks if here != there]
    here = (facts.metadata.position.latitude, facts.metadata.position.longitude) if facts.metadata.position else None
    if (here is None) != (expected.position is None) or (
        here and expected.position and any(abs(a - b) > 1e-5 for a, b in zip(here, expected.position, strict=True))
    ):
        found.append(f"position is {here} and not {expected.position}")
    albums = {album.name for album in facts.albums}
    if expected.more_albums != ANY and not expected.albums <= albums <= expected.albums | expected.more_albums:
        found.append(f"albums are {sorted(albums)} and not {sorted(expected.albums)}")
    return found


def _says_nothing(facts: Facts) -> bool:
    return (
        seconds_of(facts) is None
        and not facts.metadata.description
        and facts.metadata.position is None
        and not facts.metadata.favorite
        and not facts.metadata.people
    )


def _wrong_albums(expectation: Expectation, export: Export) -> list[str]:
    found = {album.name: album.description for album in export.albums}
    wrong = [f"there is no album {name!r}" for name in expectation.albums if name not in found]
    return wrong + [
        f"album {name!r}: its description is {found[name]!r} and not {description!r}"
        for name, description in expectation.albums.items()
        if name in found and description is not None and found[name] != description
    ]


def _wrong_sidecars(expectation: Expectation, export: Export, given: Iterable[Item]) -> list[str]:
    inner: dict[str, str] = {item.path: item.inner for item in given}
    unused = {unicodedata.normalize("NFC", inner.get(path, path)) for path, _reason in export.unused}

    def reported(path: str) -> bool:
        return any(one == path or one.endswith("/" + path) for one in unused)

    wrong = [f"{path}: is not reported as a sidecar without a picture" for path in sorted(expectation.orphans) if not reported(path)]
    return wrong + [f"{path}: is reported as a sidecar without a picture" for path in sorted(expectation.used) if reported(path)]
