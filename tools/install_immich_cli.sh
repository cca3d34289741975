#!/usr/bin/env bash
# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# Puts Immich's own command line client into .cache/immich-cli, with the npm that .venv holds. Does nothing when it is there.
# Afterwards: .venv/bin/node .cache/immich-cli/node_modules/@immich/cli/bin/immich
. "$(dirname "$0")/lib.sh"

wanted=$root/requirements/immich-cli
folder=$cache/immich-cli

mkdir -p "$folder"
exec 9>"$folder/lock"
flock 9 # several test processes may come here at once

cmp --silent "$wanted/package-lock.json" "$folder/installed" && exit
cp "$wanted"/package*.json "$folder"
PATH=$root/.venv/bin:$PATH npm ci --prefix "$folder" --ignore-scripts --no-audit --no-fund --loglevel error
cp "$wanted/package-lock.json" "$folder/installed"
