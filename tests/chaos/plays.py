# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Plays for the scenarios: the role as a stranger uses it, and the model play with something unexpected in it."""

from __future__ import annotations

from typing import Any

Play = dict[str, Any]
Tasks = list[dict[str, Any]]

PAUSE, UPLOAD, RESUME = "pause", "upload", "resume"


def role(**keywords: Any) -> list[Play]:
    """A stranger's playbook; `keywords` are more keywords of the play."""
    return [{"hosts": "all", "gather_facts": False, **keywords, "roles": ["photoyard.immich.immich_upload"]}]


def model(
    *,
    before: Tasks | None = None,
    block: Tasks | None = None,
    rescue: Tasks | None = None,
    always: Tasks | None = None,
    pause: dict[str, Any] | None = None,
    **keywords: Any,
) -> list[Play]:
    """A play of one's own: pause in pre_tasks, upload in a block, resume in always.

    :param before: tasks between the pause and the block.
    :param block: the block, instead of the upload alone.
    :param rescue: the block's rescue.
    :param always: what stands in always, instead of resuming alone.
    :param pause: more keywords of the pause.
    :param keywords: more keywords of the play.
    """
    work: dict[str, Any] = {"block": block or [part(UPLOAD)], "always": always or [part(RESUME)]}
    if rescue:
        work["rescue"] = rescue
    return [
        {"hosts": "all", "gather_facts": False, **keywords, "pre_tasks": [part(PAUSE, **pause or {})], "tasks": [*(before or []), work]}
    ]


def part(entry_point: str, **keywords: Any) -> dict[str, Any]:
    """One entry point of the role as a task."""
    return {"import_role": {"name": "photoyard.immich.immich_upload", "tasks_from": entry_point}, **keywords}


def fail(**keywords: Any) -> dict[str, Any]:
    """A task that fails."""
    return {"name": "Fail", "ansible.builtin.fail": {"msg": "as the test wanted"}, **keywords}


def unreachable(**keywords: Any) -> dict[str, Any]:
    """A task whose host cannot be reached: nobody listens on port 1."""
    nowhere = {"ansible_connection": "ssh", "ansible_host": "127.0.0.1", "ansible_port": 1, "ansible_ssh_args": "-F none"}
    return {"name": "Reach", "ansible.builtin.ping": {}, "vars": nowhere, **keywords}
