# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
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
    - role: photoyard.immich.immich_upload
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
        for name, value in variables.items():
            line(f"  {name}: {json.dumps(value, ensure_ascii=False)}")
        rc, lines = self._recorded(NAME, variables, environment)
        counted: dict[str, Any] = next((result for result in reversed(results(lines)) if "counts" in result), {})
        return Upload(
            rc,
            changed(lines),
            summary(lines),
            counted.get("counts", {}).get("uploaded", 0),
            counted.get("seconds", 0.0),
            counted.get("failures") or [],
            frozenset((counted.get("pause") or {}).get("paused") or ()),
        )

    def declare(self, variables: dict[str, Any], *arguments: str) -> tuple[int, int, str]:
        """Declares a server with these variables of the role immich_server: exit code, changed tasks, and the summary."""
        rc, lines = self._recorded("photoyard.immich.server", variables, {}, *arguments)
        return rc, changed(lines), summary(lines)

    def report(self, source: Path, page: Path) -> int:
        """Makes the page of a report; returns the exit code."""
        page.parent.mkdir(parents=True, exist_ok=True)
        page.unlink(missing_ok=True)
        variables = {"immich_upload_report": str(source), "immich_report_dest": str(page.parent)}
        return self._run("photoyard.immich.report", variables, {}, quiet=True)

    def _recorded(
        self, playbook: str, variables: dict[str, Any], environment: dict[str, str], *arguments: str
    ) -> tuple[int, list[dict[str, Any]]]:
        """The exit code, and what a callback wrote of each task."""
        stats = self.work / "stats.jsonl"
        stats.unlink(missing_ok=True)
        callback = {"JSON_LINES": str(stats), "ANSIBLE_CALLBACKS_ENABLED": "json_lines"}
        rc = self._run(playbook, variables, environment | callback, *arguments)
        return rc, [json.loads(text) for text in stats.read_text().splitlines()] if stats.exists() else []

    def _run(self, playbook: str, variables: dict[str, Any], environment: dict[str, str], *arguments: str, quiet: bool = False) -> int:
        (self.work / "variables.json").write_text(json.dumps(variables))
        command = ["ansible-playbook", playbook, "-e", "@variables.json", *arguments]
        line("$ " + " ".join(command))
        everything = os.environ | {
            "ANSIBLE_CALLBACK_PLUGINS": str(Path(__file__).parents[2] / "tests" / "support" / "playbooks" / "callback_plugins"),
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


def results(lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The results of all tasks, in order."""
    return [one["task"]["result"] for one in lines if "task" in one]


def changed(lines: list[dict[str, Any]]) -> int:
    """How many tasks changed something."""
    return sum(host["changed"] for one in lines if "stats" in one for host in one["stats"].values())


def summary(lines: list[dict[str, Any]]) -> str:
    """What the role says at its end."""
    found = [one["task"]["result"] for one in lines if "task" in one and one["task"]["name"].endswith("Show the summary")]
    said = found[-1].get("msg") if found else "it did not come to its summary"
    return " ".join(said) if isinstance(said, list) else str(said)
