# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The collection's version, for what runs on the managed host, where galaxy.yml is not at hand."""

from __future__ import annotations

VERSION = "1.0.0"  # the same as in galaxy.yml; a test holds that
