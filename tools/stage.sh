#!/usr/bin/env bash
# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# stage.sh NAME COMMAND...: one line while it is green; the whole output and the stage's name when it is red.
. "$(dirname "$0")/lib.sh"

name=$1
shift
log=$cache/logs/${name//[^A-Za-z0-9.]/-}.log
mkdir -p "${log%/*}"
started=$SECONDS
if "$@" >"$log" 2>&1; then
  printf 'ok      %-24s %4d s\n' "$name" $((SECONDS - started))
else
  code=$?
  cat "$log"
  printf 'FAILED  %s (exit %d): %s\n' "$name" "$code" "$*"
  exit 1
fi
