#!/usr/bin/env bash
# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# matrix.sh [CORE [TESTS...]]: sanity, plugin and e2e tests on that ansible-core. Without CORE on all but the newest of tests/versions.yml,
# where those after the oldest run only what shows a difference of ansible-core first: how roles and playbooks run, and what they print.
. "$(dirname "$0")/../lib.sh"

if [ $# = 0 ]; then
  cores=$(versions older-cores)
  while read -r core _python; do
    if [ "$core" = "$(oldest_core)" ]; then
      "$0" "$core" </dev/null
    else
      "$0" "$core" tests/plugins/action tests/e2e/{queues/test_lease,output/test_terminal,transfers/test_upload}.py </dev/null
    fi
  done <<<"$cores"
  exit
fi
core=$1
shift
stage=$root/tools/stage.sh
environment=$(core_environment "$core")
if [ -z "$environment" ]; then
  echo "NOT RUN  ansible-core $core: it needs Python 3.12 or later, and this machine has none that it runs on and gets none"
  exit 0
fi
export PATH=$environment/bin:$PATH

"$stage" "sanity on $core" "$root/tools/checks/ansible_test.sh" "$environment" sanity --color no

# modules on an old target's Python, once
if [ "$core" = "$(oldest_core)" ] && old=$(get_python 3.9 3.9); then
  make_venv "$cache/modules" "$old" "$root/requirements/modules.txt"
  export TARGET_PYTHON=$cache/modules/bin/python
  echo "        e2e on $core: modules run on Python 3.9"
fi

# The other tests know no ansible-core, and what the documentation shows is that of the newest. Nor do these know one: what `make` says,
# and what a backup, a restore or an upgrade leaves that has failed or died in a step, which the modules and the server decide. Each of the
# three runs here as a whole (test_backup_and_upgrade.py, test_server.py).
cd "$root"
if [ $# = 0 ]; then
  set -- tests/plugins tests/e2e
  for left_out in documentation/test_{make,transcripts}.py server/test_{{backup,restore,upgrade}_killed,upgrade_failed,backup_again}.py; do
    set -- "$@" --ignore "tests/e2e/$left_out"
  done
fi
python -m pytest --quiet -n auto "$@"
