#!/usr/bin/env bash
# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# Puts Immich's own command line client, and the Node.js that it needs, into .cache/node. Does nothing when both are there.
# Afterwards: .cache/node/node_modules/node/bin/node .cache/node/node_modules/@immich/cli/bin/immich
. "$(dirname "$0")/lib.sh"

wanted="node@22 @immich/cli@3.2.2"
folder=$cache/node

mkdir -p "$folder"
exec 9>"$folder/lock"
flock 9 # several test processes may come here at once

[[ $(cat "$folder/installed" 2>/dev/null) == "$wanted" ]] && exit
command -v npm >/dev/null || fail "npm is missing: install the package npm, to fetch Immich's own client for the contract tests."
rm -rf "$folder/node_modules" "$folder/installed"
# shellcheck disable=SC2086  # two words are meant
npm install --prefix "$folder" --no-audit --no-fund --no-save --loglevel error $wanted
"$folder/node_modules/node/bin/node" "$folder/node_modules/@immich/cli/bin/immich" --version
printf '%s' "$wanted" >"$folder/installed"
