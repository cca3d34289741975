#!/usr/bin/env bash
# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# Checks what only GitHub and its bots run: workflows, issue forms, Dependabot, Renovate, and the containers of a real Immich. Asks no network.
. "$(dirname "$0")/../lib.sh"

cd "$root"
actionlint .github/workflows/*.yml
zizmor --offline --quiet --persona=pedantic .github
schema() { check-jsonschema --builtin-schema "vendor.$1" "${@:2}"; }
schema github-workflows .github/workflows/*.yml
check-jsonschema --builtin-schema custom.github-workflows-require-timeout .github/workflows/*.yml
schema github-issue-forms .github/ISSUE_TEMPLATE/{bug,idea}.yml
schema github-issue-config .github/ISSUE_TEMPLATE/config.yml
schema dependabot .github/dependabot.yml
schema renovate .github/renovate.json
schema compose-spec tools/immich/compose.yml
