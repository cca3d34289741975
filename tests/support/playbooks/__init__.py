# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Real runs of playbooks and modules: ansible-playbook, an ssh server, examples out of the documentation."""
