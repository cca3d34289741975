# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs Ansible in front of the reader's eyes, with the README's first playbook."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from demo.words import line

NAME = "photos.yml"
TEXT = """\
- hosts: localhost
  gather_facts: false
  roles:
    - role: selfhosted.immich.immich_upload
"""


@dataclass(frozen=True)
class Upload:
    """What a run did. `seconds` are those of the upload itself; `paused` are the queues that it says it paused."""

    rc: int
    changed: int
    msg: str
    uploaded: int = 0
    seconds: float = 0.0
    failures: list[dict[str, Any]] = field(default_factory=list)
    paused: frozenset[str] = frozenset()


class Playbook:
    """Runs playbooks in the folder `work`, with variables in a file there."""

    def __init__(self, work: Path) -> None:
        self.work = work
        (work / NAME).write_text(TEXT)

    def show(self) -> None:
        """Shows the playbook."""
        line(f"\nThe playbook {NAME}; the variables are in a file, which each command names:\n")
        line("".join(f"    {text}\n" for text in TEXT.splitlines()).rstrip())

    def upload(self, variables: dict[str, Any], environment: dict[str, str]) -> Upload:
        """Uploads with these variables of the role."""
        stats = self.work / "stats.jsonl"
        stats.unlink(missing_ok=True)
        for name, value in variables.items():
            line(f"  {name}: {json.dumps(value, ensure_ascii=False)}")
        rc = self._run(NAME, variables, environment | {"JSON_LINES": str(stats), "ANSIBLE_CALLBACKS_ENABLED": "json_lines"})
        lines = [json.loads(text) for text in stats.read_text().splitlines()] if stats.exists() else []
        tasks = [one["task"] for one in lines if "task" in one]
        summaries = [task["result"] for task in tasks if task["name"].endswith("Show the summary")]
        counted: dict[str, Any] = next((task["result"] for task in reversed(tasks) if "counts" in task["result"]), {})
        return Upload(
            rc,
            sum(host["changed"] for one in lines if "stats" in one for host in one["stats"].values()),
            str(summaries[-1].get("msg")) if summaries else "it did not come to its summary",
            counted.get("counts", {}).get("uploaded", 0),
            counted.get("seconds", 0.0),
            counted.get("failures") or [],
            frozenset((counted.get("pause") or {}).get("paused") or ()),
        )

    def report(self, source: Path, page: Path) -> int:
        """Makes the page of a report; returns the exit code."""
        page.parent.mkdir(parents=True, exist_ok=True)
        page.unlink(missing_ok=True)
        variables = {"immich_upload_report": str(source), "immich_report_dest": str(page.parent)}
        return self._run("selfhosted.immich.report", variables, {}, quiet=True)

    def _run(self, playbook: str, variables: dict[str, Any], environment: dict[str, str], quiet: bool = False) -> int:
        (self.work / "variables.json").write_text(json.dumps(variables))
        command = ["ansible-playbook", playbook, "-e", "@variables.json"]
        line("$ " + " ".join(command))
        everything = os.environ | {
            "ANSIBLE_CALLBACK_PLUGINS": str(Path(__file__).parents[1] / "support" / "playbooks" / "callback_plugins"),
            "ANSIBLE_IMMICH_PROGRESS_INTERVAL": "2",
            "ANSIBLE_INVENTORY_UNPARSED_WARNING": "0",
            "ANSIBLE_LOCALHOST_WARNING": "0",
            "ANSIBLE_PYTHON_INTERPRETER": sys.executable,
            **environment,
        }
        done = subprocess.run(command, cwd=self.work, env=everything, stdin=subprocess.DEVNULL, capture_output=quiet, text=True)
        if quiet and done.returncode:
            line(done.stdout + done.stderr)
        return done.returncode
