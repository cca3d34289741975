# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""`lint_eda.py COLLECTION`: what Galaxy's importer runs on plugins of Event-Driven Ansible; a finding fails here.

The commands are those of the tox.ini that the importer brings. It marks them with `-`, so that tox ignores what they find: on Galaxy and
Automation Hub the findings only stand in the log of the import, which whoever certifies a collection reads.
"""

from __future__ import annotations

import configparser
import shlex
import subprocess
import sys
from glob import glob
from pathlib import Path

import galaxy_importer

TOX = Path(galaxy_importer.__path__[0]) / "ansible_test" / "container" / "eda" / "tox.ini"


def commands(collection: str) -> list[list[str]]:
    """The commands of all environments of tox, for the collection in this folder. Raises ValueError when there is none."""
    config = configparser.ConfigParser(interpolation=None)
    config.read(TOX)
    lines = [config[name]["commands"] for name in config.sections() if name.startswith("testenv:")]
    if not lines:
        raise ValueError(f"{TOX} names no command.")
    found = []
    for line in lines:
        words = shlex.split(line.removeprefix("-").replace("{posargs}", collection))
        found.append([path for word in words for path in (sorted(glob(word)) if "*" in word else [word])])
    return found


def main(collection: str) -> int:
    """Runs them; returns 1 if one found something."""
    tools = str(Path(sys.executable).parent)
    codes = [
        subprocess.run([f"{tools}/{command[0]}", *command[1:]], cwd=collection, check=False).returncode for command in commands(collection)
    ]
    return int(any(codes))


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
