# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Assets after their upload: looked at, changed, searched, downloaded, deleted."""
