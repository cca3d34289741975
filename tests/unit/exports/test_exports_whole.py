# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whole exports: of each picture the reader says what its owner's library said, whatever the export's age, language and form."""

from __future__ import annotations

import json
import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ansible_collections.photoyard.immich.plugins.module_utils._files.archives.archives import with_nested
from support.collection import BY_NAME, ExportOptions, Item, archive_items, recognise
from support.examples import examples
from support.exports import media
from support.exports.expectation import ANY, Expectation, differences
from support.exports.icloud import ICloudStyle, icloud, on_a_phone
from support.exports.immich_go import immich_go, on_a_server
from support.exports.library import Library, Picture, Roll, made_up, tangled
from support.exports.listed import RecordingListener, files_below
from support.exports.picasa import picasa
from support.exports.takeout import Style, takeout

_MEDIA_TYPES = Path(__file__).parents[2] / "immich_emulator" / "facts" / "3.1.0.json"
KINDS = {
    extension: kind
    for kind, extensions in json.loads(_MEDIA_TYPES.read_text(encoding="utf-8"))["media_types"].items()
    for extension in extensions
    if kind in ("image", "video")
}


def listed(paths: Sequence[Path], reported: RecordingListener) -> list[Item]:
    """All files of all parts, by part and path."""
    items: list[Item] = []
    for path in paths:
        items += files_below(path) if path.is_dir() else archive_items([str(path)], reported)
    return items if tuple(recognise(items)) != ("icloud",) else list(with_nested(items, reported))


def wrong(paths: Sequence[Path], expectation: Expectation, layout: str = "") -> list[str]:
    """The differences between the reader's result and the expectation, for both orders of the parts."""
    found = []
    for order in (paths, list(reversed(paths))):
        reported = RecordingListener()
        items = listed(order, reported)
        before = dict(reported.skipped_files)
        [recognised] = [layout] if layout else recognise(items)
        export = BY_NAME[recognised].read(items, KINDS, ExportOptions(), reported)
        assert reported.failures == {}
        skipped = {path: kind for path, kind in reported.skipped_files.items() if path not in before}
        found += differences(expectation, export, items, skipped)
    return found


LANGUAGES, AGES, FORMS = ("en", "de", "fr", "tr", "ja"), ("2022", "2024", "2026"), ("zip", "folder", "mixed")


@pytest.mark.parametrize(
    ("language", "age", "form"),  # each two values of different columns stand together in one row
    [(language, age, FORMS[(row + column) % 3]) for row, language in enumerate(LANGUAGES) for column, age in enumerate(AGES)],
)
def test_takeout_is_read_as_written(tmp_path: Path, language: str, age: str, form: str) -> None:
    export = takeout(made_up(), Style(age, language, form=form))
    assert wrong(export.write(tmp_path), export.expectation) == []


@pytest.mark.parametrize(
    "style",
    [
        Style("2017", "en"),
        Style("2020", "es", form="mixed"),
        Style("2025", "it", parts=1),
        Style("2024", "nl", form="tgz"),
        Style("2024", "es", parts=7, zip64=True),
        Style("2024", "fr", form="merged", decomposed=True),
        Style("2022", "de", has_years=False),
        Style("2024", "en", number_first=True),
        Style("2024", "en", together=True),
        Style("2025", "en", form="folder", seed=3),
    ],
    ids=str,
)
def test_takeouts_of_other_styles_are_read_whole(tmp_path: Path, style: Style) -> None:
    export = takeout(made_up(style.seed), style)
    assert wrong(export.write(tmp_path), export.expectation) == []


@pytest.mark.parametrize("age", ["2022", "2024", "2026"])
@pytest.mark.parametrize("together", [False, True])
def test_where_names_mislead_no_picture_gets_anothers_facts(tmp_path: Path, age: str, together: bool) -> None:
    export = takeout(tangled(), Style(age, parts=2, together=together))
    assert wrong(export.write(tmp_path), export.expectation) == []


STEMS = ["IMG", "X", "a" * 41, "a" * 42, "a" * 43, "a" * 60, "b🎉" * 16, "2013-12-23"]
TITLES = st.one_of(
    st.builds("{}{}{}".format, st.sampled_from(STEMS), st.sampled_from(["", "x", "y"]), st.sampled_from(["", "(1)", "(2)", "-edited"])),
    st.text(st.characters(codec="utf-8", exclude_categories=["C"], exclude_characters="/"), min_size=1, max_size=45)
    .filter(lambda text: text.strip(". ") == text)
    .map(lambda text: unicodedata.normalize("NFC", text)),
)


def family(title: str) -> str:
    """The part of a title that is the same for all titles whose files can have names in common, with any numbers, markers and cuts."""
    stem = re.sub(r"[^\w -]", "_", title.casefold().removesuffix(".jpg"))
    return re.sub(r"(?:-edited|_[0-9]+_|\.jpg)*\Z", "", stem)[:30]


def doubt_namesakes(expectation: Expectation, pictures: Sequence[Picture]) -> None:
    """Whose JSON belongs to which of a family is not always certain: then none is right, and another's is not.

    Nor is it where a title that ends as copies' names do has a copy.
    """
    count = Counter(family(picture.title) for picture in pictures)
    for picture in pictures:
        is_misleading = picture.edits and re.search(r"(?:\)|-edited)(?:\.jpg)?\Z", picture.title.casefold())
        if count[family(picture.title)] > 1 or is_misleading:
            for content in (picture.sha1, *(media.sha1(edit.content) for edit in picture.edits)):
                expectation.pictures[content] = replace(expectation.pictures[content], sure=False, names=ANY)
            expectation.used.clear()


@given(
    titles=st.lists(TITLES, min_size=1, max_size=12),
    edited=st.sets(st.integers(0, 11)),
    age=st.sampled_from(["2022", "2024", "2026"]),
    together=st.booleans(),
)
@example(titles=["0", "0.0", "x", "x", "0.0"], edited={4}, age="2022", together=False)  # a title whose extension is none
@example(titles=["1.0", "2", "3", "4", "1.0"], edited={4}, age="2022", together=False)  # and whose name another title can have too
@settings(max_examples=examples(30), deadline=None, database=None)
def test_no_title_leads_to_anothers_facts(
    tmp_path_factory: pytest.TempPathFactory, titles: list[str], edited: set[int], age: str, together: bool
) -> None:
    """Those that have a name to themselves are matched as well."""
    spelt = {title.casefold(): title for title in reversed(titles)}  # no two that differ in case only
    roll = Roll()
    for number, title in enumerate(titles):
        name = spelt[title.casefold()] + (".jpg" if number % 5 < 4 else "")
        roll.take(name, 2020, suffix=".jpg", description=f"number {number}", edits=(None,) if number in edited else ())
    export = takeout(Library(tuple(roll.pictures)), Style(age, parts=1, form="folder", together=together))
    doubt_namesakes(export.expectation, roll.pictures)
    assert wrong(export.write(tmp_path_factory.mktemp("export")), export.expectation, layout="google_takeout") == []


@pytest.mark.parametrize(
    "style",
    [
        ICloudStyle(),
        ICloudStyle(form="folder", quoted=False, shared=False),
        ICloudStyle(form="mixed", padded=True, shared=False),
        ICloudStyle(part_name="iCloud-bilder Del {number} av {parts}"),
    ],
    ids=str,
)
def test_icloud_is_read_as_written(tmp_path: Path, style: ICloudStyle) -> None:
    export = icloud(on_a_phone(), style)
    assert wrong(export.write(tmp_path), export.expectation) == []


@pytest.mark.parametrize("form", ["zip", "folder"])
def test_picasa_is_read_as_written(tmp_path: Path, form: str) -> None:
    export = picasa(form)
    assert wrong(export.write(tmp_path), export.expectation) == []


@pytest.mark.parametrize("form", ["zip", "folder"])
def test_immich_go_is_read_as_written(tmp_path: Path, form: str) -> None:
    export = immich_go(on_a_server(), form)
    assert wrong(export.write(tmp_path), export.expectation) == []
