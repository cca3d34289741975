# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Made-up photo libraries, the exports that Google, Apple, Picasa and immich-go would make of them, and what must become of these."""
