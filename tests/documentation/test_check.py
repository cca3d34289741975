# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The check of the built site finds what is wrong."""

from __future__ import annotations

from pathlib import Path

from documentation import check

GOOD = '<h1 id="top">Title</h1><p><a href="b.html#there">a link</a></p>'


def site(folder: Path, **pages: str) -> dict[Path, check.Page]:
    for name, text in pages.items():
        (folder / f"{name}.html").write_text(text, encoding="utf-8")
    return {path: check.read(path) for path in sorted(folder.resolve().glob("*.html"))}


def test_check_accepts_sound_site(tmp_path: Path) -> None:
    pages = site(
        tmp_path, a=GOOD, b='<p id="there"><a href="a.html">back</a> <a href="https://immich.app">out</a> <a href="#there">here</a>'
    )
    assert check.broken(pages) == []


def test_check_finds_broken_links_and_pictures(tmp_path: Path) -> None:
    found = check.broken(
        site(tmp_path, a=GOOD, b='<a href="c.html">c</a> <a href="#gone">d</a> <img src="e.png" alt=""> <img src="b.html" alt="f">')
    )
    assert found == [
        "a.html: b.html#there leads to no such place",
        "b.html: c.html leads to no file",
        "b.html: #gone leads to no such place",
        "b.html: the picture e.png is missing",
        "b.html: the picture e.png has no description",
    ]
