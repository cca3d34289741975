# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The sweep: every request of each verb fails once, and so does every call of it about a file; and each durable step may be its last.

A verb is one run of a module's logic in a small world: an embedded server, or two, and a folder of this host. The number N goes 1, 2, 3 …
until a run passes without having met its trouble, as SQLite's tests do it. After each: nothing is lost, no file is half, no queue stays
paused, the failure says what happened; the next run completes, and one more changes nothing.

`make sweep` tries all numbers. `make check` tries a few, see `choice`.
"""
