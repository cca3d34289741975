#!/usr/bin/env bash
# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# with_immich.sh VERSION COMMAND...: starts a real, empty Immich in containers, runs the command with IMMICH_URL, the keys and
# IMMICH_RESTART (a command that restarts the server and waits for it) set, and removes the containers. Needs Docker and its compose.
. "$(dirname "$0")/../lib.sh"

[ -n "$1" ] || fail 'Name the version of Immich, such as IMMICH=3.1.0; tests/versions.yml has those that are tried.'
export IMMICH=$1 IMMICH_PORT=${IMMICH_PORT:-2283}
shift
url=http://127.0.0.1:$IMMICH_PORT
compose=(docker compose --file "$root/tools/immich/compose.yml")
"${compose[@]}" version >/dev/null || fail 'A real Immich needs Docker with its compose plugin.'

exports=$(mktemp)
# shellcheck disable=SC2317,SC2329  # the trap calls it
end() {
  local code=$?
  [ $code = 0 ] || "${compose[@]}" logs --tail 200 server
  "${compose[@]}" down --volumes --timeout 5
  rm -f "$exports"
  return $code
}
trap end EXIT

answers="until curl --fail --silent --output /dev/null --max-time 5 $url/api/server/ping; do sleep 1; done"
restart=$(printf '%q ' "${compose[@]}" restart --timeout 5 server)
export IMMICH_RESTART="$restart && timeout 120 bash -c '$answers'"
"${compose[@]}" up --detach --quiet-pull
timeout 300 bash -c "$answers" || fail "Immich $IMMICH does not answer at $url."
"$root/.venv/bin/python" "$root/tools/immich/accounts.py" "$url" >"$exports"
# shellcheck disable=SC1090
. "$exports"
"$@"
