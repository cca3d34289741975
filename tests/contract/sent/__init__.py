# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the collection sends, and whether it is as Immich's OpenAPI documents say."""
