# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which private attributes of ansible-core the plugins use or override.

An attribute counts if its name begins with one underscore, the collection does not define it, and the installed ansible-core does; and a
method counts that overrides one of ansible-core's. Not those that are the contract between ansible-core and each plugin of a kind, which
have an underscore all the same: the pages on developing plugins and modules in Ansible's developer guide use them.
"""

from __future__ import annotations

import ast
import importlib.metadata
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

CONTRACT = frozenset(
    {
        # what an action is made of, and what it calls
        "_task",
        "_connection",
        "_play_context",
        "_loader",
        "_templar",
        "_shared_loader_obj",
        "_shell",
        "_execute_module",
        "_low_level_execute_command",
        "_make_tmp_path",
        "_remove_tmp_path",
        # what an action says of itself
        "_supports_check_mode",
        "_supports_async",
        "_requires_connection",
        # whether a module is asked for differences
        "_diff",
    }
)

_DEFINITION = re.compile(
    r"\bdef (_[a-z]\w*)|\bself\.(_[a-z]\w*)(?:, self\.\w+)*\s*(?::[^=\n]*)?=(?!=)|^ +(_[a-z]\w*)(?:: [^=\n]*)? = ", re.MULTILINE
)


def find_private_attributes(plugins: Path) -> dict[str, list[str]]:
    """Where each private attribute of ansible-core is used: name → `file:line`."""
    trees = {path: ast.parse(path.read_text(encoding="utf-8")) for path in sorted(plugins.rglob("*.py"))}
    own = {name for tree in trees.values() for name in _defined(tree)}
    core = _defined_in_core()
    heirs = _heirs_of_core(trees.values())
    places: dict[str, list[str]] = {}
    for path, tree in trees.items():
        used = [(name, line) for name, line in _used(tree) if name not in own]
        for name, line in sorted({*used, *_overriding(tree, heirs)}):
            if name in core and name not in CONTRACT:
                places.setdefault(name, []).append(f"{path.relative_to(plugins.parent)}:{line}")
    return dict(sorted(places.items()))


def _defined_in_core() -> set[str]:
    files = importlib.metadata.files("ansible-core") or []
    paths = [Path(str(file.locate())) for file in files if file.suffix == ".py" and file.parts[0] == "ansible"]
    texts = (path.read_text(encoding="utf-8") for path in paths)
    return {name for text in texts for groups in _DEFINITION.findall(text) for name in groups if name}


def _defined(tree: ast.AST) -> Iterator[str]:
    """The names that a file of the collection gives: functions, classes, variables, attributes of its own objects, and imports."""
    for node in ast.walk(tree):
        if isinstance(node, (ast.ClassDef, ast.FunctionDef)):
            yield node.name
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store) and ast.unparse(node.value) == "self":
            yield node.attr
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            yield from (part for alias in node.names for part in (alias.asname or alias.name).split("."))


def _used(tree: ast.AST) -> Iterator[tuple[str, int]]:
    """The attributes that begin with one underscore, also those whose name is a text, with their lines."""
    for node in ast.walk(tree):
        name = node.attr if isinstance(node, ast.Attribute) else node.value if isinstance(node, ast.Constant) else None
        if isinstance(name, str) and re.fullmatch(r"_[a-z]\w*", name):
            yield name, node.lineno  # type: ignore[attr-defined]  # both have one


def _heirs_of_core(trees: Iterable[ast.AST]) -> set[str]:
    """The names of the classes of the collection that are made from one of ansible-core's."""
    bases: dict[str, set[str]] = {}
    heirs: set[str] = set()
    for tree in trees:
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("ansible."):
                heirs.update(alias.name for alias in node.names)
            elif isinstance(node, ast.ClassDef):
                bases.setdefault(node.name, set()).update(ast.unparse(base).rpartition(".")[2] for base in node.bases)
    while further := {name for name, of in bases.items() if of & heirs} - heirs:
        heirs |= further
    return heirs


def _overriding(tree: ast.AST, heirs: set[str]) -> Iterator[tuple[str, int]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef) and node.name in heirs:
            for member in node.body:
                if isinstance(member, ast.FunctionDef) and re.fullmatch(r"_[a-z]\w*", member.name):
                    yield member.name, member.lineno
