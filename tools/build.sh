#!/usr/bin/env bash
# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# build.sh [FOLDER]: builds the artifact from what git knows or would add, never from litter. Default folder: .cache/build
# With ARTIFACT in the environment, that one goes there instead: a release checks the very file that it publishes.
. "$(dirname "$0")/lib.sh"

to=${1:-$cache/build}
if [ -n "${ARTIFACT:-}" ]; then
  mkdir -p "$to"
  rm -f "$to"/photoyard-immich-*.tar.gz
  cp "$ARTIFACT" "$to"
  exit
fi
clean=$(mktemp -d)
trap 'rm -rf "$clean"' EXIT
cd "$root"
git ls-files -z --cached --others --exclude-standard --deduplicate | xargs -0 ls -d 2>/dev/null |
  tar --create --files-from=- | tar --extract --directory="$clean"
rm -f "$to"/photoyard-immich-*.tar.gz
ansible-galaxy collection build "$clean" --output-path "$to"
