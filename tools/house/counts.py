# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The table: a number a line, so that two of them show what a change has done."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from house.insides import find_private_attributes

_DOCUMENTATION = ("DOCUMENTATION", "EXAMPLES", "RETURN")
_TASK = re.compile(r"^ *- (?:name|block|include_\w+|import_\w+|ansible\.builtin\.\w+):", re.MULTILINE)
_MODULE_OF_TASK = r"^ +%s\.\w+:$"  # with a value behind it, it is one of `module_defaults`


def print_table(repository: Path) -> None:
    """Prints all that is counted in a checkout of this repository."""
    plugins, collection = repository / "plugins", _collection_of(repository)
    trees = [ast.parse(path.read_text(encoding="utf-8")) for path in sorted(plugins.rglob("*.py"))]
    private = find_private_attributes(plugins)
    print(f"{len(private):6} private attributes of ansible-core")
    for name, places in private.items():
        print(f"           {name}: {', '.join(places)}")
    print(f"{sum(isinstance(node, ast.FunctionDef) for tree in trees for node in ast.walk(tree)):6} functions")
    print(f"{sum(map(count_code_lines, trees)):6} lines of code, without documentation, docstrings, comments, blank lines and imports")
    print(f"{sum(map(count_inner_imports, trees)):6} imports in functions")
    for path in sorted((plugins / "modules").glob("*.py")):
        print(f"{len(find_packed_files(path)):6} files packed with {path.stem}")
    for folder in sorted((repository / "roles").iterdir()):
        tasks, runs = count_tasks("\n".join(path.read_text(encoding="utf-8") for path in folder.glob("tasks/*.yml")), collection)
        print(f"{tasks:6} tasks in {folder.name}, {runs} of which run a module of the collection")


def count_tasks(text: str, collection: str) -> tuple[int, int]:
    """How many tasks there are in YAML, blocks included, and how many of them run a module of the collection."""
    return len(_TASK.findall(text)), len(re.findall(_MODULE_OF_TASK % re.escape(collection), text, re.MULTILINE))


def _collection_of(repository: Path) -> str:
    """Its name, which was another one in old commits, such as `photoyard.immich`."""
    text = (repository / "galaxy.yml").read_text(encoding="utf-8")
    return ".".join(re.findall(r"^(?:namespace|name): (\w+)$", text, re.MULTILINE))


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
    repository = module.parents[2]
    package = f"ansible_collections.{_collection_of(repository)}."
    packed: set[Path] = set()
    left = {module}
    while left:
        path = left.pop()
        packed.add(path)
        left |= set(_imported(path, repository, package)) - packed
    return {path for path in packed if path.name != "__init__.py"}


def _imported(path: Path, repository: Path, package: str) -> Iterator[Path]:
    parents = path.relative_to(repository).parent.parts
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield from _file_of(repository, _below(package, alias.name))
        elif isinstance(node, ast.ImportFrom):
            named = tuple((node.module or "").split(".")) if node.module else ()
            base = parents[: len(parents) - node.level + 1] + named if node.level else _below(package, node.module or "")
            if base:
                yield from _file_of(repository, base)
                for alias in node.names:
                    yield from _file_of(repository, (*base, alias.name))


def _below(package: str, name: str) -> tuple[str, ...]:
    return tuple(name.removeprefix(package).split(".")) if name.startswith(package) else ()


def _file_of(repository: Path, parts: tuple[str, ...]) -> Iterator[Path]:
    """The file that a name with dots stands for, none if that is something in a file."""
    path = repository.joinpath(*parts)
    candidates = [path.with_suffix(".py"), path / "__init__.py"] if parts else []
    yield from (candidate for candidate in candidates if candidate.is_file())
