# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How real Immich servers answered one scenario of 380 calls, and whether another server answers the same.

`records/<version>.jsonl` holds the answers of real servers (release source, PostgreSQL, Redis, ffmpeg, no machine
learning), a line a call: request, status, type, telling headers, body. Ids, times and server paths are normalised.
Recorded twice on fresh servers, with the same result.

`scenario` says what is asked, `recorder` asks and normalises, `compare` compares; `python -m contract.conformance`
records or checks any fresh server.
"""

from __future__ import annotations
