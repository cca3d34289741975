# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""`python -m house`: the size of the collection, its uses of ansible-core's insides, names that it has twice, and its ways.

`python -m house ../before` prints what can be counted without running it, for another checkout, such as one that `git worktree add` made.
"""

from __future__ import annotations

import sys
from pathlib import Path

from house.counts import print_table
from house.names import print_names

HERE = Path(__file__).parents[2]

if __name__ == "__main__":
    repository = Path(sys.argv[1]).resolve() if len(sys.argv) > 1 else HERE
    print_table(repository)
    print_names(repository / "plugins")
    if repository == HERE:
        from house.frames import print_frames  # only here: it imports this checkout's modules

        print_frames()
