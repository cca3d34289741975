# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What happens to hosts: they die, are restarted, cannot be reached, upload at the same time."""
