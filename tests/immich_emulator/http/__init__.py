# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What all endpoints use: requests, forms, routes, validation, errors, answers."""
