#!/usr/bin/env bash
# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# matrix.sh [CORE]: sanity, an import of each plugin, plugin and e2e tests on that ansible-core: all that know one. One that
# tests/versions.yml has beside the tested ones, and `devel`, gets uploads alone of the tests. Without CORE on all but the newest of the
# tested and on the newest there is, and less of it: see `shorter` below. The workflow names the core, in a job for each.
. "$(dirname "$0")/../lib.sh"

stage=$root/tools/stage.sh
cd "$root"

# These tests know no ansible-core: what `make` says, what the documentation shows, which is that of the newest, and what a backup, a
# restore or an upgrade leaves that has failed or died in a step, which the modules and the server decide. Each of the three runs as a
# whole all the same (test_backup_and_upgrade.py, test_server.py).
know_none=(documentation/test_{make,transcripts}.py server/test_{{backup,restore,upgrade}_killed,upgrade_failed,backup_again}.py)

# shorter CORE: what shows a difference of ansible-core first. Examples of guides, of which those in READMEs run all the same; and
# sanity tests that read nothing of ansible-core but the collection's own files, as those of the newest have done.
shorter() {
  left_out=("${know_none[@]}" documentation/test_{{duplicate,maintenance,notify,stack}_examples,navigator_example}.py server/test_examples.py)
  if [ "$1" != "$(oldest_core)" ]; then
    tests=(tests/plugins/action tests/e2e/{queues/test_lease,output/test_terminal,transfers/test_upload}.py)
  fi
  sanity=(--skip-test changelog --skip-test pep8 --skip-test pylint --skip-test yamllint)
  if is_beside "$1"; then
    tests=(tests/e2e/transfers/test_upload.py -m smoke) sanity=(none) # the workflow has them
  fi
}

# is_beside CORE: whether it is none of those that are tested as a whole.
is_beside() {
  [ "$1" = devel ] || versions beside-cores | grep --quiet "^$1 "
}

# run_on CORE: runs what `tests`, `left_out` and `sanity` name, and adds to `failed` what was red.
run_on() {
  local core=$1 target=${TARGET_PYTHON:-} environment old sanity_process=
  environment=$(core_environment "$core")
  if [ -z "$environment" ]; then
    echo "NOT RUN  ansible-core $core: it needs Python 3.12 or later, and this machine has none that it runs on and gets none"
    return
  fi

  if [ "${sanity[*]}" != none ]; then
    # beside pytest, which often waits; in a process group of its own (-m), which Ctrl-C ends as a whole
    set -m
    PATH=$environment/bin:$PATH "$stage" "sanity on $core" \
      "$root/tools/checks/ansible_test.sh" "$environment" sanity --color no "${sanity[@]}" </dev/null &
    set +m
    sanity_process=$!
    trap 'kill -- "-'"$sanity_process"'" 2>/dev/null || true' EXIT
  fi

  # modules on an old target's Python, once
  if [ "$core" = "$(oldest_core)" ] && old=$(get_python 3.9 3.9); then
    make_venv "$cache/modules" "$old" "$root/requirements/modules.txt"
    target=$cache/modules/bin/python
    echo "        e2e on $core: modules run on Python 3.9"
  fi
  PATH=$environment/bin:$PATH "$stage" "imports on $core" python "$root/tools/checks/import_plugins.py" || failed+=("imports on $core")
  PATH=$environment/bin:$PATH TARGET_PYTHON=$target python -m pytest --quiet -n auto \
    "${tests[@]}" "${left_out[@]/#/--ignore=tests/e2e/}" </dev/null ||
    failed+=("pytest on $core")
  [ -z "$sanity_process" ] || wait "$sanity_process" || failed+=("sanity on $core")
  trap - EXIT
}

failed=()
while read -r core; do
  tests=(tests/plugins tests/e2e) left_out=("${know_none[@]}") sanity=()
  ! is_beside "$core" || tests=(tests/e2e/transfers/test_upload.py)
  [ $# = 1 ] || shorter "$core"
  run_on "$core"
done <<<"${1:-$({ versions older-cores && versions beside-cores | tail -n 1; } | cut -d ' ' -f 1)}"
[ ${#failed[@]} = 0 ] || fail "${failed[@]/#/FAILED  }"
