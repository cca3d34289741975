# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The pieces of code in the documentation: in the guides, the READMEs, and the examples of modules and filters."""

from __future__ import annotations

import ast
import re
import shlex
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml

from support.playbooks.playbook import REPOSITORY

DOCSITE = REPOSITORY / "docs" / "docsite"
PAGES = [DOCSITE / "start.rst", *sorted((DOCSITE / "rst").glob("*.rst"))]
READMES = [
    *(REPOSITORY / name for name in ("README.md", "CONTRIBUTING.md", "docs/development.md", "docs/getting_started.md", "RELEASING.md")),
    *sorted(REPOSITORY.glob("roles/*/README.md")),
]

_IN_PAGE = re.compile(r"^\.\. code-block:: (?P<language>\S+)\n\n(?P<text>(?:    .*\n|\n)+)", re.MULTILINE)
_IN_README = re.compile(r"^```(?P<language>\w+)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Block:
    """A piece of code: the file, relative to the repository, and the line where it stands; its language, and its text without indent."""

    file: str
    line: int
    language: str
    text: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


def blocks(language: str) -> list[Block]:
    """All in a language, in the order of the files."""
    return [block for block in _all_blocks() if block.language == language]


@cache
def _all_blocks() -> tuple[Block, ...]:
    """In the order of the files."""
    return (*(block for page in [*PAGES, *READMES] for block in in_page(page)), *in_plugins())


def in_page(page: Path) -> Iterator[Block]:
    """The code blocks of a guide or a README."""
    text = page.read_text(encoding="utf-8")
    for match in (_IN_PAGE if page.suffix == ".rst" else _IN_README).finditer(text):
        line = text.count("\n", 0, match.start()) + 1
        yield Block(str(page.relative_to(REPOSITORY)), line, match["language"], textwrap.dedent(match["text"]).rstrip() + "\n")


def in_plugins() -> Iterator[Block]:
    """The examples of modules, filters and roles."""
    for file in sorted((REPOSITORY / "plugins" / "modules").glob("*.py")):
        for node in ast.parse(file.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and node.targets[0].id == "EXAMPLES":
                yield Block(str(file.relative_to(REPOSITORY)), node.lineno, "yaml", ast.literal_eval(node.value))
    for file in sorted((REPOSITORY / "plugins" / "filter").glob("*.yml")):
        examples = yaml.safe_load(file.read_text(encoding="utf-8"))["EXAMPLES"]
        yield Block(str(file.relative_to(REPOSITORY)), 1, "yaml", examples)
    for file in sorted(REPOSITORY.glob("roles/*/meta/argument_specs.yml")):
        for entry_point in yaml.safe_load(file.read_text(encoding="utf-8"))["argument_specs"].values():
            if "examples" in entry_point:
                yield Block(str(file.relative_to(REPOSITORY)), 1, "yaml", entry_point["examples"])


def commands(block: Block) -> list[tuple[str, list[str]]]:
    """Each command of a block with the printed lines that are shown."""
    found: list[tuple[str, list[str]]] = []
    for line in block.text.splitlines():
        if line.startswith("$ "):
            found.append((line[2:], []))
        elif found:
            found[-1][1].append(line)
    return found


def words(command: str) -> list[str]:
    """A command as the shell splits it, without comments."""
    return shlex.split(command, comments=True)
