# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which lines of plugins/ tests run: in pytest, and in the processes that it starts.

coverage.py finds its settings in the environment, in each Python that starts with it. So it sees guards, ansible-playbook, and modules: of
these, the files in the ZIP archive that Ansible sends are taken for those of the checkout, whose lines they have. It does not see what runs
without that environment (over ssh) or by another Python, nor what a process did that was killed by SIGKILL.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

import coverage

ROOT = Path(__file__).resolve().parents[1]
WORK = ROOT / ".cache" / "coverage"

_DEFAULT = ("-m", "not check or smoke")  # the tests of `make test`
_MOST_FILES = 40  # of those with lines that no test runs
_RULES = f"""
[run]
core = sysmon
parallel = true
relative_files = true
data_file = {WORK}/data
patch = subprocess, fork, _exit
disable_warnings = no-data-collected, module-not-measured, module-not-imported, include-ignored
include =
    {ROOT}/plugins/*
    */ansible_collections/photoyard/immich/plugins/*

[paths]
plugins =
    plugins
    */ansible_collections/photoyard/immich/plugins

[report]
exclude_also = if TYPE_CHECKING:
"""


class FileLines(NamedTuple):
    """A file, how many statements it has, how many of them no test runs, and which these are: `3-5, 9`."""

    path: str
    statements: int
    missing: int
    ranges: str

    @property
    def share(self) -> float:
        """Of the statements that tests run, in percent."""
        return 100.0 * (self.statements - self.missing) / self.statements if self.statements else 100.0

    @property
    def part(self) -> str:
        """The folder below plugins/, or below module_utils and plugin_utils the package or file in it."""
        parts = Path(self.path).parts[1:]
        return "/".join(parts[: 2 if parts[0] in ("module_utils", "plugin_utils") else 1])


def run_tests(arguments: Sequence[str]) -> int:
    """Runs pytest with these arguments, and returns its exit code. What earlier runs measured is forgotten."""
    shutil.rmtree(WORK, ignore_errors=True)
    WORK.mkdir(parents=True)
    rules = WORK / "rules.ini"
    rules.write_text(_RULES)
    command = [sys.executable, "-m", "coverage", "run", f"--rcfile={rules}", "-m", "pytest", "--quiet", "-n", "auto", *arguments]
    return subprocess.run(command, cwd=ROOT, check=False).returncode


def read_lines() -> list[FileLines]:
    """All files of plugins/ with a statement, also those that no test imports, but for texts of the documentation (doc_fragments)."""
    measured = coverage.Coverage(config_file=str(WORK / "rules.ini"))
    measured.combine([str(WORK)], strict=True)
    found = []
    for path in sorted((ROOT / "plugins").rglob("*.py")):
        _name, statements, _excluded, missing, ranges = measured.analysis2(str(path))
        found.append(FileLines(str(path.relative_to(ROOT)), len(statements), len(missing), ranges))
    return [file for file in found if file.statements and file.part != "doc_fragments"]


def describe(files: Sequence[FileLines]) -> str:
    """A table of the parts of plugins/, and one of the files with lines that no test runs, both with the lowest share first."""
    parts: dict[str, list[FileLines]] = defaultdict(list)
    for file in files:
        parts[file.part].append(file)
    sums = [_sum_up(part, members) for part, members in parts.items()]
    incomplete = sorted((file for file in files if file.missing), key=lambda file: (file.share, file.path))
    rows = [*sorted(sums, key=lambda part: (part.share, part.path)), _sum_up("plugins", files)]
    return "\n".join(
        [
            *(f"{row.share:6.1f} %  {row.statements - row.missing:6} of {row.statements:6}  {row.path}" for row in rows),
            "",
            *(f"{file.share:6.1f} %  {file.path}: {file.ranges}" for file in incomplete[:_MOST_FILES]),
            *([f"and {len(incomplete) - _MOST_FILES} more files"] if len(incomplete) > _MOST_FILES else []),
        ]
    )


def _sum_up(name: str, files: Iterable[FileLines]) -> FileLines:
    members = list(files)
    return FileLines(name, sum(file.statements for file in members), sum(file.missing for file in members), "")


if __name__ == "__main__":
    code = run_tests(sys.argv[1:] or _DEFAULT)
    print(describe(read_lines()))
    sys.exit(code)
