# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A server that behaves as Immich does, at a chosen version: for tests and for `make demo`, shipped nowhere.

A request passes through `server` (sockets) → `app` (log, faults, maintenance, routing, errors) → `auth` →
a handler in `uploads`, `assets`, `albums`, … → `storage` (SQLite, files) and `jobs` (the background queues).
What differs between versions is data in `facts/` or a property in `versions`.
"""

from __future__ import annotations
