# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whole runs of the role, measured beside other uploaders on the same server. `make bench`; not part of the tests."""
