# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whatever titles a folder has, a picture gets its own metadata or none: Takeout's naming is played through, with collisions wherever."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache

from hypothesis import given, settings
from hypothesis import strategies as st

from support.examples import examples
from support.exports import media
from support.photos.takeouts import MP4, Takeout

WORD = ".supplemental-metadata"
MARKERS = ("-edited", "-bearbeitet", "-ha editado")


def cut_to(text: str, units: int) -> str:
    """At most so many UTF-16 units, no character torn."""
    while len(text.encode("utf-16-le")) // 2 > units:
        text = text[:-1]
    return text


@dataclass
class Style:
    """How an export of some age names its files."""

    word: bool
    cuts: bool
    number_first: bool


@dataclass
class Picture:
    """A picture in Google Photos."""

    title: str
    marker: str
    live: bool
    video: bool


@cache
def dated(identity: str) -> bytes:
    """A picture that says when it was taken. Its edited copy has the same bytes here, and so the same time."""
    moment = datetime(2020, 1, 1) + timedelta(minutes=sum(identity.encode()))
    return media.jpeg(identity, media.Camera(moment)) + identity.encode()


@dataclass
class Folder:
    """A folder that Takeout fills: no name is used twice, whatever its case. `content` makes the bytes of a picture."""

    style: Style
    content: Callable[[str], bytes] = str.encode
    export: Takeout = field(default_factory=Takeout)
    used: set[str] = field(default_factory=set)

    def free(self, base: str, end: str) -> int:
        """The first number that makes a name of its own."""
        number = 0
        while f"{base}{f'({number})' if number else ''}{end}".casefold() in self.used:
            number += 1
        return number

    def take(self, base: str, number: int, end: str) -> str:
        name = f"{base}{f'({number})' if number else ''}{end}"
        self.used.add(name.casefold())
        return name

    def add(self, identity: str, picture: Picture, *, without: str) -> None:
        title = picture.title.translate(dict.fromkeys(map(ord, "/&"), "_"))
        dot = title.rfind(".")
        stem, extension = (title[:dot], title[dot:]) if dot > 0 else (title, ".mp4" if picture.video else ".jpg")
        base = self._media(stem, extension)
        number = self.free(base, extension)
        if without != "picture":
            self.export.add(self.take(base, number, extension), self.content(identity))
        self.used.add(f"{base}{f'({number})' if number else ''}{extension}".casefold())
        self._json(identity, picture.title, title, written=without != "json")
        if picture.marker:
            edited = self._media(stem + picture.marker, extension)
            end = number if edited.casefold() != base.casefold() else self.free(edited, extension)
            if f"{edited}{f'({end})' if end else ''}{extension}".casefold() not in self.used:
                self.export.add(self.take(edited, end, extension), self.content(identity))
        if picture.live and extension == ".jpg":
            video = self._media(stem, ".mp4")
            if f"{video}{f'({number})' if number else ''}.mp4".casefold() not in self.used:
                self.export.add(self.take(video, number, ".mp4"), MP4 + identity.encode())

    def _media(self, stem: str, extension: str) -> str:
        return cut_to(stem, 51 - len(extension)) if self.style.cuts else stem

    def _json(self, identity: str, title: str, name: str, *, written: bool) -> None:
        if self.style.number_first:
            number = self.free(name, WORD + ".json")
            file = self.take(name, number, WORD + ".json")
        else:
            base = name + (WORD if self.style.word else "")
            base = cut_to(base, 46) if self.style.cuts else base
            number = self.free(base, ".json")
            file = self.take(base, number, ".json")
        if written:
            self.export.json(file, title, url=identity, description=identity)


STYLES = st.builds(Style, word=st.booleans(), cuts=st.booleans(), number_first=st.just(False)) | st.just(Style(True, False, True))
ENDS = st.sampled_from(["", ".jpg", ".JPG", ".mp4", "(1).jpg", "(1)", "-edited.jpg", "-e.jpg", ".MP.jpg", ".1", "😀.jpg"])
STEMS = st.sampled_from(
    [
        "a",
        "A",
        "a/b",
        "a&b",
        "a_b",
        "a-edited",
        "IMG_1",
        "m" * 40,
        "m" * 44,
        "m" * 46,
        "m" * 47,
        "m" * 50,
        "m" * 46 + "x",
        "m" * 46 + "y",
        "😀" * 23,
    ]
)
TITLES = st.builds(str.__add__, STEMS, ENDS) | st.builds(
    str.__add__, st.text("mn-(1).", min_size=1, max_size=60).filter(lambda text: text.strip(".")), ENDS
)
PICTURES = st.builds(Picture, title=TITLES, marker=st.sampled_from(["", "", *MARKERS]), live=st.booleans(), video=st.booleans())


def read(style: Style, pictures: list[tuple[Picture, str]], content: Callable[[str], bytes] = str.encode) -> tuple[int, int]:
    """How many pictures got metadata, and how many there are. Fails if one got that of another, or is taken for another's edited copy."""
    folder = Folder(style, content)
    for number, (picture, without) in enumerate(pictures):
        folder.add(f"<{number}>", picture, without=without)
    items = folder.export.read().items
    matched = [item for item in items if item.facts.sidecar is not None]
    wrong = {
        item.path: item.facts for item in matched if not item.read(item.size).endswith((item.facts.metadata.description or "").encode())
    }
    assert not wrong
    by_name = {item.inner.rpartition("/")[2]: item for item in items}
    for item in items:
        if item.facts.edited_of is not None:
            assert by_name[item.facts.edited_of].facts.metadata.description == item.facts.metadata.description
            assert by_name[item.facts.edited_of].facts.rule != "edited"
    assert all(item.facts.rule in ("none", "ambiguous") for item in items if item.facts.sidecar is None)
    return len(matched), len(items)


@settings(max_examples=examples(400), deadline=None, derandomize=True)
@given(STYLES, st.lists(PICTURES, min_size=1, max_size=8))
def test_no_picture_gets_json_of_another(style: Style, pictures: list[Picture]) -> None:
    read(style, [(picture, "") for picture in pictures])


@settings(max_examples=examples(200), deadline=None, derandomize=True)
@given(
    STYLES,
    st.lists(st.sampled_from(["IMG_1.jpg", "IMG_2.HEIC", "m" * 40 + ".jpg", "n" * 47 + ".jpg", "day", "Ä😀.png"]), min_size=1, max_size=8),
)
def test_titles_without_collision_are_all_matched(style: Style, titles: list[str]) -> None:
    matched, there = read(style, [(Picture(title, "", live=False, video=False), "") for title in titles])

    assert matched == there


@settings(max_examples=examples(300), deadline=None, derandomize=True)
@given(
    STYLES.filter(lambda style: not style.cuts),
    st.lists(st.tuples(PICTURES, st.sampled_from(["", "", "picture", "json"])), min_size=1, max_size=8),
)
def test_missing_files_do_not_lead_to_wrong_ones(style: Style, pictures: list[tuple[Picture, str]]) -> None:
    """Of short titles without numbers and markers: what looks like another's passes for it if its JSON file is missing."""
    plain = [
        (picture, without)
        for picture, without in pictures
        if not set("(-") & set(picture.title) and picture.title.lower().endswith(".jpg") and len(picture.title) < 47
    ]
    read(style, [(Picture(one.title, "", live=False, video=False), without) for one, without in plain])


LONG = st.builds(
    "{}{}.jpg".format,
    st.sampled_from(["m" * length for length in (45, 46, 47, 50)]),
    st.sampled_from(["", "x", "-", "-e", "-edited", "-part"]),
)


@settings(max_examples=examples(200), deadline=None, derandomize=True)
@given(
    STYLES.filter(lambda style: style.cuts),
    st.lists(st.tuples(LONG, st.sampled_from(["", "", *MARKERS]), st.sampled_from(["", "json"])), min_size=2, max_size=5),
)
def test_truncated_names_prove_nothing_without_all_json_files(style: Style, pictures: list[tuple[str, str, str]]) -> None:
    """What looks like another's edited copy, down to one without any marker, says itself when it was taken."""
    read(style, [(Picture(title, marker, live=False, video=False), without) for title, marker, without in pictures], dated)
