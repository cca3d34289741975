# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""HTTP beside Immich: servers that answer what a test says, proxies, certificates, what went over the wire."""
