# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The parts of `make check` are all of it, and the Makefile, the workflow and CONTRIBUTING.md name them as they are."""

from __future__ import annotations

import re
import subprocess
from fnmatch import fnmatchcase
from pathlib import Path

import pytest
import yaml

from support import parts

REPOSITORY = Path(__file__).parents[2]


def read(name: str) -> str:
    return (REPOSITORY / name).read_text(encoding="utf-8")


def test_each_file_of_tests_is_in_one_part() -> None:
    owners = {
        str(path.relative_to(REPOSITORY)): [
            part.name for part in parts.PARTS for tests in part.tests if path.is_relative_to(REPOSITORY / tests)
        ]
        for path in (REPOSITORY / "tests").rglob("test_*.py")
        if not path.is_relative_to(REPOSITORY / "tests/output")
    }
    assert {name: owner for name, owner in owners.items() if len(owner) != 1} == {}


def test_patterns_of_parts_match_files() -> None:
    names = [
        str(path.relative_to(REPOSITORY))
        for folder in (
            "plugins",
            "roles",
            "playbooks",
            "extensions",
            "tests",
            "docs",
            "tools",
            "meta",
            "changelogs",
            "requirements",
            ".github",
        )
        for path in (REPOSITORY / folder).rglob("*")
    ]
    names += [path.name for path in REPOSITORY.iterdir()]
    unused = [pattern for part in parts.PARTS for pattern in part.changes if not any(fnmatchcase(name, pattern) for name in names)]
    assert unused == []


def test_targets_of_parts_are_the_stages_of_check() -> None:
    makefile = read("Makefile")
    run = re.findall(r"^rest:.*\n\t@\$\(MAKE\) -j2 --keep-going slow (.+)$", makefile, re.MULTILINE)[0].split()
    assert {target for part in parts.PARTS for target in part.targets} == {"test", *run}


def test_contributing_shows_the_parts() -> None:
    text = read("CONTRIBUTING.md")
    assert parts.with_table(text) == text  # else: make generate


def test_workflow_runs_each_part_as_a_job() -> None:
    job = yaml.safe_load(read(".github/workflows/ci.yml"))["jobs"]["part"]
    assert job["strategy"]["matrix"] == {"part": "${{ fromJSON(needs.versions.outputs.parts) }}"}
    assert job["steps"][2] == {"run": 'make check PART="$PART"', "env": {"PART": "${{ matrix.part }}"}}


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ("LICENSES/MIT.txt", ["test"]),
        ("tests/unit/test_ids.py", ["test"]),
        ("roles/awx_setup/README.md", ["test", "automation", "docs"]),
        ("plugins/module_utils/_backup/make.py", ["test", "artifact", "modules", "server", "sweep"]),
        ("roles/immich_upload/tasks/main.yml", ["test", "transfers", "chaos"]),
    ],
)
def test_changed_file_belongs_to_its_parts(changed: str, expected: list[str]) -> None:
    assert [part.name for part in parts.parts_of([changed])] == expected


def test_unknown_part_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert parts.run(["docs", "queue"]) == 2
    assert capsys.readouterr().err.startswith("PART=queue: choose from changed, test, artifact, ")


@pytest.mark.parametrize(("failing", "expected"), [("none", 0), ("docs", 1)])
def test_parts_run_to_the_end_though_one_fails(monkeypatch: pytest.MonkeyPatch, failing: str, expected: int) -> None:
    ran = []

    def run(command: list[str], **_options: object) -> subprocess.CompletedProcess[str]:
        ran.append(command)
        return subprocess.CompletedProcess(command, returncode=2 if failing in command else 0)

    monkeypatch.setattr(subprocess, "run", run)
    assert parts.run(["chaos", "docs"]) == expected
    assert [command[-1] for command in ran] == [
        "docs",
        "packages-check",
        "ARGS=-m check tests/chaos tests/documentation tests/e2e/documentation",
    ]
