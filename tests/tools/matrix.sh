#!/usr/bin/env bash
# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# matrix.sh [CORE]: sanity, plugin and e2e tests on that ansible-core, or on all but the newest of tests/versions.yml.
. "$(dirname "$0")/lib.sh"

if [ $# = 0 ]; then
  cores=$(versions older-cores)
  while read -r core _python; do
    "$0" "$core" </dev/null
  done <<<"$cores"
  exit
fi
core=$1
stage=$root/tests/tools/stage.sh
environment=$(core_environment "$core")
if [ -z "$environment" ]; then
  echo "NOT RUN  ansible-core $core: it needs Python 3.12 or later, and this machine has none that it runs on and gets none"
  exit 0
fi
export PATH=$environment/bin:$PATH

"$stage" "sanity on $core" "$root/tests/tools/ansible_test.sh" "$environment" sanity --color no

# modules on an old target's Python, once
if [ "$core" = "$(oldest_core)" ] && old=$(get_python 3.9 3.9); then
  make_venv "$cache/modules" "$old" "$root/requirements/modules.txt"
  export TARGET_PYTHON=$cache/modules/bin/python
  echo "        e2e on $core: modules run on Python 3.9"
fi

# The other tests know no ansible-core, and what the documentation shows is that of the newest.
cd "$root"
python -m pytest --quiet -n 4 tests/plugins tests/e2e --ignore tests/e2e/test_transcripts.py
