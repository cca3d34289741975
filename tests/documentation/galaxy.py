# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether README and the other pages in Markdown read well on Galaxy and Automation Hub, whose own code renders them here.

They drop what is not in their list of tags and attributes, ids of headings among it, and resolve no relative address.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

from galaxy_importer.utils import markup

REPOSITORY = Path(__file__).parents[2]
#: Where our own addresses lie in the repository.
OURS = {
    "https://raw.githubusercontent.com/photoyard/immich/main/": "{}",
    "https://github.com/photoyard/immich/blob/main/": "{}",
    "https://photoyard.github.io/immich/docsite/": "docs/docsite/rst/{}",
}


def problems(page: markup.DocFile) -> list[str]:
    """The problems of a page, a sentence each."""
    html = markup.get_html(page)
    found = []
    written, shown = len(re.findall(r"!\[|<img", page.text)), html.count("<img")
    if written != shown:
        found.append(f"{page.name} has {written} pictures, of which {shown} are shown.")
    for address in re.findall(r'(?:href|src)="([^"]*)"', html):
        if not address.startswith(("https://", "mailto:")):
            found.append(f"{page.name} has the address {address}, which leads nowhere there.")
        for beginning, place in OURS.items():
            path = place.format(re.sub(r"\.html(#.*)?$", ".rst", address.removeprefix(beginning)))
            if address.startswith(beginning) and not (REPOSITORY / path).is_file():
                found.append(f"{page.name} links {address}, which is not {path} in the repository.")
    dropped = [tag for tag in re.findall(r"^<(\w+)", page.text, re.MULTILINE) if tag not in markup.markdown_tags]
    return [*found, *(f"{page.name} has the tag {tag}, which is dropped there." for tag in dropped)]


def main() -> None:
    """Ends with 1 and a line for each problem."""
    readme = markup.get_readme_doc_file(str(REPOSITORY))
    pages = [readme, *(markup.get_doc_files(str(REPOSITORY / "docs")) or [])]
    found = [problem for page in pages for problem in problems(page)]
    print("\n".join(found))
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
