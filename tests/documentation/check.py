# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks the built site without the internet: that each link within it leads somewhere, that each picture is there and described, and that
the words of the site and of the READMEs are in hunspell's British dictionary or in words.txt. Exits with 1 and says what is wrong."""

from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urldefrag

WORDS = Path(__file__).with_name("words.txt")
REPOSITORY = Path(__file__).parents[2]
CODE = frozenset({"code", "pre", "kbd", "samp", "script", "style", "svg"})
VOID = frozenset({"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "wbr"})
_TAG = re.compile(r'<[a-z/](?:[^>]*?alt="([^"]*)")?[^>]*>')
_MARKDOWN_CODE = re.compile(r"<!--.*?-->|^```.*?^```|`[^`\n]*`|\]\([^)\s]*\)|<https?:[^>]*>", re.MULTILINE | re.DOTALL)
_FILE = re.compile(r"\S*[/_@]\S*|\S+\.\w+")


@dataclass
class Page:
    """What was found in one page. `links` are as written, with their fragments."""

    path: Path
    ids: set[str] = field(default_factory=set)
    links: list[str] = field(default_factory=list)
    pictures: list[tuple[str, str]] = field(default_factory=list)
    """Address and description of each."""
    text: list[str] = field(default_factory=list)
    """What is written on it apart from code."""


class Reader(HTMLParser):
    """Reads a page. The words are those of its main part; what stands around that is the theme's."""

    def __init__(self, page: Page) -> None:
        super().__init__()
        self.page = page
        self.open: list[tuple[str, bool, bool]] = []
        """The elements around what is read: name, whether it is code, whether it is the main part."""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        if "id" in found:
            self.page.ids.add(found["id"])
        if tag == "a" and "href" in found:
            self.page.links.append(found["href"])
        if tag == "img":
            self.page.pictures.append((found.get("src", ""), found.get("alt", "")))
        if tag not in VOID:
            is_name = "ansible-option-title" in found.get("class", "")
            self.open.append((tag, tag in CODE or is_name, found.get("role") == "main"))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)  # `<img />` ends nothing but itself
        if tag not in VOID:
            self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        while self.open and self.open.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        if any(main for _tag, _code, main in self.open) and not any(code for _tag, code, _main in self.open):
            self.page.text.append(data)


def read(path: Path) -> Page:
    """A page of the site."""
    page = Page(path)
    Reader(page).feed(path.read_text(encoding="utf-8"))
    return page


def broken(pages: dict[Path, Page]) -> list[str]:
    """A sentence for each link or picture that leads nowhere."""
    found = []
    for page in pages.values():
        for link in page.links:
            address, fragment = urldefrag(link)
            if re.match(r"[a-z]+:|//", address):
                continue
            target = (page.path.parent / unquote(address)).resolve() if address else page.path
            if not target.is_file():
                found.append(f"{page.path.name}: {link} leads to no file")
            elif fragment and target in pages and unquote(fragment) not in pages[target].ids:
                found.append(f"{page.path.name}: {link} leads to no such place")
        for picture, description in page.pictures:
            if not re.match(r"[a-z]+:|//", picture) and not (page.path.parent / unquote(picture)).is_file():
                found.append(f"{page.path.name}: the picture {picture} is missing")
            if not description:
                found.append(f"{page.path.name}: the picture {picture} has no description")
    return found


def markdown_text(path: Path) -> str:
    """A README without its code, tags and addresses, but with the descriptions of pictures."""
    return _TAG.sub(r" \1 ", _MARKDOWN_CODE.sub(" ", path.read_text(encoding="utf-8")))


def misspelt(texts: dict[str, str]) -> list[str]:
    """A sentence for each unknown word, given text by where it stands. Names of files and the like do not count."""
    known = {line for line in WORDS.read_text(encoding="utf-8").splitlines() if line and not line.startswith("#")}
    found = []
    unused = set(known)
    for where, text in texts.items():
        plain = _FILE.sub(" ", text.replace("’", "'").replace("\u200b", ""))
        run = ["hunspell", "-l", "-i", "utf-8", "-d", "en_GB"]
        said = subprocess.run(run, input=plain, capture_output=True, text=True, check=True).stdout
        words = {word.removesuffix("'s") for word in said.split()}
        unused -= words
        found += [f"{where}: {word}" for word in sorted(words - known)]
    return found + [f"{WORDS.name}: {word} is written nowhere" for word in sorted(unused)]


def main(site: Path) -> int:
    """Checks all; the exit code."""
    pages = {path.resolve(): read(path.resolve()) for path in sorted(site.rglob("*.html"))}
    texts = {page.path.name: " ".join(page.text) for page in pages.values()}
    readmes = [REPOSITORY / "README.md", REPOSITORY / "CONTRIBUTING.md", *sorted(REPOSITORY.glob("roles/*/README.md"))]
    texts |= {str(path.relative_to(REPOSITORY)): markdown_text(path) for path in readmes}
    wrong = broken(pages)
    spelling = misspelt(texts)
    for sentence in wrong + spelling:
        print(sentence)
    if spelling:
        print(f"Correct the words, or add those that are right to {WORDS.relative_to(REPOSITORY)}.")
    return 1 if wrong or spelling or not pages else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
