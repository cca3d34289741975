# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the collection says about itself agrees with what is in it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

REPOSITORY = Path(__file__).parents[2]
WITHOUT_CONNECTION = {"immich_backup_proof_info", "immich_host_load_info"}  # they ask no server, and do not know the options of the group
MODULES = sorted({path.stem for path in (REPOSITORY / "plugins" / "modules").glob("immich_*.py")} - WITHOUT_CONNECTION)

COLLECT_WITHOUT_ANSIBLE = """
import sys, pytest
sys.modules.update({"ansible": None, "support.playbooks.playbook": None})  # neither can be imported
options = ["-p", "no:pytest-ansible", "-o", "addopts=--import-mode=importlib"]
sys.exit(pytest.main([*options, "--collect-only", "-qq", "tests/unit", "tests/behaviour"]))
"""


def load(name: str) -> Any:
    return yaml.safe_load((REPOSITORY / name).read_text(encoding="utf-8"))


def test_the_action_group_holds_every_module() -> None:
    assert load("meta/runtime.yml")["action_groups"]["immich"] == MODULES


def test_execution_environment_has_dependencies() -> None:
    files = load("meta/execution-environment.yml")["dependencies"]
    for name in files.values():
        assert (REPOSITORY / name).is_file()
    libraries = (REPOSITORY / files["python"]).read_text(encoding="utf-8")
    assert "requests" in libraries
    assert "exifread" in libraries


@pytest.mark.check
def test_unit_tests_do_not_import_ansible() -> None:
    """So the matrix (`matrix.sh`) runs it for each Python, not for each core. What does know it belongs in tests/plugins."""
    command = [sys.executable, "-c", COLLECT_WITHOUT_ANSIBLE]
    collected = subprocess.run(command, cwd=REPOSITORY, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    assert collected.returncode == 0, collected.stdout
