# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How the benchmarks call immich-go, and what they say of the role beside it."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.__main__ import contenders, parse
from benchmarks.cases import CASES, GO, GO_AS_IT_COMES, Goal
from benchmarks.contenders import ImmichGo, ImmichGoAsItComes
from benchmarks.library import Library, Shape
from benchmarks.measure import CommandFailed, Cost
from benchmarks.session import Measured
from benchmarks.table import lines, verdict
from benchmarks.target import Target

SERVER = {"IMMICH_URL": "http://127.0.0.1:2283/api", "IMMICH_API_KEY": "user's-key", "IMMICH_ADMIN_API_KEY": "administrator's-key"}
(CASE,) = [one for one in CASES if one.name == "albums-1000"]
WRITE_DOWN = (
    "import json, os, sys; json.dump([sys.argv[1:], dict(os.environ)], open('given.json', 'w')); sys.exit(int('fail' in sys.argv[-1]))"
)


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Stands where the binary would, and writes down what it is given."""
    path = tmp_path / "immich-go"
    path.write_text(f"#!{sys.executable}\n{WRITE_DOWN}\n")
    path.chmod(0o700)
    monkeypatch.setenv("IMMICH_GO", str(path))
    monkeypatch.setenv("IMMICH_GO_UPLOAD_DRY_RUN", "true")
    return path


def run_immich_go(
    folder: Path, *, albums: bool, photos: str = "photos", program: type[ImmichGo] = ImmichGo
) -> tuple[list[str], Mapping[str, str]]:
    """Returns the arguments and the environment that the program got."""
    library = Library(folder / photos, Shape(1, 64))
    program(folder / "work", 3).upload(library, Target(SERVER), replace(CASE, albums=albums))
    arguments, environment = json.loads((folder / "work" / "given.json").read_text())
    return arguments, environment


@pytest.mark.usefixtures("program")
def test_immich_go_gets_its_keys_by_environment(tmp_path: Path) -> None:
    arguments, environment = run_immich_go(tmp_path, albums=False)
    assert arguments == ["upload", "from-folder", "--no-ui", "--concurrent-tasks", "3", str(tmp_path / "photos")]
    assert {name: value for name, value in environment.items() if name.startswith("IMMICH_GO")} == {
        "IMMICH_GO_UPLOAD_SERVER": "http://127.0.0.1:2283",
        "IMMICH_GO_UPLOAD_API_KEY": "user's-key",
        "IMMICH_GO_UPLOAD_ADMIN_API_KEY": "administrator's-key",
    }


@pytest.mark.usefixtures("program")
def test_immich_go_default_sets_no_concurrency(tmp_path: Path) -> None:
    arguments, environment = run_immich_go(tmp_path, albums=False, program=ImmichGoAsItComes)
    assert arguments == ["upload", "from-folder", "--no-ui", str(tmp_path / "photos")]
    assert not [name for name in environment if "TASKS" in name]


@pytest.mark.usefixtures("program")
def test_immich_go_makes_albums_of_folders(tmp_path: Path) -> None:
    assert "--folder-as-album=FOLDER" in run_immich_go(tmp_path, albums=True)[0]


@pytest.mark.usefixtures("program")
def test_immich_go_failure_ends_case(tmp_path: Path) -> None:
    with pytest.raises(CommandFailed):
        run_immich_go(tmp_path, albums=False, photos="fail")


def test_immich_go_runs_only_with_path(program: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = parse([])
    assert [one.name for one in contenders(CASE, wanted, tmp_path / "with")] == ["role", GO, GO_AS_IT_COMES]
    monkeypatch.delenv("IMMICH_GO")
    assert [one.name for one in contenders(CASE, wanted, tmp_path / "without")] == ["role"]


def measured(contender: str, number: int, wall: float) -> Measured:
    return Measured(CASE.name, contender, number, Cost(wall, wall / 2, 0, 0), 0, None)


def test_goal_against_immich_go_is_the_median_of_the_rounds() -> None:
    goal = Goal("wall", 0.85, GO, only_on="real")
    found = [measured("role", number, wall) for number, wall in enumerate((8.0, 8.0, 30.0))]
    assert verdict(goal, found, embedded=False) is None
    found += [measured(GO, number, wall) for number, wall in enumerate((10.0, 16.0, 20.0))]
    assert verdict(goal, found, embedded=True) is None
    assert verdict(goal, found, embedded=False) == "  holds  wall 0.8 of immich-go's, at most 0.85 wanted"
    assert verdict(replace(goal, limit=0.75), found, embedded=False) == "  MISSED wall 0.8 of immich-go's, at most 0.75 wanted"


def test_table_without_the_role_has_no_ratio() -> None:
    title, head, row = lines(CASE, [measured(GO, 0, 10.0)])
    assert title == f"{CASE.name}: {CASE.title}"
    assert [head.split()[:2], row.split()] == [["wall", "s"], ["immich-go", "10.00", "5.00", "0", "0", "0"]]
