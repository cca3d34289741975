# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What happens when something dies: each event is brought about for real, and what became of the queues is judged from outside."""
