# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""`python -m mutants`: see `command.py`."""

from __future__ import annotations

import sys

from mutants.command import main

if __name__ == "__main__":
    sys.exit(main())
