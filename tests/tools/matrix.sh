#!/usr/bin/env bash
# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# matrix.sh CORE NEWEST-PYTHON: sanity, plugin and e2e tests on that ansible-core. The tests themselves need Python 3.12.
. "$(dirname "$0")/lib.sh"

core=$1
stage=$root/tests/tools/stage.sh
environment=$cache/core-$core
if ! python=$(get_python 3.12 "$2"); then
  echo "NOT RUN  ansible-core $core: it needs a Python from 3.12 to $2, and this machine has none and gets none"
  exit 0
fi
make_venv "$environment" "$python" "$root/requirements/core-$core.txt"
export PATH=$environment/bin:$PATH

"$stage" "sanity on $core" "$root/tests/tools/ansible_test.sh" "$environment" sanity --color no

# modules on an old target's Python, once
if [ "$core" = 2.16 ] && old=$(get_python 3.9 3.9); then
  make_venv "$cache/modules" "$old" "$root/requirements/modules.txt"
  export TARGET_PYTHON=$cache/modules/bin/python
  echo "        e2e on $core: modules run on Python 3.9"
fi

# The other tests know no ansible-core.
cd "$root"
python -m pytest --quiet -n 4 tests/plugins tests/e2e
