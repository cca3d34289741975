# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""`versions.py WHAT`: prints what tests/versions.yml says, in the form that a script or a workflow reads.

`older-cores`: a line each, such as `2.16 3.12 3.12`, with the newest and the oldest Python of that ansible-core. `beside-cores`: the same
for those that are tried less. `core CORE`: the same for one of all; an exit code of 1 where CORE is not among them. `workflow`: the outputs
of a job on GitHub, each a line with a list as JSON: `cores=["2.16", ...]`, all but the newest tested one, which the parts run on; and each
Immich with the oldest and the newest ansible-core,
`immich=[{"immich": "3.1.0", "core": "2.16"}, ...]`. Needs no package: the workflow asks before anything is installed.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

FILE = Path(__file__).parents[1] / "tests" / "versions.yml"


def main(what: str, *wanted: str) -> int:
    """Prints it; returns the exit code."""
    text = FILE.read_text(encoding="utf-8")
    cores, beside = (_cores(part) for part in text.partition("\nansible_core_beside:")[::2])
    servers = re.findall(r"^  - ([\d.]+)$", text, re.MULTILINE)
    if what == "workflow":
        ends = [cores[0]["version"], cores[-1]["version"]]
        print("cores=" + json.dumps([core["version"] for core in cores[:-1] + beside]))
        print("immich=" + json.dumps([{"immich": immich, "core": core} for immich in servers for core in ends]))
        return 0
    named = [core for core in cores + beside if core["version"] in wanted]
    chosen = {"older-cores": cores[:-1], "beside-cores": beside, "core": named}[what]
    for core in chosen:
        print(core["version"], core["python"], core.get("python_from", "3.12"))
    return 0 if chosen else 1


def _cores(text: str) -> list[dict[str, str]]:
    return [dict(re.findall(r'(\w+): "([\d.]+)"', line)) for line in re.findall(r"^  - \{(.+)\}$", text, re.MULTILINE)]


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
