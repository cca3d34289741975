#!/usr/bin/env bash
# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# Writes requirements/*.txt anew: newest versions, with hashes and without addresses.
. "$(dirname "$0")/lib.sh"

uv=$(find_uv)
cd "$root/requirements"
lock() { # NAME OLDEST-PYTHON OPTION...
  "$uv" pip compile --quiet --upgrade --universal --python-version "$2" --generate-hashes --no-annotate --no-header \
    --no-emit-index-url "${@:3}" "$1.in" -o "$1.txt"
}
lock dev 3.12
lock openapi 3.12 --no-deps
lock importer 3.12
lock docs 3.12
lock awx 3.12 --no-deps
lock builder 3.12
lock navigator 3.12
lock core-2.16 3.10
lock core-2.17 3.10
lock core-2.18 3.11
lock core-2.19 3.11
lock core-2.20 3.12
lock core-2.22 3.13
lock modules 3.8
lock plain 3.12
