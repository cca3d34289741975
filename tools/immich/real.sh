#!/usr/bin/env bash
# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# What is run on a real Immich, which the environment names as with_immich.sh does: the integration targets, and every event of the chaos
# table that is not made by the embedded server itself. Older versions than 2.4 have no endpoint for queues, which those tests look at.
. "$(dirname "$0")/../lib.sh"

"$root/tools/stage.sh" "integration on Immich $IMMICH" "$root/tools/checks/integration.sh"
if [ "$(printf '%s\n' 2.4 "$IMMICH" | sort --version-sort | head -n 1)" = 2.4 ]; then
  cd "$root"
  python -m chaos --real --connection local --python "$(core_environment "${CORE:-}")/bin/python"
fi
