# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""`python -m immich_emulator`."""

from __future__ import annotations

from immich_emulator.cli import main

main()
