#!/usr/bin/env bash
# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# chaos.sh ARGUMENTS...: brings about all that can die, on the oldest and the newest ansible-core, and prints what became of the queues.
. "$(dirname "$0")/../lib.sh"

cores=()
oldest=$(oldest_core)
environment=$(core_environment "$oldest")
if [ -n "$environment" ]; then
  cores=(--python "$environment/bin/python")
else
  echo "NOT RUN  ansible-core $oldest: it needs Python 3.12, and this machine has none and gets none"
fi
cd "$root"
exec python -m chaos "${cores[@]}" --python "$root/.venv/bin/python" "$@"
