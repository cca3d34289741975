#!/usr/bin/env bash
# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# chaos.sh ARGUMENTS...: brings about all that can die, on the oldest and the newest ansible-core, and prints what became of the queues.
. "$(dirname "$0")/lib.sh"

cores=()
if python=$(get_python 3.12 3.12); then
  make_venv "$cache/core-2.16" "$python" "$root/requirements/core-2.16.txt"
  cores=(--python "$cache/core-2.16/bin/python")
else
  echo 'NOT RUN  ansible-core 2.16: it needs Python 3.12, and this machine has none and gets none'
fi
cd "$root"
exec python -m chaos "${cores[@]}" --python "$root/.venv/bin/python" "$@"
