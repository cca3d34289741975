# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""`python -m documentation.requirements` makes the page of requirements of docs/requirements_list.yml; a test compares them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

REPOSITORY = Path(__file__).parents[2]
LIST = REPOSITORY / "docs/requirements_list.yml"
PAGE = REPOSITORY / "docs/docsite/rst/requirements_list.rst"
HEAD = """..
  SPDX-FileCopyrightText: 2026 photoyard.immich contributors
  SPDX-License-Identifier: GPL-3.0-or-later
  make generate writes this page of docs/requirements_list.yml.

:orphan:

.. _ansible_collections.photoyard.immich.docsite.requirements_list:

Requirements for publication
============================

.. contents::
  :local:

Two lists say what a good collection is: the
`requirements of the Ansible community package <https://docs.ansible.com/ansible/latest/community/collection_contributors/collection_requirements.html>`__,
and Red Hat's `requirements for certified content <https://docs.ansible.com/projects/partner-certification-requirements/>`__. This page goes
through what they demand, and says for each whether it is met. Where it says *tested*, a test fails when that is no longer true.
"""


def lists() -> list[dict[str, Any]]:
    """The lists: `title`, `intro`, and `points`, each with `id`, `text`, `status`, `where` and perhaps `evidence`."""
    found: list[dict[str, Any]] = yaml.safe_load(LIST.read_text(encoding="utf-8"))
    return found


def page() -> str:
    """The page, as reStructuredText."""
    parts = [HEAD]
    for section in lists():
        title = section["title"]
        rows = [["Requirement", "Met", "Where"], *([point["text"], point["status"], point["where"]] for point in section["points"])]
        table = "\n".join(f"  * - {text}\n    - {status}\n    - {where}" for text, status, where in rows)
        start = ".. list-table::\n  :header-rows: 1\n  :widths: 50 10 40"
        parts.append(f"{title}\n{'-' * len(title)}\n\n{section['intro']}\n\n{start}\n\n{table}\n")
    return "\n".join(parts)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
