# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Bytecode that the playbooks of the tests share: what is imported is what the source says, and tracebacks name its own file."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import zipfile
from pathlib import Path

from support.playbooks import compiled

RAISES = "def fail():\n    raise ValueError({!r})\n"
BYTECODE = compiled.PYTHON.parents[3] / ".cache" / "compiled" / "bytecode"
SHOW = "import traceback, module\ntry:\n    module.fail()\nexcept ValueError:\n    traceback.print_exc()\n"


def import_from(archive: Path, text: str) -> str:
    """What a new Python prints that imports a module from an archive, in which it raises this text."""
    with zipfile.ZipFile(archive, "w") as packed:
        packed.writestr("module.py", RAISES.format(text))
    path = os.pathsep.join([str(compiled.PYTHON), str(archive)])
    return subprocess.run([sys.executable, "-c", SHOW], env={"PYTHONPATH": path}, capture_output=True, text=True, check=True).stderr


def test_same_source_is_compiled_once_and_named_by_its_archive(tmp_path: Path) -> None:
    text = str(tmp_path)  # no earlier run has kept it
    kept = f"{hashlib.sha256(RAISES.format(text).encode()).hexdigest()}.*"

    first, second = (import_from(tmp_path / name, text) for name in ("first.zip", "second.zip"))

    assert (str(tmp_path / "first.zip/module.py") in first, str(tmp_path / "second.zip/module.py") in second) == (True, True)
    assert "first.zip" not in second
    assert len(list(BYTECODE.glob(kept))) == 1


def test_changed_source_is_compiled_anew(tmp_path: Path) -> None:
    archive = tmp_path / "packed.zip"

    assert "ValueError: before" in import_from(archive, "before")
    assert "ValueError: after" in import_from(archive, "after")
