#!/usr/bin/env bash
# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# with_server.sh COMMAND...: runs it with IMMICH_URL and the keys set: the user's own, else those of a fresh embedded server.
. "$(dirname "$0")/../lib.sh"

if [ -z "${IMMICH_URL:-}" ]; then
  exports=$(mktemp)
  "$root/.venv/bin/python" -m immich_emulator --version "${VERSION:-3.1}" --port 0 >"$exports" &
  server=$!
  trap 'kill $server; wait $server 2>/dev/null || true; rm -f "$exports"' EXIT
  until [ "$(wc -l <"$exports")" -ge 3 ]; do
    kill -0 $server 2>/dev/null || fail 'The embedded server did not start.'
    sleep 0.1
  done
  # shellcheck disable=SC1090
  . "$exports"
fi
"$@"
