# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the files of the collection import, read from their text."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

COLLECTION = "ansible_collections.photoyard.immich.plugins"


@dataclass(frozen=True)
class Import:
    """One import. `importer` is a module's name below `plugins`; `target` is one as well, or with `outside` the full name of another.

    `by_name`: not the module is imported but a name out of it.
    """

    importer: str
    target: str
    outside: bool
    by_name: bool
    file: Path
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line} imports {self.target}"


def imports_of(plugins: Path) -> list[Import]:
    """All imports of the Python files below `plugins`, also inside functions, but not those for type checkers alone."""
    files = {_name(path.relative_to(plugins)): path for path in sorted(plugins.rglob("*.py"))}
    found = []
    for name, path in files.items():
        package = name if path.name == "__init__.py" else name.rpartition(".")[0]
        for target, line in _targets_in(path.read_text(encoding="utf-8"), package):
            ours = target.startswith(COLLECTION + ".")
            target = target.removeprefix(COLLECTION + ".")
            known = _known(target, files) if ours else target
            found.append(Import(name, known, not ours, known != target, path.relative_to(plugins), line))
    return found


def cycles(imports: list[Import]) -> list[list[Import]]:
    """Circles of modules, each as the imports that lead around it."""
    graph: dict[str, list[Import]] = {}
    for one in imports:
        if not one.outside and one.target != one.importer:
            graph.setdefault(one.importer, []).append(one)
    found: list[list[Import]] = []
    done: set[str] = set()

    def walk(name: str, path: list[Import], on_path: list[str]) -> None:
        if name in on_path:
            found.append(path[on_path.index(name) :])
        elif name not in done:
            for one in graph.get(name, ()):
                walk(one.target, [*path, one], [*on_path, name])
            done.add(name)

    for name in graph:
        walk(name, [], [])
    return found


def _name(path: Path) -> str:
    return ".".join((path.parent if path.name == "__init__.py" else path.with_suffix("")).parts)


@cache
def _targets_in(text: str, package: str) -> list[tuple[str, int]]:
    """The full names that a file of this package imports, with their lines."""
    nodes = _run_time_nodes(ast.parse(text))
    return [(target, getattr(node, "lineno", 0)) for node in nodes for target in _targets(node, package)]


def _run_time_nodes(tree: ast.AST) -> Iterator[ast.AST]:
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and ast.unparse(node.test) in ("TYPE_CHECKING", "typing.TYPE_CHECKING"):
            continue
        yield node
        yield from _run_time_nodes(node)


def _targets(node: ast.AST, package: str) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        parts = f"{COLLECTION}.{package}".split(".")
        base = [*parts[: len(parts) - node.level + 1]] if node.level else []
        yield from (".".join([*base, *([node.module] if node.module else []), alias.name]) for alias in node.names)


def _known(name: str, files: dict[str, Path]) -> str:
    """The module that `name` stands for: itself, or the one that it is taken from."""
    while name and name not in files:
        name = name.rpartition(".")[0]
    return name
