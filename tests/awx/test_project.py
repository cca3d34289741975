# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The repository is a project of AWX as it is, and says what an execution environment needs. What the guide shows is what there is."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from support.playbooks.playbook import REPOSITORY, Playbook
from support.playbooks.readme import examples

GUIDE = REPOSITORY / "docs" / "docsite" / "rst" / "guide_awx.rst"
PLAYBOOKS = sorted(path.name for path in (REPOSITORY / "playbooks").glob("*.yml"))
BUILDER = REPOSITORY / "tools" / "builder.sh"


def run(*command: str | Path, cwd: Path, environment: dict[str, str] | None = None) -> str:
    """The output of a command, which must succeed."""
    done = subprocess.run(command, cwd=cwd, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """The repository as git would check it out."""
    folder = tmp_path / "project"
    folder.mkdir()
    listed = run("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--deduplicate", cwd=REPOSITORY)
    names = [name for name in listed.split("\0") if name and not name.startswith("tests/") and (REPOSITORY / name).exists()]
    run("cp", "--parents", "--target-directory", folder, *names, cwd=REPOSITORY)
    return folder


def test_a_checkout_is_a_project(playbook: Playbook, checkout: Path, tmp_path: Path, collections: str) -> None:
    """AWX runs ansible-galaxy like this in a project, and then its playbooks."""
    playbook.home.mkdir()
    programs, installed = Path(sys.executable).parent, tmp_path / "requirements_collections"
    environment = playbook.environment(None) | {"ANSIBLE_COLLECTIONS_PATH": f"{installed}:{REPOSITORY / '.cache' / 'awx'}"}
    environment.pop("PYTHONPATH", None)  # ansible-galaxy would find this collection there
    galaxy = (programs / "ansible-galaxy", "collection", "install", "-r", "collections/requirements.yml", "--collections-path", installed)
    run(*galaxy, cwd=checkout, environment=environment)
    assert (installed / "ansible_collections/photoyard/immich/roles/awx_setup/files/immich_api.inputs.yml").is_file()
    assert not (installed / "ansible_collections/photoyard/immich/collections").exists()
    named = [f"playbooks/{name}" for name in PLAYBOOKS]
    run(programs / "ansible-playbook", "--syntax-check", *named, cwd=checkout, environment=environment)
    run(programs / "ansible-playbook", "--syntax-check", "photoyard.immich.awx_setup", cwd=tmp_path, environment=environment)


def test_builder_finds_libraries_and_packages(tmp_path: Path) -> None:
    found = yaml.safe_load(run(BUILDER, "introspect", "--sanitize", REPOSITORY / "collections", cwd=tmp_path))
    assert [re.split(r"[>=\s]", one)[0] for one in found["python"]] == ["exifread", "requests"]
    assert {one.split()[0] for one in found["system"]} == {"openssh-client", "openssh-clients"}


def test_the_guides_execution_environment_can_be_built(tmp_path: Path) -> None:
    (tmp_path / "execution-environment.yml").write_text(examples(GUIDE)["execution-environment"])
    run(BUILDER, "create", "--output-filename", "Containerfile", cwd=tmp_path)
    assert "photoyard.immich" in (tmp_path / "context" / "_build" / "requirements.yml").read_text()


def test_files_to_paste_are_named_by_the_guide() -> None:
    assert "/roles/awx_setup/files>`__" in GUIDE.read_text()
    files = sorted((REPOSITORY / "roles" / "awx_setup" / "files").glob("immich_*.yml"))
    assert len(files) == 6
    for file in files:
        assert ("Input configuration" if ".inputs." in file.name else "Injector configuration") in file.read_text()
