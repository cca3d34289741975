# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What happens to the play: it fails, is stopped, gets a signal, passes by what stands in always."""
