# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""`python -m chaos.one NAME CONNECTION [--real]`: one scenario, on the ansible-core of this Python; prints the verdict as JSON."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict

from chaos.run import SCENARIOS, run

if __name__ == "__main__":
    _name, _connection, *_options = sys.argv[1:]
    print(json.dumps(asdict(run(SCENARIOS[_name], _connection, on_real_server="--real" in _options))))
