# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The parts of `make check`, and which change belongs to which. The Makefile, the workflow and CONTRIBUTING.md follow `PARTS`.

`python -m support.parts run NAME...` runs parts; the name `changed` stands for those that belong to the files which differ from
origin/main. `changed` names them. `workflow` prints the outputs of a job on GitHub. `table` writes the table in CONTRIBUTING.md.
Needs no package: the workflow asks before anything is installed.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Collection, Iterable
from fnmatch import fnmatchcase
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
CONTRIBUTING = ROOT / "CONTRIBUTING.md"
START, END = "<!-- parts: make generate -->\n", "<!-- /parts -->\n"


class Part(NamedTuple):
    """What one job runs."""

    name: str
    what: str
    """Of what it consists, as CONTRIBUTING.md says it."""
    changes: tuple[str, ...]
    """Patterns of the files that belong to it. `*` stands for any text, slashes as well."""
    targets: tuple[str, ...] = ()
    """Of the Makefile."""
    tests: tuple[str, ...] = ()
    """Files and folders, of which the tests marked `check` are run."""


_UTILS = "plugins/module_utils"

PARTS = (
    Part("test", "`make test`", ("*",), targets=("test",)),
    Part(
        "artifact",
        "ansible-test on what Galaxy gets, and Galaxy's importer",
        ("plugins/*", "extensions/*", "galaxy.yml", "meta/*", "changelogs/*", "requirements/*", "tests/integration/*", "tests/config.yml"),
        targets=("sanity", "integration", "importer"),
    ),
    Part(
        "modules",
        "each module run by Ansible, what it sends to each Immich, and runs on older ones",
        (
            "plugins/modules/*",
            f"{_UTILS}/*",
            "tests/behaviour/*",
            "tests/plugins/*",
            "tests/contract/*",
            "tests/fuzz/*",
            "tests/immich_emulator/*",
            "tools/budget/*",
        ),
        tests=("tests/unit", "tests/behaviour", "tests/plugins", "tests/contract", "tests/fuzz"),
    ),
    Part(
        "transfers",
        "uploads, copies and archives by ansible-playbook",
        (
            *(
                f"{_UTILS}/{name}/*"
                for name in (
                    *("_upload", "_copy", "_archive", "_assets", "_people", "_archive_format", "_run"),
                    *("_exports", "_files", "_media", "_metadata", "_naming", "_selection"),
                )
            ),
            *("plugins/action/*", "roles/immich_upload/*", "roles/immich_copy/*", "roles/immich_archive/*", "tests/e2e/transfers/*"),
        ),
        tests=("tests/e2e/transfers",),
    ),
    Part(
        "queues",
        "pauses, leases, policies, and what runs print",
        (
            *(f"{_UTILS}/{name}" for name in ("_queues/*", "_paused.py", "_module.py")),
            *("plugins/action/*", "plugins/filter/*", "plugins/plugin_utils/*", "playbooks/*", "tests/e2e/queues/*", "tests/e2e/output/*"),
            *(f"roles/immich_{name}/*" for name in ("heal", "jobs", "maintenance", "metrics", "policy", "report")),
        ),
        tests=("tests/e2e/queues", "tests/e2e/output", "tests/e2e/test_every_role.py"),
    ),
    Part(
        "server",
        "servers as code, backups, restores and upgrades",
        (
            *(f"{_UTILS}/{name}/*" for name in ("_backup", "_resources", "_integrity", "_moves")),
            *(f"roles/immich_{name}/*" for name in ("backup", "restore", "server", "upgrade")),
            "tests/e2e/server/*",
        ),
        tests=("tests/e2e/server",),
    ),
    Part(
        "chaos",
        "everything that can kill an upload",
        (f"{_UTILS}/_queues/*", f"{_UTILS}/_paused.py", "roles/immich_upload/*", "roles/immich_heal/*", "tests/chaos/*"),
        tests=("tests/chaos",),
    ),
    Part(
        "sweep",
        "some requests and local calls fail once, and some durable steps are the last",
        (f"{_UTILS}/*", "tests/immich_emulator/*", "tests/sweep/*"),
        tests=("tests/sweep",),
    ),
    Part(
        "automation",
        "AWX and Event-Driven Ansible",
        ("roles/awx_setup/*", "extensions/*", "playbooks/*", "tests/awx/*", "tests/awx_api/*", "tests/eda/*"),
        tests=("tests/awx", "tests/eda"),
    ),
    Part(
        "docs",
        "the web site, and all examples and commands in it and in READMEs",
        (
            "docs/*",
            "*README.md",
            "plugins/modules/*",
            "tests/documentation/*",
            "tests/e2e/documentation/*",
            "tools/demo/*",
            "tools/pictures/*",
        ),
        targets=("docs",),
        tests=("tests/documentation", "tests/e2e/documentation"),
    ),
    Part(
        "release",
        "release, signature, images",
        (
            "tools/release/*",
            "tools/images/*",
            "tests/publishing/*",
            ".github/*",
            "galaxy.yml",
            "meta/*",
            "docs/requirements_list.yml",
        ),
        tests=("tests/publishing",),
    ),
)


def parts_of(files: Iterable[str]) -> list[Part]:
    """The parts that belong to these files, which are named from the root of the repository."""
    files = list(files)
    return [part for part in PARTS if any(fnmatchcase(name, pattern) for name in files for pattern in part.changes)]


def changed_files() -> list[str]:
    """What differs from origin/main, committed or not; without such a branch, what is not committed."""

    def git(*command: str) -> list[str]:
        return subprocess.run(["git", *command], cwd=ROOT, capture_output=True, text=True, check=False).stdout.splitlines()

    since = (git("merge-base", "origin/main", "HEAD") or ["HEAD"])[0]
    return git("diff", "--name-only", since) + git("ls-files", "--others", "--exclude-standard")


def run(names: Collection[str]) -> int:
    """Runs all of these parts, also when one of them fails. Returns 1 if one failed, 2 for a name that is not a part's."""
    chosen = parts_of(changed_files()) if "changed" in names else [part for part in PARTS if part.name in names]
    if unknown := set(names) - {part.name for part in PARTS} - {"changed"}:
        print(f"PART={' '.join(sorted(unknown))}: choose from changed, {', '.join(part.name for part in PARTS)}.", file=sys.stderr)
        return 2
    commands = [["make", target] for part in chosen for target in part.targets]
    if tests := [path for part in chosen for path in part.tests]:
        commands.append(["make", "packages-check"])
        commands.append(["env", "HYPOTHESIS_PROFILE=thorough", "make", "pytest", f"ARGS=-m check {' '.join(tests)}"])
    codes = [subprocess.run(command, cwd=ROOT, check=False).returncode for command in commands]
    return int(any(codes))


def table() -> str:
    """As Markdown."""
    rows = [f"| {', '.join(map(_shown, part.changes))} | `make check PART={part.name}` | {part.what} |" for part in PARTS[1:]]
    return "\n".join(["| changed | run | what it is |", "|---|---|---|", *rows]) + "\n"


def _shown(pattern: str) -> str:
    return f"`{re.sub('/[*]$', '', pattern).removeprefix(_UTILS + '/')}`"


def with_table(text: str) -> str:
    """The text of CONTRIBUTING.md with the table of today."""
    before, _start, rest = text.partition(START)
    _old, _end, after = rest.partition(END)
    return before + START + table() + END + after


def main(command: str, *names: str) -> int:
    """Runs a command of this module."""
    if command == "run":
        return run(names)
    if command == "changed":
        if chosen := " ".join(part.name for part in parts_of(changed_files())):
            print(f"Your changes belong to these parts: {chosen} (make check PART=changed runs no others)")
    elif command == "workflow":
        print("parts=" + json.dumps([part.name for part in PARTS]))
    else:
        CONTRIBUTING.write_text(with_table(CONTRIBUTING.read_text(encoding="utf-8")), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
