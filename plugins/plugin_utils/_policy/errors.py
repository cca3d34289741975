# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What can be wrong with a policy. Private to the collection."""

from __future__ import annotations


class PolicyError(Exception):
    """A policy makes no sense; the text says what to write instead."""
