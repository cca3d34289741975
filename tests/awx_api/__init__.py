# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A stand-in of the API of AWX 24.6, as far as the role awx_setup uses it. Strict where AWX is, and where it should be."""
