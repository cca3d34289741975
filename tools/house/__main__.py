# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""`python -m house`: the size of the collection, its uses of ansible-core's insides, names that it has twice, and its ways."""

from __future__ import annotations

from house.counts import print_table
from house.frames import print_frames
from house.names import print_names

if __name__ == "__main__":
    print_table()
    print_names()
    print_frames()
