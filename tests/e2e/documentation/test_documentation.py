# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""`ansible-doc` shows every plugin and role, and has nothing to complain about."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from support.playbooks.playbook import REPOSITORY, Playbook

DOCUMENTED = {
    "module": [path.stem for path in sorted((REPOSITORY / "plugins/modules").glob("*.py"))],
    "filter": [path.stem for path in sorted((REPOSITORY / "plugins/filter").glob("*.py"))],
    "role": sorted(path.parents[1].name for path in REPOSITORY.glob("roles/*/meta/argument_specs.yml")),
}


@pytest.mark.parametrize("kind", DOCUMENTED)
def test_ansible_doc_is_clean(playbook: Playbook, tmp_path: Path, kind: str) -> None:
    playbook.home.mkdir()
    shown = subprocess.run(
        [str(Path(sys.executable).with_name("ansible-doc")), "-t", kind, *(f"photoyard.immich.{name}" for name in DOCUMENTED[kind])],
        cwd=tmp_path,
        env=playbook.environment(None) | {"PAGER": "cat"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert shown.returncode == 0
    # ansible-core says of its own _protomatter that it has no version
    assert [line for line in shown.stderr.splitlines() if "_protomatter" not in line] == []
    titles = re.findall(r"^> .*?photoyard\.immich\.(\w+)", shown.stdout.lower(), re.MULTILINE)
    assert sorted(titles) == DOCUMENTED[kind]
    assert "ERROR" not in shown.stdout
