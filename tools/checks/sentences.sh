#!/usr/bin/env bash
# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# Writes each `snapshot(...)` in tests/plugins anew, as the code has it now, and compares them once more.
. "$(dirname "$0")/../lib.sh"

cd "$root"
mapfile -t files < <(grep -rl --include='*.py' inline_snapshot tests/plugins)
# It fails where it wrote something.
python -m pytest --quiet -n 0 -p inline_snapshot.pytest_plugin --inline-snapshot=create,fix "${files[@]}" >/dev/null || true
python -m pytest --quiet -n 0 "${files[@]}"
