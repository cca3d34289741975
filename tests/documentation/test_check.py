# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The check of the built site finds what is wrong."""

from __future__ import annotations

from pathlib import Path

from documentation import check

GOOD = '<div role="main"><h1 id="top">Colour</h1><p>Words <code>xyzzy</code><br>and <a href="b.html#there">a link</a></p></div>'


def site(folder: Path, **pages: str) -> dict[Path, check.Page]:
    for name, text in pages.items():
        (folder / f"{name}.html").write_text(text, encoding="utf-8")
    return {path: check.read(path) for path in sorted(folder.resolve().glob("*.html"))}


def test_a_sound_site(tmp_path: Path) -> None:
    pages = site(
        tmp_path, a=GOOD, b='<p id="there"><a href="a.html">back</a> <a href="https://immich.app">out</a> <a href="#there">here</a>'
    )
    assert check.broken(pages) == []
    assert "".join(pages[tmp_path.resolve() / "a.html"].text) == "ColourWords and a link"


def test_words_after_a_picture_are_read(tmp_path: Path) -> None:
    pages = site(tmp_path, a='<div role="main"><p>before <img alt="seen" src="a.html" /> after</p><p>below</p></div><p>outside</p>')
    assert pages[tmp_path.resolve() / "a.html"].text == ["before ", " after", "below"]


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


def test_misspelt_and_american_words_are_found() -> None:
    found = check.misspelt({"page": "The colour of Immich's thumbnials in photo_1.jpg: a favorite color"})
    assert [sentence for sentence in found if sentence.startswith("page")] == ["page: color", "page: favorite", "page: thumbnials"]
    assert "words.txt: Ansible is written nowhere" in found


def test_code_in_a_readme_is_not_read(tmp_path: Path) -> None:
    readme = tmp_path / "README.md"
    readme.write_text("<!-- example: abcd -->\n```yaml\nefgh: 1\n```\nSee [words](https://ijkl.example) and `mnop`.\n")
    assert check.markdown_text(readme).split() == ["See", "[words", "and", "."]
    readme.write_text('<picture>\n<source srcset="mnop">\n<img src="qrst" alt="A description">\n</picture>\n')
    assert check.markdown_text(readme).split() == ["A", "description"]
