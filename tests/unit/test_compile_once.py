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

import pytest

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


# What Ansible does with a file that it packs: it asks for a syntax tree, in the module of that name.
PARSE = """
import ast, sys
imports = lambda node: isinstance(node, (ast.Import, ast.ImportFrom))
name = {"__name__": sys.argv[1]}
for file in sys.argv[2:]:
    tree = eval("compile(open(file).read(), file, 'exec', 1024)", name | {"file": file})
    own = {ast.dump(node) for node in tree.body if imports(node)}
    print(file, sorted(own), sorted({ast.dump(node) for node in ast.walk(tree) if imports(node)} - own), len(list(ast.walk(tree))) > 1000)
"""


def parse(caller: str, files: list[str]) -> list[str]:
    """What a new Python finds in files: imports of the module itself, others, and whether there is much else."""
    command = [sys.executable, "-c", PARSE, caller, *files]
    return subprocess.run(command, env={"PYTHONPATH": str(compiled.PYTHON)}, capture_output=True, text=True, check=True).stdout.splitlines()


def test_tree_for_packing_has_all_imports_and_little_else() -> None:
    files = [str(file) for file in sorted(Path("plugins/module_utils").glob("_[pqu]*/**/*.py")) if "import" in file.read_text()]
    whole = parse("another", files)
    for _kept in (False, True):
        packed = parse("ansible.executor.module_common", files)
        assert [line.rpartition(" ")[0] for line in packed] == [line.rpartition(" ")[0] for line in whole]
        assert sum(line.endswith("True") for line in packed) == 0 < sum(line.endswith("True") for line in whole)


@pytest.mark.parametrize("line", ["METADATA = 'schema_version: 1'", "embedded = EmbedManager.embed('', 'file')"])
def test_tree_for_packing_has_assignments_for_ansible(tmp_path: Path, line: str) -> None:
    file = tmp_path / "module.py"
    file.write_text(f"{line}\nother = 1\n")
    show = "import ast\nprint(ast.unparse(compile(open({!r}).read(), '', 'exec', 1024)))"
    program = f"exec({show.format(str(file))!r}, {{'__name__': 'ansible.executor.module_common'}})"
    command = [sys.executable, "-c", program]
    assert subprocess.check_output(command, env={"PYTHONPATH": str(compiled.PYTHON)}, text=True).strip() == line


def test_changed_source_is_compiled_anew(tmp_path: Path) -> None:
    archive = tmp_path / "packed.zip"

    assert "ValueError: before" in import_from(archive, "before")
    assert "ValueError: after" in import_from(archive, "after")
