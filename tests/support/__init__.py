# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What tests and the demo share: photos, playbook runs, an ssh server, looks at the wire."""
