#!/usr/bin/env bash
# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# matrix.sh [CORE]: sanity, an import of each plugin, plugin and e2e tests on that ansible-core: all that know one. One that
# tests/versions.yml has beside the tested ones, and `devel`, gets uploads alone of the tests. Without CORE on all but the newest of the
# tested and on the newest there is, and less of it: see `shorten` below. The workflow names the core, in a job for each.
. "$(dirname "$0")/../lib.sh"

stage=$root/tools/stage.sh
cd "$root"

# These tests know no ansible-core: what `make` says, what the documentation shows, which is that of the newest, numbers that are the same
# on each, libraries so large that they run without Ansible, what a backup, a restore or an upgrade leaves that has failed or died in a
# step, and what becomes of a library whose disk is away, which the modules and the server decide. Each of the roles runs as a whole all the
# same (test_backup_and_upgrade.py, test_server.py).
know_none=(
  tests/plugins/test_{budget,house}.py tests/plugins/modules/test_large_{archive,copy}.py
  tests/e2e/documentation/test_{make,transcripts}.py
  tests/e2e/server/test_{{backup,restore,upgrade}_killed,upgrade_failed,backup_again,library_guard}.py
)
# Each role by its main job, by a second run that changes nothing, and by the example of its README; backups and upgrades, transfers of all
# kinds, leases and terminals. The others of tests/e2e (what else declared servers, maintenance and Mitogen do, what a run says of bad
# input, signals and missing scopes, which variables there are, what guides show) run on each core in the workflow, and with CORE=2.16.
by_role=(
  tests/e2e/test_every_role.py tests/e2e/documentation/test_role_readmes.py tests/e2e/server/test_backup_and_upgrade.py
  tests/e2e/queues/test_lease.py tests/e2e/output/test_{role_messages,terminal}.py
  tests/e2e/transfers/test_{archive,copy,packing,upload}.py
)
# Its files and its database are those of a backup without borg.
by_role_left_out=(tests/e2e/server/test_backup_and_upgrade.py::test_files_and_database_go_to_borg)

# plan CORE: what is run on it: `tests` without the files and tests `left_out`, of the long ones those of the `day` if it names one, in
# `workers` processes, and `sanity` with these options.
plan() {
  tests=(tests/plugins tests/e2e) left_out=("${know_none[@]}") day='' workers=auto sanity=()
  ! is_beside "$1" || tests=(tests/e2e/transfers/test_upload.py)
  [ -n "$chosen" ] || shorten "$1"
}

# shorten CORE: what shows a difference of ansible-core first. Of the sanity tests none that reads nothing of ansible-core but the
# collection's own files, as those of the newest have done, and no import, which all plugins get anyhow. Of the longest tests those of the
# day, as in `make check`. Each worker begins by importing the tests, so that few tests get few.
shorten() {
  left_out+=("${by_role_left_out[@]}") tests=(tests/plugins "${by_role[@]}") day=${LONG_TESTS_OF:-$(date --utc +%F)}
  if [ "$1" != "$(oldest_core)" ]; then
    tests=(tests/plugins/action tests/e2e/{queues/test_lease,output/test_terminal,transfers/test_upload}.py) workers=4
  fi
  sanity=(--skip-test changelog --skip-test compile --skip-test import --skip-test pep8 --skip-test pylint --skip-test yamllint)
  if is_beside "$1"; then
    tests=(tests/e2e/transfers/test_upload.py -m smoke) workers=2 sanity=(none) # the workflow has them
  fi
}

# is_beside CORE: whether it is none of those that are tested as a whole.
is_beside() {
  [ "$1" = devel ] || versions beside-cores | grep --quiet "^$1 "
}

# environment_of CORE: core_environment, for which pytest and the sanity tests may ask at once.
environment_of() {
  (
    flock 7
    core_environment "$1" 7>&-
  ) 7>"$cache/core-$1.lock"
}

# check_sanity CORE...: fails if one of them was red.
check_sanity() {
  local core environment code=0
  for core; do
    plan "$core"
    [ "${sanity[*]}" != none ] || continue
    environment=$(environment_of "$core")
    [ -z "$environment" ] || PATH=$environment/bin:$PATH "$stage" "sanity on $core" \
      "$root/tools/checks/ansible_test.sh" "$environment" sanity --color no "${sanity[@]}" || code=1
  done
  return "$code"
}

# run_on CORE: imports each plugin and runs the tests; adds to `failed` what was red.
run_on() {
  local core=$1 target=${TARGET_PYTHON:-} environment old
  environment=$(environment_of "$core")
  if [ -z "$environment" ]; then
    echo "NOT RUN  ansible-core $core: it needs Python 3.12 or later, and this machine has none that it runs on and gets none"
    return
  fi
  # modules on an old target's Python, once
  if [ "$core" = "$(oldest_core)" ] && old=$(get_python 3.9 3.9); then
    make_venv "$cache/modules" "$old" "$root/requirements/modules.txt"
    target=$cache/modules/bin/python
    echo "        e2e on $core: modules run on Python 3.9"
  fi
  PATH=$environment/bin:$PATH "$stage" "imports on $core" python "$root/tools/checks/import_plugins.py" || failed+=("imports on $core")
  PATH=$environment/bin:$PATH TARGET_PYTHON=$target LONG_TESTS_OF=$day python -m pytest --quiet -n "$workers" \
    "${tests[@]}" "${left_out[@]/#/--ignore=}" "${left_out[@]/#/--deselect=}" </dev/null ||
    failed+=("pytest on $core")
}

for name in "${know_none[@]}" "${by_role[@]}" "${by_role_left_out[@]}"; do
  [ -e "${name%%::*}" ] || fail "matrix.sh names $name, which is not there."
done
chosen=${1:-}
failed=()
cores=("$chosen")
if [ -z "$chosen" ]; then
  all=$(versions older-cores && versions beside-cores | tail -n 1)
  mapfile -t cores < <(cut -d ' ' -f 1 <<<"$all")
fi

# Sanity of one core after the other beside pytest, which often waits, and whose last tests leave a processor alone; in a process group of
# its own (-m), which Ctrl-C ends as a whole.
set -m
check_sanity "${cores[@]}" </dev/null &
set +m
sanity_process=$!
trap 'kill -- "-$sanity_process" 2>/dev/null || true' EXIT
for core in "${cores[@]}"; do
  plan "$core"
  run_on "$core"
done
wait "$sanity_process" || failed+=(sanity)
trap - EXIT
[ ${#failed[@]} = 0 ] || fail "${failed[@]/#/FAILED  }"
