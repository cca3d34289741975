#!/usr/bin/env bash
# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# builder.sh ARGUMENTS...: ansible-builder, out of an environment of its own.
. "$(dirname "$0")/lib.sh"

mkdir -p "$cache"
exec 9>"$cache/builder.lock"
flock 9 # several test processes may come here at once
make_venv "$cache/builder" "$(find_python 3.12 3.14)" "$root/requirements/builder.txt"
exec 9>&-
exec "$cache/builder/bin/ansible-builder" "$@"
