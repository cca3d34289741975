# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Records the scenario's answers, or compares them with a record.

    python -m contract.conformance record --url URL --admin-key K --user-key K --file FILE
    python -m contract.conformance check  --url URL --admin-key K --user-key K --file FILE [--groups upload,queues]

The server is fresh: no assets, an admin and one ordinary user, a key with `all` for each.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from contract.conformance.compare import answer_differences
from contract.conformance.record_files import read
from contract.conformance.recorder import Recorder
from contract.conformance.scenario import run


def main() -> int:
    """The exit code: 1 when an answer differs."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("record", "check"))
    for name in ("url", "admin-key", "user-key"):
        parser.add_argument("--" + name, required=True)
    parser.add_argument("--file", required=True, type=Path)
    parser.add_argument("--groups", default="", help="only these groups, with commas between")
    options = parser.parse_args()
    recorder = Recorder(options.url, options.admin_key, options.user_key, poll_seconds=0.4, settle_seconds=3)
    run(recorder)
    if options.what == "record":
        options.file.write_text("\n".join(recorder.lines()) + "\n", encoding="utf-8")
        print(f"{len(recorder.exchanges)} exchanges")
        return 0
    return check(recorder, options.file, {group for group in options.groups.split(",") if group})


def check(recorder: Recorder, file: Path, groups: set[str]) -> int:
    """Prints what differs from the record; the exit code."""
    mine = {(exchange["group"], exchange["step"]): exchange for exchange in recorder.exchanges}
    wanted = [e for e in read(file) if e["response"] is not None and (not groups or e["group"] in groups)]
    wrong = 0
    for exchange in wanted:
        found = answer_differences(exchange, mine.get((exchange["group"], exchange["step"])))
        if found:
            wrong += 1
            print(f"{exchange['group']} / {exchange['step']}: {exchange['request']['method']} {exchange['request']['path']}")
            print("\n".join(f"    {line}" for line in found[:8]))
    print(f"{len(wanted) - wrong} of {len(wanted)} answers are as the real server's")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
