# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the collection says about itself agrees with what is in it."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

REPOSITORY = Path(__file__).parents[2]
WITHOUT_CONNECTION = {"immich_backup_proof_info", "immich_host_load_info"}  # they ask no server, and do not know the options of the group
MODULES = sorted({path.stem for path in (REPOSITORY / "plugins" / "modules").glob("immich_*.py")} - WITHOUT_CONNECTION)

TESTS = REPOSITORY / "tests"
COLLECTION = "ansible_collections.photoyard.immich."
OF_ANSIBLE = ("ansible", "support.playbooks.playbook")


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


class Imports(ast.NodeVisitor):
    """The modules that Python imports with a file, and the names taken from them, which may be modules too.

    Not those that its functions import when they are called, nor those for type checkers.
    """

    def __init__(self, file: Path) -> None:
        self._package = file.relative_to(TESTS if file.is_relative_to(TESTS) else REPOSITORY).parent.parts
        self.names: set[str] = set()
        self.visit(ast.parse(file.read_bytes()))

    def generic_visit(self, node: ast.AST) -> None:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, (ast.stmt, ast.ExceptHandler)):
                self.visit(child)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        pass

    def visit_If(self, node: ast.If) -> None:
        for child in node.orelse if "TYPE_CHECKING" in ast.unparse(node.test) else [*node.body, *node.orelse]:
            self.visit(child)

    def visit_Import(self, node: ast.Import) -> None:
        self.names |= {alias.name for alias in node.names}

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        above = self._package[: len(self._package) - node.level + 1] if node.level else ()
        self.names |= {".".join([*above, *filter(None, [node.module]), alias.name]) for alias in node.names}

    def visit_Assign(self, node: ast.Assign) -> None:
        if "pytest_plugins" in [ast.unparse(target) for target in node.targets]:
            self.names |= set(ast.literal_eval(node.value))


@cache
def files_of(name: str) -> set[Path]:
    """The files of this repository that Python imports for a name: its module's, and those of the packages above it."""
    above, _, last = name.removeprefix(COLLECTION).replace(".", "/").rpartition("/")
    found = [TESTS / above / last, REPOSITORY / "tools" / above / last, REPOSITORY / above / last]
    files = {file for path in found for file in (path.with_name(f"{last}.py"), path / "__init__.py") if file.is_file()}
    return files | (files_of(above.replace("/", ".")) if above else set())


def importers_of_ansible(*files: Path) -> dict[str, set[str]]:
    """Those of the files, and of all that they import, that need ansible-core, and what of it."""
    ahead, seen, found = list(files), set(files), {}
    while ahead:
        file = ahead.pop()
        names = Imports(file).names
        if of_ansible := {name for name in names if any(f"{name}.".startswith(f"{one}.") for one in OF_ANSIBLE)}:
            found[str(file.relative_to(REPOSITORY))] = of_ansible
        new = {other for name in names for other in files_of(name)} - seen
        seen |= new
        ahead += new
    return found


@pytest.mark.check
def test_unit_tests_do_not_import_ansible() -> None:
    """So the matrix (`matrix.sh`) runs them for each Python, not for each core. What does know it belongs in tests/plugins."""
    files = [file for name in ("unit", "behaviour") for file in (TESTS / name).rglob("*.py")]
    assert importers_of_ansible(TESTS / "conftest.py", *files) == {}
    assert importers_of_ansible(TESTS / "plugins" / "modules" / "test_signals.py").keys() >= {"plugins/module_utils/_module.py"}
