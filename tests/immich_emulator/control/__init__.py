# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What tests do to the server and read from it: faults, its state, the requests that it got."""
