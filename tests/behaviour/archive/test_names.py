# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names and paths of files: what every file system takes, whatever a server says."""

from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ansible_collections.photoyard.immich.plugins.module_utils._archive.paths import (
    FIELDS,
    LONGEST_NAME,
    fit,
    parse_path_template,
    with_mark,
)
from ansible_collections.photoyard.immich.plugins.module_utils._archive_format.record import is_asset_path
from ansible_collections.photoyard.immich.plugins.module_utils._text import fold
from support.collection import InvalidRequest

DEVICES = re.compile(r"(CON|PRN|AUX|NUL|CONIN\$|CONOUT\$|(COM|LPT)[0-9¹²³])", re.IGNORECASE)
ANY_TEXT = st.text(st.characters(codec=None) | st.sampled_from('./\\:*?"<>| ~\0\n'), max_size=300)


def values(**given: str) -> dict[str, str]:
    return {**dict.fromkeys(FIELDS, "x"), "year": "2024", "month": "07", "day": "09", "name": "a.jpg", **given}


def assert_fits(name: str, longest: int) -> None:
    """By the rules of Windows, FAT and POSIX, as their documentation has them."""
    assert name not in ("", ".", "..")
    assert not re.search(r'[<>:"/\\|?*\x00-\x1f\x7f]', name)
    assert name[-1] not in ". "
    assert name[0] not in ". "
    assert not DEVICES.fullmatch(name.split(".")[0].rstrip())
    assert len(name.encode("utf-8")) <= longest
    assert unicodedata.normalize("NFC", name) == name


@given(ANY_TEXT, st.integers(40, 255))
@example("0." + "0" * 38, 40)  # what stands behind the dot is not an extension
def test_any_text_becomes_a_name(text: str, longest: int) -> None:
    name = fit(text, longest)
    assert_fits(name, longest)
    assert fit(name, longest) == name
    marked = with_mark(name, "~0a1b2c3d", longest)
    assert_fits(marked, longest)
    assert fold(marked) != fold(name)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("IMG_0001.HEIC", "IMG_0001.HEIC"),
        ("con.jpg", "con_.jpg"),
        ("Con", "Con_"),
        ("nul.tar.gz", "nul_.tar.gz"),
        ("COM¹.jpg", "COM¹_.jpg"),
        ("console.jpg", "console.jpg"),
        ("a/b\\c:d.jpg", "a_b_c_d.jpg"),
        ("..", "_"),
        (".hidden.jpg", "_hidden.jpg"),
        ("name. .jpg", "name.jpg"),
        ("trip. ", "trip"),
        ("cafe\u0301.jpg", "café.jpg"),
        ("line\nbreak.jpg", "line_break.jpg"),
        ("half\ud83d.jpg", "half_.jpg"),
        ("", "_"),
    ],
)
def test_a_name_becomes_fit_for_any_file_system(text: str, name: str) -> None:
    assert fit(text, 255) == name


def test_a_long_name_keeps_its_extension_and_no_half_character() -> None:
    assert fit("ü" * 300 + ".jpeg", 240) == "ü" * 117 + ".jpeg"
    assert with_mark(fit("ü" * 300 + ".jpeg", 240), "~0a1b2c3d", 240) == "ü" * 113 + "~0a1b2c3d.jpeg"


def test_names_equal_on_some_file_system_are_folded_alike() -> None:
    assert fold("Été/IMG.JPG") == fold("e\u0301te\u0301/img.jpg")
    assert fold("a.jpg") != fold("b.jpg")


@given(
    st.sampled_from(["{album}", "{year}/{album}/{day} {name}", "{owner}/{type}", "", "{album}/{album}", "immich-archive"]),
    ANY_TEXT,
    ANY_TEXT,
)
def test_a_place_never_leaves_the_archive(layout: str, text: str, name: str) -> None:
    folders, file = parse_path_template(layout).fill(values(album=text, owner=text, name=name))
    assert is_asset_path("/".join((*folders, file)))
    assert_fits(file, LONGEST_NAME)
    for folder in folders:
        assert_fits(folder, 255)


@pytest.mark.parametrize(
    ("layout", "path"),
    [
        ("{year}/{year}-{month}", "2024/2024-07/a.jpg"),
        ("", "a.jpg"),
        ("{album}/{year}{month}{day}_{name}", "x/20240709_a.jpg"),
        ("/all//{type}/", "all/x/a.jpg"),
        ("Immich-Archive/{year}", "Immich-Archive_/2024/a.jpg"),
    ],
)
def test_path_template_is_filled(layout: str, path: str) -> None:
    folders, name = parse_path_template(layout).fill(values())
    assert "/".join((*folders, name)) == path


@pytest.mark.parametrize(
    ("layout", "words"),
    [
        ("{place}", "{place} is unknown"),
        ("{year", "a brace is not closed"),
        ("{name}/{year}", "it can only stand in the last part"),
        ("{name}_{year}", "{name} must stand at the end"),
        ("../{year}", "it has . or .. for a folder"),
        ("/".join("abcdefghijklmnopqrs"), "more than 16 folders"),
    ],
)
def test_invalid_path_template_is_refused(layout: str, words: str) -> None:
    with pytest.raises(InvalidRequest, match=re.escape(words)):
        parse_path_template(layout)
