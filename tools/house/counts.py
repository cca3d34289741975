# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The table: a number a line, so that two of them show what a change has done."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from house.insides import find_private_attributes

_REPOSITORY = Path(__file__).parents[2]
_PLUGINS = _REPOSITORY / "plugins"
_PACKAGE = "ansible_collections.photoyard.immich."
_DOCUMENTATION = ("DOCUMENTATION", "EXAMPLES", "RETURN")
_TASK = re.compile(r"^ *- (?:name|block|include_\w+|import_\w+|ansible\.builtin\.\w+):", re.MULTILINE)


def print_table() -> None:
    """Prints all that is counted."""
    trees = [ast.parse(path.read_text(encoding="utf-8")) for path in sorted(_PLUGINS.rglob("*.py"))]
    private = find_private_attributes(_PLUGINS)
    print(f"{len(private):6} private attributes of ansible-core")
    for name, places in private.items():
        print(f"           {name}: {', '.join(places)}")
    print(f"{sum(isinstance(node, ast.FunctionDef) for tree in trees for node in ast.walk(tree)):6} functions")
    print(f"{sum(map(count_code_lines, trees)):6} lines of code, without documentation, docstrings, comments, blank lines and imports")
    print(f"{sum(map(count_inner_imports, trees)):6} imports in functions")
    for path in sorted((_PLUGINS / "modules").glob("*.py")):
        print(f"{len(find_packed_files(path)):6} files packed with {path.stem}")
    for folder in sorted((_REPOSITORY / "roles").iterdir()):
        tasks = sum(len(_TASK.findall(path.read_text(encoding="utf-8"))) for path in folder.glob("tasks/*.yml"))
        print(f"{tasks:6} tasks in {folder.name}")


def count_code_lines(tree: ast.Module) -> int:
    """The lines on which something of the syntax tree stands that is neither an import, nor a docstring, nor documentation for Ansible."""
    lines: set[int] = set()
    left_out: set[int] = set()
    for node in ast.walk(tree):
        if not isinstance(node, (ast.stmt, ast.expr, ast.excepthandler, ast.arg, ast.keyword)):
            continue
        occupied = range(node.lineno, (node.end_lineno or node.lineno) + 1)
        if isinstance(node, (ast.Import, ast.ImportFrom)) or _is_documentation(node):
            left_out.update(occupied)
        elif isinstance(node, (ast.FunctionDef, ast.ClassDef, ast.If, ast.For, ast.While, ast.With, ast.Try, ast.ExceptHandler)):
            lines.add(node.lineno)  # what it holds counts by itself
        else:
            lines.update(occupied)
    return len(lines - left_out)


def _is_documentation(node: ast.AST) -> bool:
    if isinstance(node, ast.Expr):
        return isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
    return isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and node.targets[0].id in _DOCUMENTATION


def count_inner_imports(tree: ast.Module) -> int:
    """How many statements in functions import something."""
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    return len({node for function in functions for node in ast.walk(function) if isinstance(node, (ast.Import, ast.ImportFrom))})


def find_packed_files(module: Path) -> set[Path]:
    """The files of the collection that Ansible sends with a module, and the module itself: whatever one of them imports, also in functions.

    Not counted are the files of packages, most of which are empty, and what is ansible-core's.
    """
    found: set[Path] = set()
    left = {module}
    while left:
        path = left.pop()
        found.add(path)
        left |= set(_imported(path)) - found
    return {path for path in found if path.name != "__init__.py"}


def _imported(path: Path) -> Iterator[Path]:
    package = (*path.relative_to(_REPOSITORY).parent.parts,)
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield from _file_of(_below_collection(alias.name))
        elif isinstance(node, ast.ImportFrom):
            named = tuple((node.module or "").split(".")) if node.module else ()
            base = package[: len(package) - node.level + 1] + named if node.level else _below_collection(node.module or "")
            if base:
                yield from _file_of(base)
                for alias in node.names:
                    yield from _file_of((*base, alias.name))


def _below_collection(name: str) -> tuple[str, ...]:
    return tuple(name.removeprefix(_PACKAGE).split(".")) if name.startswith(_PACKAGE) else ()


def _file_of(parts: tuple[str, ...]) -> Iterator[Path]:
    """The file that a name with dots stands for, none if that is something in a file."""
    path = _REPOSITORY.joinpath(*parts)
    candidates = [path.with_suffix(".py"), path / "__init__.py"] if parts else []
    yield from (candidate for candidate in candidates if candidate.is_file())
