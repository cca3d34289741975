# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What `make budget` counts of eight standard runs, and the numbers that they keep to."""
