# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks the built site without the internet: that each link within it leads somewhere, and that each picture is there and described. Exits
with 1 and says what is wrong."""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urldefrag


@dataclass
class Page:
    """What was found in one page. `links` are as written, with their fragments."""

    path: Path
    ids: set[str] = field(default_factory=set)
    links: list[str] = field(default_factory=list)
    pictures: list[tuple[str, str]] = field(default_factory=list)
    """Address and description of each."""


class Reader(HTMLParser):
    """Reads a page."""

    def __init__(self, page: Page) -> None:
        super().__init__()
        self.page = page

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        if "id" in found:
            self.page.ids.add(found["id"])
        if tag == "a" and "href" in found:
            self.page.links.append(found["href"])
        if tag == "img":
            self.page.pictures.append((found.get("src", ""), found.get("alt", "")))


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


def main(site: Path) -> int:
    """Checks all; the exit code."""
    pages = {path.resolve(): read(path.resolve()) for path in sorted(site.rglob("*.html"))}
    wrong = broken(pages)
    for sentence in wrong:
        print(sentence)
    return 1 if wrong or not pages else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
