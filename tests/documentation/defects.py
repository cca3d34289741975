# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""`python -m documentation.defects` makes the page of defects of docs/defects.yml; a test compares them. With the argument `tests`, it
prints the tests that the list names."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import yaml

REPOSITORY = Path(__file__).parents[2]
LIST = REPOSITORY / "docs/defects.yml"
PAGE = REPOSITORY / "docs/docsite/rst/defects.rst"

WAYS = {
    "report": "A user reported it.",
    "walk": "Somebody did what README, tutorial and guides say, as a newcomer would.",
    "real server": "A run or a random search on a real Immich met it, or a real Prometheus, Grafana or PostgreSQL.",
    "attack": "Somebody tried to break it: by hostile answers, files, names and options, or as another user of the host.",
    "kill": "A process was killed or stopped, or a file taken away, at each step in turn.",
    "sweep": "One request, or one call about a file, failed: each of a run in turn.",
    "random input": "A test with random input or a random order of events found it.",
    "load": "It was seen on a busy machine, or with many hosts at a time.",
    "test": "Another test found it, on another version of Python or ansible-core for example.",
    "review": "Somebody read the code.",
    "not noted": "Nobody noted how it was found.",
}
"""The values of `found`, and what they mean."""

HEAD = """..
  SPDX-FileCopyrightText: 2026 photoyard.immich contributors
  SPDX-License-Identifier: GPL-3.0-or-later
  make generate writes this page of docs/defects.yml.

.. _ansible_collections.photoyard.immich.docsite.defects:

What went wrong so far
======================

.. contents::
  :local:

This page lists every known defect of correctness since the beginning: what somebody could have lost, or been misled by. Mistakes in wording
and in speed are left out. There are {count} of them, {state}. Nothing has been released yet, so no
released version had them. Each fixed defect has a test, which runs with every change and fails if the defect comes back.

If you find another one, please `report it <https://github.com/photoyard/immich/issues>`__. It gets a row here before it is fixed. A
vulnerability is better `reported in private <https://github.com/photoyard/immich/security/advisories/new>`__.

How to see it
-------------

In a clone of the repository, this runs all the tests that are named here, or one of them:

.. code-block:: console

    $ make record
    $ make pytest ARGS='{example}'

How it was found
----------------

{ways}
"""


def sections() -> list[dict[str, Any]]:
    """The sections: `area`, and `defects`, each with `what` and `found`, and once it is fixed with `fixed` (a date) and `test`."""
    found: list[dict[str, Any]] = yaml.safe_load(LIST.read_text(encoding="utf-8"))
    return found


def named_tests() -> list[str]:
    """The tests that are named, each once, as pytest names them."""
    return list(dict.fromkeys(defect["test"] for section in sections() for defect in section["defects"] if "test" in defect))


def page() -> str:
    """The page, as reStructuredText."""
    defects = [defect for section in sections() for defect in section["defects"]]
    ways = _table([["Found by", "What that means"], *([way, meaning] for way, meaning in WAYS.items())], "20 80")
    left = sum("fixed" not in defect for defect in defects)
    state = f"{left} of which are not fixed yet" if left else "all of which are fixed"
    example = min((node for node in named_tests() if node.startswith("tests/unit/")), key=len)
    parts = [HEAD.format(count=len(defects), state=state, example=example, ways=ways)]
    for section in sections():
        rows = [
            [defect["what"].strip(), defect["found"], str(defect.get("fixed", "not yet")), _literal(defect.get("test", ""))]
            for defect in section["defects"]
        ]
        title = section["area"]
        table = _table([["What happened", "Found by", "Fixed", "Test"], *rows], "46 10 11 33")
        parts.append(f"{title}\n{'-' * len(title)}\n\n{table}\n")
    return "\n".join(parts)


def _literal(text: str) -> str:
    return f"``{text}``" if text else ""


def _table(rows: list[list[str]], widths: str) -> str:
    """A table whose first row is its head."""
    lines = [f"  * - {first}\n" + "\n".join(f"    - {cell}".rstrip() for cell in rest) for first, *rest in rows]
    return f".. list-table::\n  :class: tests\n  :header-rows: 1\n  :widths: {widths}\n\n" + "\n".join(lines)


if __name__ == "__main__":
    if sys.argv[1:] == ["tests"]:
        print("\n".join(named_tests()))
    else:
        PAGE.write_text(page(), encoding="utf-8")
