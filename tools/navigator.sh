#!/usr/bin/env bash
# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# navigator.sh ARGUMENTS...: ansible-navigator, out of an environment of its own.
. "$(dirname "$0")/lib.sh"

mkdir -p "$cache"
exec 9>"$cache/navigator.lock"
flock 9 # several test processes may come here at once
make_venv "$cache/navigator" "$(find_python 3.12 3.14)" "$root/requirements/navigator.txt"
exec 9>&-
export PATH=$cache/navigator/bin:$PATH
exec ansible-navigator "$@"
