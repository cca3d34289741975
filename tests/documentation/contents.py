# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes the site's first page: the start page with the table of contents, which is the sections of extra-docs.yml, then the reference.

Without arguments, it writes the list of guides that Galaxy shows, docs/guides.md, which has the same sections.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

import yaml

DOCSITE = Path(__file__).parents[2] / "docs" / "docsite"
GUIDES = DOCSITE.parent / "guides.md"
SITE = "https://photoyard.github.io/immich/"
REFERENCE = {"Modules": "_module", "Roles": "_role", "Filters": "_filter"}
"""The captions of the reference, and how the pages that antsibull-docs writes end."""

INTERNAL = frozenset({"role_options", "role_variables"})
"""Plugins that only this collection's roles use, besides those that begin with an underscore: ansible-test of 2.16 takes a module or a
lookup with one for deprecated. They have a page, to which other pages may link, and no entry in the menu."""


def toctree(caption: str, entries: list[str]) -> str:
    """A part of the table of contents, which is seen beside every page."""
    return "\n".join([".. toctree::", f"   :caption: {caption}", "   :hidden:", "", *(f"   {entry}" for entry in entries), ""])


def contents(docsite: Path, pages: Path) -> str:
    """All parts, in their order."""
    sections = yaml.safe_load((docsite / "extra-docs.yml").read_text(encoding="utf-8"))["sections"]
    parts = [toctree(section["title"], [f"docsite/{page}" for page in section["toctree"]]) for section in sections]
    for caption, ending in REFERENCE.items():
        found = sorted(page.stem.removesuffix(ending) for page in pages.glob(f"*{ending}.rst"))
        shown = [name for name in found if not name.startswith("_") and name not in INTERNAL]
        parts.append(toctree(caption, [f"{name} <{name}{ending}>" for name in shown]))
    if (pages / "changelog.rst").is_file():
        parts.append(toctree("News", ["Changelog <changelog>"]))
    return "\n".join(parts)


def guides() -> str:
    """The page for Galaxy: the guides by sections, each with its address."""
    lines = ["# Guides", "", f"The documentation is a [web site]({SITE}), which also has the reference of all modules and roles.", ""]
    for section in yaml.safe_load((DOCSITE / "extra-docs.yml").read_text(encoding="utf-8"))["sections"]:
        lines += [f"## {section['title']}", ""]
        for name in section["toctree"]:
            title = (DOCSITE / "rst" / f"{name}.rst").read_text(encoding="utf-8").partition("\n===")[0].rpartition("\n")[2]
            lines.append(f"- [{title}]({SITE}docsite/{name}.html)")
        lines.append("")
    return "\n".join(lines)


def put_examples_first(page: str) -> str:
    """A role's page with the examples of each entry point before its variables, of which there may be a hundred."""
    parts = re.split(r"(?m)^(?=\.\. Entry point title$)", page)
    swapped = [re.sub(r"(?ms)^(Parameters\n\^+\n.*?)^(Examples\n\^+\n.*?)(?=^Authors\n\^+$)", r"\2\1", part) for part in parts]
    return "".join(swapped)


def main(docsite: Path, pages: Path) -> None:
    """Replaces antsibull-docs's own first page, removes those on which there is nothing yet, and begins those of roles with examples."""
    for name, sign in (("changelog", "====\n"), ("environment_variables", ".. envvar::")):
        page = pages / f"{name}.rst"
        if sign not in page.read_text(encoding="utf-8"):
            page.unlink()
    for page in pages.glob("*_role.rst"):
        page.write_text(put_examples_first(page.read_text(encoding="utf-8")), encoding="utf-8")
    start = (docsite / "start.rst").read_text(encoding="utf-8")
    (pages / "index.rst").write_text(f"{start}\n{contents(docsite, pages)}", encoding="utf-8")


if __name__ == "__main__":
    if len(sys.argv) == 1:
        GUIDES.write_text(guides(), encoding="utf-8")
    else:
        main(Path(sys.argv[1]), Path(sys.argv[2]))
