# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Plays with the roles, and what must hold after each of them."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from immich_emulator.testing import Emulator
    from support.playbooks.playbook import Run

CHAIN = (
    "metadataExtraction",
    "storageTemplateMigration",
    "thumbnailGeneration",
    "smartSearch",
    "faceDetection",
    "ocr",
    "videoConversion",
    "duplicateDetection",
    "facialRecognition",
)
"""What an upload sets off on Immich 3.1, in the order in which it is paused."""

QUICK_RETRIES = {"immich_retries": 1, "immich_upload_resume_delay": 0}
"""Retries that do not keep a test waiting."""


def upload_play(src: Path | list[str], **variables: Any) -> list[dict[str, Any]]:
    """A stranger's first playbook. The variables are the role's, without their `immich_upload_`, or whole names (`immich_…`)."""
    given = {"src": [str(src)] if isinstance(src, Path) else src, **variables}
    named = {name if name.startswith("immich_") else f"immich_upload_{name}": value for name, value in given.items()}
    role = {"role": "photoyard.immich.immich_upload", "vars": QUICK_RETRIES | named}
    return [{"hosts": "all", "gather_facts": False, "roles": [role]}]


def sentences(run: Run, host: str | None = None) -> str:
    """The sentences of the task `Show the summary`, as one text."""
    return one_text(run.task("Show the summary", host).result["msg"])


def one_text(said: str | list[str]) -> str:
    """The sentences of a summary, which are a list, as one text."""
    return said if isinstance(said, str) else " ".join(said)


def summary(run: Run) -> str:
    """All that a person reads of the outcome: which files failed, why the task did, and the sentences at the end."""
    files = re.findall(r"^\[\S+\] (failed: .*|and [\d,]+ more, .*)$", run.output, re.MULTILINE)
    failures = [task.result.get("msg", "") for task in run.failed if not task.name.endswith("Show the summary")]
    ends = [one_text(task.result["msg"]) for task in run.tasks if task.name.endswith("Show the summary")]
    return " ".join([*files, *failures, *ends])


def counts(run: Run) -> dict[str, int]:
    """How many files went up, were there, were skipped and failed."""
    found = run.task("Upload").result["counts"]
    return {name: found[name] for name in ("uploaded", "duplicates", "skipped", "failed")}


def sha1(path: Path) -> str:
    """A file's checksum."""
    return hashlib.sha1(path.read_bytes()).hexdigest()


def sums(photos: Path) -> set[str]:
    """The checksums of all photos below a folder."""
    return {sha1(path) for path in photos.rglob("*.jpg")}


def on_server(server: Emulator) -> set[str]:
    """The checksums of what the server has. Whatever went wrong, nothing is there in part."""
    state = server.state()
    assert state["partial_uploads"] == 0
    return {asset["checksum"] for asset in state["assets"]}


def pauses(server: Emulator) -> list[tuple[str, bool]]:
    """Each request that paused or resumed a queue, in order: its name, and whether it was to be paused."""
    return [
        (request["path"].removeprefix("/queues/"), request["json"]["isPaused"])
        for request in server.requests(writes=True)
        if request["path"].startswith("/queues/")
    ]
