# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is tried stands in tests/versions.yml, and nowhere else differently."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import yaml

from ansible_collections.photoyard.immich.plugins.module_utils._client import versions
from immich_emulator.versions import ALL, RECORDED

REPOSITORY = Path(__file__).parents[2]
VERSIONS = yaml.safe_load((REPOSITORY / "tests/versions.yml").read_text(encoding="utf-8"))
CORES = [core["version"] for core in VERSIONS["ansible_core"]]
BESIDE = [core["version"] for core in VERSIONS["ansible_core_beside"]]


def text(name: str) -> str:
    return (REPOSITORY / name).read_text(encoding="utf-8")


def printed(*what: str) -> list[str]:
    command = [sys.executable, str(REPOSITORY / "tools/versions.py"), *what]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()


def rows(page: str) -> list[list[str]]:
    """The rows of the page's table."""
    (_before, _headings, table, _after) = re.split(r"^=[= ]*\n", page.partition("\n**ansible-core**")[2], flags=re.MULTILINE)
    return [line.split() for line in table.splitlines()]


def test_versions_are_in_order() -> None:
    for listed in ([*VERSIONS["immich"], VERSIONS["immich_described"]], CORES, BESIDE):
        assert listed == sorted(listed, key=lambda version: [int(part) for part in version.split(".")])


def test_every_core_has_its_packages() -> None:
    for core in CORES + BESIDE:
        name = "dev" if core == CORES[-1] else f"core-{core}"
        major, minor = core.split(".")
        assert re.search(rf"\nansible-core>={core}(\.0rc\d)?,<{major}\.{int(minor) + 1}\n", text(f"requirements/{name}.in"))
        assert f"\nansible-core=={core}." in "\n" + text(f"requirements/{name}.txt")
    assert {path.stem for path in (REPOSITORY / "requirements").glob("core-*.in")} == {f"core-{core}" for core in CORES[:-1] + BESIDE}


def test_no_core_is_left_out() -> None:
    oldest, newest = CORES[0].removeprefix("2."), BESIDE[-1].removeprefix("2.")
    assert sorted(CORES + BESIDE) == [f"2.{minor}" for minor in range(int(oldest), int(newest) + 1)]


def test_requires_ansible_is_oldest_tested_core() -> None:
    assert yaml.safe_load(text("meta/runtime.yml"))["requires_ansible"] == f">={CORES[0]}.0"


def test_oldest_tested_immich_is_oldest_of_client() -> None:
    assert VERSIONS["immich"][0].startswith("{}.{}.".format(*versions.OLDEST))


def test_the_clients_table_knows_the_newest_immich() -> None:
    """Read the new version's API, put what differs into `_client/versions.py` (and into the event source), then move `NEWEST` there."""
    assert VERSIONS["immich_described"].startswith("{}.{}.".format(*versions.NEWEST))


def test_event_source_has_versions_of_client() -> None:
    source = text("extensions/eda/plugins/event_source/immich_server.py")
    assert "_HAS_QUEUES = ({}, {})".format(*versions.QUEUES) in source


def test_only_the_clients_table_names_versions_of_immich() -> None:
    named = [path for path in (REPOSITORY / "plugins").rglob("*.py") if re.search(r"\bVersion\([0-9]", path.read_text(encoding="utf-8"))]
    assert [path.name for path in named] == ["versions.py"]


def test_each_immich_is_acted_and_recorded() -> None:
    assert [version.number for version in RECORDED] == VERSIONS["immich"]
    assert [version.number for version in ALL] == [*VERSIONS["immich"], VERSIONS["immich_described"]]
    records = REPOSITORY / "tests/contract/conformance/records"
    assert sorted(path.stem for path in records.glob("*.jsonl")) == VERSIONS["immich"]


def listed(names: list[str]) -> str:
    return ", ".join(names[:-1]) + " and " + names[-1]


def test_versions_page_lists_tested_versions() -> None:
    page = text("docs/docsite/rst/versions.rst")
    assert f"With every change, {listed(VERSIONS['immich'])} are tested" in " ".join(page.split())
    assert f"the description of the API of {VERSIONS['immich_described']}," in " ".join(page.split())
    assert f"On {listed(BESIDE)}, " in " ".join(page.split())
    assert rows(page) == [[core["version"], core["python"], core["managed"]] for core in VERSIONS["ansible_core"]]


def test_readme_lists_tested_versions() -> None:
    readme = " ".join(text("README.md").split())
    assert f"Tested on ansible-core {listed(CORES)}, " in readme
    assert f"as Immich {listed(VERSIONS['immich'])} do" in readme


def test_workflow_tries_each_core_and_each_immich() -> None:
    outputs = {name: json.loads(value) for name, _, value in (line.partition("=") for line in printed("workflow"))}
    assert outputs["cores"] == CORES[:-1] + BESIDE
    assert {(job["immich"], job["core"]) for job in outputs["immich"]} == {
        (immich, core) for immich in VERSIONS["immich"] for core in (CORES[0], CORES[-1])
    }
    jobs = yaml.safe_load(text(".github/workflows/ci.yml"))["jobs"]
    assert set(jobs["versions"]["outputs"]) == {"parts", *outputs}
    for job, key in (("core", "cores"), ("immich", "immich")):
        (matrix,) = jobs[job]["strategy"]["matrix"].values()
        assert matrix == f"${{{{ fromJSON(needs.versions.outputs.{key}) }}}}"


def test_the_local_matrix_tries_the_older_cores() -> None:
    assert [line.split()[0] for line in printed("older-cores")] == CORES[:-1]
    assert [line.split()[1] for line in printed("older-cores")] == [core["python"] for core in VERSIONS["ansible_core"][:-1]]
    assert printed("core", CORES[-1]) == [f"{CORES[-1]} {VERSIONS['ansible_core'][-1]['python']} 3.12"]
    assert [line.split()[0] for line in printed("beside-cores")] == BESIDE


def test_a_bot_finds_the_versions_of_immich_and_nothing_else() -> None:
    renovate = json.loads(text(".github/renovate.json"))
    (manager,) = renovate["customManagers"]
    (pattern,) = manager["matchStrings"]
    # JavaScript writes a named group without Python's P
    found = re.findall(pattern.replace("(?<currentValue>", "(?P<currentValue>"), text("tests/versions.yml"))
    assert found == VERSIONS["immich"]
    (files,) = manager["managerFilePatterns"]
    assert re.fullmatch(files.strip("/"), "tests/versions.yml")
