#!/usr/bin/env bash
# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# integration.sh [TARGET...]: ansible-test integration against the server that IMMICH_URL and the keys in the environment name, with the
# newest ansible-core, or the one that CORE names.
. "$(dirname "$0")/../lib.sh"

environment=$(core_environment "${CORE:-}")
[ -n "$environment" ] || fail "ansible-core $CORE needs Python 3.12 or later, and this machine has none that it runs on and gets none."

config=$root/tests/integration/integration_config.yml
text=$(<"$config.template")
text=${text//@IMMICH_URL/$IMMICH_URL}
text=${text//@IMMICH_API_KEY/$IMMICH_API_KEY}
text=${text//@IMMICH_ADMIN_API_KEY/${IMMICH_ADMIN_API_KEY:-$IMMICH_API_KEY}}
trap 'rm -f "$config"' EXIT
(umask 077 && printf '%s\n' "$text" >"$config")
"$root/tools/checks/ansible_test.sh" "$environment" integration --color no "$@"
