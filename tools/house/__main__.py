# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""`python -m house`: how large the collection is, and how much of ansible-core's insides it uses, as a table."""

from __future__ import annotations

from house.counts import print_table

if __name__ == "__main__":
    print_table()
