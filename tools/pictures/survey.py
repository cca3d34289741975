# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The survey of a job template, as AWX has it, drawn as a form."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from awx_api.testing import awx, new_store
from documentation.blocks import DOCSITE
from support.playbooks.playbook import REPOSITORY, Playbook
from support.playbooks.readme import examples

TRANSCRIPT = Path(__file__).with_name("survey.txt")
TEMPLATE = "Immich upload"
GUIDE = examples(DOCSITE / "rst" / "guide_awx.rst")
PAGE = """<!doctype html><meta charset="utf-8"><style>
body {{ background: #f0f0f0; color: #151515; font: 15px/1.4 "DejaVu Sans", sans-serif; margin: 0; padding: 20px; }}
form {{ background: #fff; border-top: 3px solid #06c; display: grid; gap: 18px 28px; grid-template-columns: 1fr 1fr; padding: 22px 26px; }}
h1 {{ font-size: 20px; grid-column: 1 / -1; margin: 0; }}
b {{ display: block; }} i {{ color: #c9190b; font-style: normal; }} small {{ color: #6a6e73; display: block; margin-bottom: 6px; }}
p {{ border: 1px solid #d2d2d2; border-bottom-color: #6a6e73; margin: 0; min-height: 21px; padding: 6px 10px; white-space: pre-line; }}
s {{ color: #6a6e73; float: right; text-decoration: none; }}
</style><form><h1>{title}</h1>{questions}</form>"""

Questions = Sequence[Mapping[str, Any]]


def questions(collections: str, work: Path) -> Questions:
    """What AWX asks before an upload, once the guide's `awx.yml` has set it up. `collections` has awx.awx, too."""
    keys = {"IMMICH_URL": "https://photos.example.com", "IMMICH_API_KEY": "a-key", "IMMICH_ADMIN_API_KEY": "another"}
    keys |= {"IMMICH_SOURCE_API_KEY": "a-third", "ANSIBLE_COLLECTIONS_PATH": collections}
    (work / "awx.yml").write_text(GUIDE["setup"])
    with awx(new_store()) as controller:
        playbook = Playbook(work / "setup")
        playbook.run(Path("photoyard.immich.awx_setup"), "-e", f"@{work}/awx.yml", environment=controller.environment | keys).ok()
        number = controller.store.by_name("job_templates", TEMPLATE)["id"]
        found: Questions = controller.store.surveys[number]["spec"]
    return found


def lines(survey: Questions) -> str:
    """The questions as text: name, what is said of it, what is chosen beforehand, and what there is to choose from."""
    found = [f"{name(one)}: {one['question_description']}\n  {one['default']!r} {one.get('choices', '')}".rstrip() for one in survey]
    return "\n".join(found) + "\n"


def name(question: Mapping[str, Any]) -> str:
    return f"{question['question_name']} *" if question["required"] else str(question["question_name"])


def page(survey: Questions) -> str:
    """The form."""
    return PAGE.format(title=f"{TEMPLATE} | Survey", questions="".join(map(_field, survey)))


def _field(question: Mapping[str, Any]) -> str:
    required = " <i>*</i>" if question["required"] else ""
    arrow = "<s>▾</s>" if question.get("choices") else ""
    heading = f"<b>{html.escape(question['question_name'])}{required}</b><small>{html.escape(question['question_description'])}</small>"
    return f"<div>{heading}<p>{arrow}{html.escape(str(question['default']))}</p></div>"


def collections() -> str:
    """Where Ansible finds this collection and awx.awx, which has been put there by tools/checks/awx_collection.sh."""
    return f"{REPOSITORY / 'collections'}:{REPOSITORY / '.cache/awx'}"
